import { existsSync } from 'node:fs';
import { Fault } from '../model/index.ts';
import type { Answer } from './answer.ts';
import { locate } from './config.ts';
import { askController } from './control.ts';
import type { Call, Verb } from './verb.ts';
import { openForReading, openForWriting } from './wire.ts';

/** Opens what a verb needs, runs it, and closes again. */
export async function runVerb(verb: Verb, call: Call): Promise<Answer> {
  switch (verb.how.needs) {
    case 'nothing':
      return verb.how.run(call);
    case 'reading': {
      const site = locate(call.global);
      requireState(site.state);
      const opened = await openForReading(site);
      return verb.how.run(call, opened);
    }
    case 'writing': {
      const site = locate(call.global);
      requireState(site.state);
      if (verb.how.reads?.(call)) return verb.how.run(call, await openForReading(site));
      const opened = await openForWriting(site).catch((error) => {
        if (error instanceof Fault && error.code === 'Locked') return error;
        throw error;
      });
      if (opened instanceof Fault && verb.how.alone) throw opened;
      if (opened instanceof Fault)
        return askController(site.state, { verb: verb.name, call, locked: opened });
      try {
        return await verb.how.run(call, opened);
      } finally {
        await opened.close();
      }
    }
  }
}

function requireState(state: string): void {
  if (existsSync(state)) return;
  throw new Fault('NotFound', {
    object: state,
    check: 'the state directory does not exist',
    fix: 'Run `sluice init DIR`, or name the right one with --state (SLUICE_STATE).',
  });
}
