import type { Approval, Channel, Hold, ProposalRecord } from '../../model/index.ts';
import { personWithLogin } from '../../policy/index.ts';
import type { Unit } from '../content/units.ts';
import { contentOfUnit, sameContent } from '../questions/brings.ts';
import type { Context } from '../world.ts';
import { type Entering, holdOf, type Judging, listed, placeOf } from './judging.ts';
import { reviewOf } from './sealed.ts';

type Rule = NonNullable<Channel['gates']['approvals']>;

/**
 * So many people approved what enters: the proposal that brought it, as it was merged, head and delta. What came
 * without a proposal has no approvals, and what cannot be read is none.
 */
export function gateApprovals(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  const { channel, context } = judging;
  const rule = channel.gates.approvals;
  if (!rule || judged.length === 0) return undefined;
  const hold = (text: string, awaits: string) =>
    holdOf(judging, unit.name, { code: 'AwaitsApproval', text, awaits, ...placeOf(unit) });
  const review = reviewOf(context, channel.name, unit);
  if (!review) {
    const text = `${unit.name} came without a proposal, so nobody approved it`;
    return hold(text, withoutProposal(unit));
  }
  if (!sameContent(review.brings?.[unit.name] ?? [], contentOfUnit(unit))) {
    const text = `#${review.number} was approved with other content than ${unit.name} has now`;
    return hold(text, withoutProposal(unit));
  }
  const state = approvalState(context, rule, review);
  if (state.valid.length >= rule.count) return undefined;
  const { people, unknown } = peopleIn(context, rule);
  const left = people.filter((p) => !state.valid.includes(p));
  const who = left.length === 0 ? 'nobody who is left' : listed(left, 10);
  const missing = unknown.length === 0 ? '' : `; ${listed(unknown)} not known from access.yaml`;
  return hold(
    `${stateText(rule, state)} for #${review.number}${missing}`,
    `approval by ${who}: ${howToApprove(context, review)}`,
  );
}

/** Where only keys say who decides, the program speaks in nobody's name. */
function howToApprove({ desired }: Context, { number }: ProposalRecord): string {
  return desired.site.trust === 'keys'
    ? 'on the forge, or in a signed comment (docs/rights.md)'
    : `sluice pr approve ${number}`;
}

function withoutProposal(unit: Unit): string {
  const undo =
    unit.kind === 'base'
      ? `the pin of ${unit.pin.upstream} as it was`
      : `deletion of ${unit.promotion.file}`;
  return `${undo}, for a proposal that can be approved; or a waiver of the gate approvals`;
}

interface ApprovalState {
  /** Different people who may approve and approved exactly this. */
  readonly valid: readonly string[];
  /** What was said and does not count, with the reason. */
  readonly others: readonly string[];
}

export function approvalState(context: Context, rule: Rule, review: ProposalRecord): ApprovalState {
  const { people } = peopleIn(context, rule);
  const valid = new Set<string>();
  const others: string[] = [];
  for (const approval of review.approvals ?? []) {
    const name = nameOf(context, approval);
    const problem = problemOf(approval, review, name !== undefined && people.includes(name));
    if (name !== undefined && problem === undefined) valid.add(name);
    else others.push(`${approval.person} ${problem}`);
  }
  const broken = (review.unreadableApprovals ?? []).map((p) => `that of ${p} cannot be read`);
  const unproven = review.unprovenApprovals ?? [];
  const rest = [...others, ...broken, ...unproven];
  return { valid: [...valid].toSorted(), others: rest.toSorted() };
}

/** Logins are names where no access.yaml says whose they are; one that two people have is nobody's. */
export function nameOf(
  { desired }: Pick<Context, 'desired'>,
  { person, forge }: Approval,
): string | undefined {
  if (forge === undefined || desired.access === undefined) return person;
  return personWithLogin(desired.access, forge, person);
}

function problemOf(
  { head, delta }: Approval,
  review: ProposalRecord,
  mayApprove: boolean,
): string | undefined {
  if (!mayApprove) return 'is not among those who may';
  if (head !== review.head) return `approved an older head, ${head.slice(0, 12)}`;
  return delta === review.deltaDigest ? undefined : 'approved another delta';
}

function stateText(rule: Rule, { valid, others }: ApprovalState): string {
  const given = valid.length === 0 ? '' : ` (${listed(valid)})`;
  const rest = others.length === 0 ? '' : `; ${listed(others)}`;
  return `${valid.length} of ${rule.count} approvals${given}${rest}`;
}

/** Names, and the members of teams; teams that access.yaml does not have are unknown and let nobody in. */
export function peopleIn(
  { desired }: Pick<Context, 'desired'>,
  rule: Rule,
): { readonly people: readonly string[]; readonly unknown: readonly string[] } {
  const people = new Set<string>();
  const unknown: string[] = [];
  for (const who of rule.from) {
    const team = desired.access?.teams.get(who.replace(/^team:/, ''));
    if (team) for (const person of team) people.add(person);
    else if (who.startsWith('team:')) unknown.push(who);
    else people.add(who);
  }
  return { people: [...people].toSorted(), unknown };
}
