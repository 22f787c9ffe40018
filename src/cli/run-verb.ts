import { existsSync } from 'node:fs';
import { Fault } from '../model/index.ts';
import type { Answer } from './answer.ts';
import { locate } from './config.ts';
import type { Call, ListedVerb, Verb } from './verb.ts';
import { fileSystemFault, openForReading, openForWriting } from './wire.ts';

type Called = Pick<Verb, 'how'> & Pick<ListedVerb, 'name'>;

/** Opens what a verb needs, runs it, and closes again. What the file system refuses becomes a fault. */
export async function runVerb(verb: Called, call: Call): Promise<Answer> {
  try {
    return await openAndRun(verb, call);
  } catch (error) {
    throw fileSystemFault(error);
  }
}

async function openAndRun(verb: Called, call: Call): Promise<Answer> {
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
      if (opened instanceof Fault) {
        const { askController } = await import('./control.ts');
        const asked = { name: verb.name, how: verb.how };
        return askController(site.state, { verb: asked, call, locked: opened });
      }
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
