import {
  type CommitId,
  canonicalDigest,
  type ProposalRecord,
  type Sha256,
} from '../../model/index.ts';
import type { ChannelPlan } from '../channel.ts';
import type { Context } from '../world.ts';

/**
 * Names a trial by what it is worked out from: what the channel wants, changed by the delta. Cheaper to compare than
 * the content of every open proposal. A branch that a person committed to is told of anew with each head of it.
 */
export function trialKeyOf(
  { admission, channel }: ChannelPlan,
  delta: Sha256,
  branch?: { readonly head: CommitId; readonly problems: readonly string[] },
): string {
  const { compression, sign } = channel;
  const isPlain = sign.metadata === undefined && sign.packages === 'keep';
  const of = {
    ...{ wanted: admission.wanted.id, delta, compression },
    ...(isPlain ? {} : { sign: { metadata: sign.metadata ?? '', packages: sign.packages } }),
    ...(channel.private ? { private: true } : {}),
    ...(branch ? { branch } : {}),
  };
  return canonicalDigest(of).slice(0, 16);
}

/** The channel has moved on since the trial of a proposal was published, or the trial is not here any more. */
export function isTrialStale({ actual }: Context, record: ProposalRecord, key: string): boolean {
  return actual.trials !== undefined && actual.trials.get(record.number) !== key;
}
