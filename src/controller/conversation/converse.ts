import {
  canonicalDigest,
  type Desired,
  Fault,
  type FaultReport,
  type Plan,
} from '../../model/index.ts';
import type { Installation } from '../installation.ts';
import { answerComments } from './answer-comments.ts';

/** What talking with people came to. */
export interface Conversation {
  /** A command became a commit or closed a proposal. */
  readonly changed: boolean;
  readonly faults: readonly FaultReport[];
}

/**
 * Says below the open proposals how their gates stand, and does what people who may ask for it ask there. A forge that
 * does not answer loses nothing: both start from what is written, and the next pass goes on.
 */
export async function converse(
  c: Installation,
  desired: Desired,
  planned: Plan,
): Promise<Conversation> {
  const faults: FaultReport[] = [];
  const attempt = async (work: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error.toJSON());
      return false;
    }
  };
  await attempt(() => sayStatuses(c, planned));
  const changed = await attempt(() => answerComments(c, desired, planned));
  return { changed, faults };
}

/** The forge is asked nothing while what was said last still holds. */
async function sayStatuses(c: Installation, planned: Plan): Promise<boolean> {
  for (const { number, head, statuses } of planned.statuses) {
    const digest = canonicalDigest({ head, statuses });
    if (statuses.length === 0 || c.memory().saidStatuses.get(number) === digest) continue;
    await c.ports.forge.setStatuses(number, head, statuses);
    await c.note('statuses-said', { number, digest });
  }
  return false;
}
