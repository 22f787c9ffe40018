import type { Installation } from '../installation.ts';
import { interrupted } from './build-queue.ts';

/** Under the lock no build can be running before a queue is there: what the journal still calls so died with its controller. */
export async function endInterruptedBuilds(c: Installation): Promise<void> {
  for (const { key, inputs, attempt, runningSince } of c.memory().builds.values()) {
    if (runningSince === undefined) continue;
    const endedAt = c.ports.clock.now();
    const fault = { ...interrupted, object: inputs.source.nevra };
    const times = { startedAt: runningSince, endedAt };
    await c.note('build-ended', {
      record: { key, inputs, attempt, ...times, outcome: 'failed', fault },
    });
  }
}
