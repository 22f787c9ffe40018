import type { Channel, Desired } from '../model/index.ts';
import { currentGeneration, lookAtRecords } from '../observer/index.ts';
import { planReturns } from '../planner/index.ts';
import { doSteps, type StepResult } from './do-steps.ts';
import type { Installation } from './installation.ts';

/**
 * Channels that are pinned to what they had before serve it first: for that no content is read, and whatever else is due
 * is looked at afterwards. What could not be done is left to the whole plan, which says why.
 */
export async function goBack(c: Installation, desired: Desired): Promise<readonly StepResult[]> {
  // Nearly always there is none, and then nobody asks the signer.
  if (![...desired.channels.values()].some((channel) => isElsewhere(c, channel))) return [];
  const memory = c.memory();
  const now = c.ports.clock.now();
  const head = memory.acceptedHead ?? desired.commit;
  const actual = await lookAtRecords(c.ports, { desired, head, memory, now, syncAll: false });
  return await doSteps(c, desired, { steps: planReturns({ desired, actual, now }) });
}

function isElsewhere(c: Installation, { name, pin }: Channel): boolean {
  if (!pin) return false;
  const served = currentGeneration(c.memory(), name);
  return served !== undefined && (served.content !== pin.digest || served.pinned !== true);
}
