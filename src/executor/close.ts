import type { Outcome, StepOf } from '../model/index.ts';
import type { Ports } from '../ports.ts';
import { waitsForGit } from './waits-for-git.ts';

/** Closes a proposal that is answered or has become pointless. */
export async function close(
  ports: Pick<Ports, 'forge'>,
  step: Pick<StepOf<'close'>, 'number' | 'identity' | 'as'>,
): Promise<Outcome> {
  try {
    await ports.forge.close(step.number, 'controller', step.as);
  } catch (error) {
    return waitsForGit(error, `proposal:${step.identity}`);
  }
  return { kind: 'done', text: `closed #${step.number} ${step.identity}: ${step.as}` };
}
