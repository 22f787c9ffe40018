import { canonicalDigest, type Hold, type ProposalRecord, type Sha256 } from '../../model/index.ts';
import type { Unit } from '../content/units.ts';
import { contentOfUnit, sameContent } from '../questions/brings.ts';
import type { Context } from '../world.ts';
import { type Entering, holdOf, type Judging, listed, placeOf } from './judging.ts';

/**
 * The newest proposal that brought a unit to a channel. Its promotion is in the policy, so an open one was merged by
 * plain git a moment ago; one that a person closed was answered with no.
 */
export function reviewOf(
  { actual }: Pick<Context, 'actual'>,
  channel: string,
  unit: Unit,
): ProposalRecord | undefined {
  return actual.proposals
    .filter((p) => p.state !== 'closed' && p.identity.split('/')[1] === channel)
    .filter((p) => p.brings !== undefined && Object.hasOwn(p.brings, unit.name))
    .toSorted((a, b) => a.number - b.number)
    .at(-1);
}

/** Names a promotion together with its content, for `sluice acknowledge`. */
export function sealOf(channel: string, unit: Unit): Sha256 {
  return canonicalDigest({ channel, unit: unit.name, content: contentOfUnit(unit) });
}

/**
 * What a merged proposal brings must be what it said when it was reviewed. Only its own content is compared: other
 * merges change what a proposal does to a channel, and are reviewed themselves.
 */
export function gateSealed(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  if (unit.kind === 'base' || judged.length === 0) return undefined;
  const { context, channel } = judging;
  const review = reviewOf(context, channel.name, unit);
  const reviewed = review?.brings?.[unit.name];
  // What a person committed to the branch is that person's own proposal, not the one that the record tells of.
  if (!review || !reviewed || review.edited) return undefined;
  const now = contentOfUnit(unit);
  if (sameContent(reviewed, now)) return undefined;
  const seal = sealOf(channel.name, unit);
  if (context.actual.acknowledgedPlans?.has(seal)) return undefined;
  return holdOf(judging, unit.name, {
    code: 'PlanDiverged',
    text: `#${review.number} showed other content of ${unit.update.id}: ${difference(reviewed, now)}`,
    awaits: `deletion of ${unit.promotion.file}, for a fresh proposal, or sluice acknowledge plan/${seal}`,
    ...placeOf(unit),
  });
}

function difference(reviewed: readonly string[], now: readonly string[]): string {
  const gone = reviewed.filter((line) => !now.includes(line));
  const come = now.filter((line) => !reviewed.includes(line));
  const text = (lines: readonly string[]) => listed(lines.map(shortened), 3) || 'nothing';
  return `reviewed ${text(gone)}, merged ${text(come)}`;
}

/** Twelve digits tell digests apart. */
const shortened = (line: string): string => line.replace(/[0-9a-f]{64}/g, (d) => d.slice(0, 12));
