import type { Brings, CommitId, Desired, EditedPolicy, ProposalRecord } from '../../model/index.ts';
import type { ChannelPlan } from '../channel.ts';
import { type Context, desiredOf } from '../world.ts';
import { bringsBetween, bringsOf } from './brings.ts';
import { type Trial, trialOf, trialUnder } from './trial.ts';
import type { Wish } from './wish.ts';

/** What an open or new proposal really asks for, and so what its text, digest and trial are about. */
export interface Asked {
  readonly wish: Wish;
  readonly trial: Trial;
  readonly brings: Brings;
  readonly follows?: CommitId;
}

/** What the planner's own edits ask for. */
export function askedByWish(context: Context, plan: ChannelPlan, wish: Wish): Asked {
  const trial = trialOf(context, plan, wish.edits);
  return { wish, trial, brings: bringsOf(trial.desired, wish.channel, wish.edits) };
}

/**
 * What the branch asks for since a person committed to it. One that cannot be in force asks for nothing: then the
 * planner's own question stands there, with what is wrong among the gates.
 */
export function askedByPerson(
  context: Context,
  { plan, wish }: { readonly plan: ChannelPlan; readonly wish: Wish },
  { head, policy }: Pick<ProposalRecord, 'head'> & { readonly policy: EditedPolicy },
): Asked {
  const { desired, problems } = policy;
  if (!desired) {
    return askedByWish(context, plan, { ...wish, gates: [...problems, ...wish.gates] });
  }
  const trial = trialUnder(context, plan, desired);
  const before = desiredOf(context, wish.channel);
  return {
    ...{ trial, follows: head, brings: bringsBetween(before, trial.desired, wish.channel) },
    wish: {
      ...wish,
      effect: `${wish.channel} gets what the table says: a person changed the branch, and it counts as it is now.`,
      advisories: wish.advisories.filter((a) => brought(trial.desired, wish, a.id)),
    },
  };
}

/** A pin brings its advisories as it did; a promotion brings its own while the branch still has it. */
function brought(desired: Desired, { edits }: Wish, id: string): boolean {
  const promotes = edits.some((e) => e.path.startsWith('promotions/'));
  return (
    !promotes || desired.promotions.some((p) => desired.updates.get(p.update)?.advisory?.id === id)
  );
}
