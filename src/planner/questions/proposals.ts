import type {
  ChannelSnapshot,
  Hold,
  Need,
  ProposalRecord,
  ProposalRequest,
  Step,
  ToldStatuses,
} from '../../model/index.ts';
import { isBuildQuestion } from '../builds/proposals.ts';
import type { ChannelPlan } from '../channel.ts';
import { compareText } from '../compare-text.ts';
import { deltaDigestOf } from '../content/delta.ts';
import { gatesAhead } from '../gates/ahead.ts';
import { stepOf } from '../step.ts';
import { frozenSince } from '../upstream-health.ts';
import type { Context } from '../world.ts';
import { isAnswered } from './answered.ts';
import { askedByPerson, askedByWish } from './branch-of-person.ts';
import { inOrderOfUrgency, limitHolds, proposalLimit } from './proposal-limit.ts';
import { statusesOf } from './statuses.ts';
import { supersededBy } from './superseded.ts';
import { closureOfTrial } from './trial-closure.ts';
import { isTrialStale, trialKeyOf } from './trial-key.ts';
import { summaryOf, type Wish } from './wish.ts';

export interface Proposals {
  readonly steps: readonly Step[];
  readonly holds: readonly Hold[];
  readonly needs: readonly Need[];
  readonly statuses: readonly ToldStatuses[];
}

/** Of so many new questions at once the closure is not worked out before they are asked; admission judges it anyway. */
const maxClosures = 16;

/**
 * One pull request per question: opened when it is new, brought up to date when its content changed, closed when it
 * was answered in the files or is no longer worth asking.
 */
export function proposals(
  context: Context,
  plans: readonly ChannelPlan[],
  wishes: readonly Wish[],
): Proposals {
  const asked = grouped(wishes);
  const steps: Step[] = [];
  const holds: Hold[] = [];
  const needs: Need[] = [];
  const statuses: ToldStatuses[] = [];
  const withClosure = asked.length <= maxClosures;
  const open = new Set(
    context.actual.proposals.filter((p) => p.state === 'open').map((p) => p.identity),
  );
  const limit = proposalLimit();
  const waiting: Wish[] = [];
  for (const wish of inOrderOfUrgency(asked, open)) {
    const plan = plans.find((p) => p.channel.name === wish.channel);
    if (!open.has(wish.identity) && !limit.allows(wish)) {
      waiting.push(wish);
      continue;
    }
    const result = plan && propose(context, { plan, wish, withClosure });
    if (result?.holds.some((h) => h.code === 'AwaitsMerge')) limit.count(wish);
    steps.push(...(result?.steps ?? []));
    holds.push(...(result?.holds ?? []));
    needs.push(...(result?.needs ?? []));
    if (plan) statuses.push(...told(context, plan, wish));
  }
  holds.push(
    ...limitHolds(
      plans.map((p) => p.channel),
      waiting,
    ),
  );
  return { steps: [...steps, ...closing(context, plans, asked)], holds, needs, statuses };
}

function told(context: Context, plan: ChannelPlan, wish: Wish): readonly ToldStatuses[] {
  const record = context.actual.proposals.find(
    (p) => p.identity === wish.identity && p.state === 'open',
  );
  if (!record) return [];
  const statuses = statusesOf(plan.admission.judging, wish, record);
  return [{ number: record.number, head: record.head, statuses }];
}

/** Wishes of one identity are one question: packages without an advisory share theirs. */
function grouped(wishes: readonly Wish[]): readonly Wish[] {
  const groups = Map.groupBy(wishes, (w) => w.identity);
  return [...groups.values()].flatMap((group) => {
    const first = group[0];
    if (!first || group.length === 1) return first ? [first] : [];
    const edits = new Map(group.flatMap((w) => w.edits).map((e) => [e.path, e]));
    return [
      {
        ...first,
        subject: `upstream:${first.identity.split('/').at(-1)}`,
        title: `${group.length} packages without an advisory to ${first.channel}`,
        effect: `${first.channel} gets the ${group.length} updates of the table.`,
        edits: [...edits.values()].toSorted((a, b) => compareText(a.path, b.path)),
        advisories: group.flatMap((w) => w.advisories),
        gates: group.flatMap((w) => w.gates),
      },
    ];
  });
}

interface Question {
  readonly plan: ChannelPlan;
  readonly wish: Wish;
  readonly withClosure: boolean;
}

function propose(context: Context, question: Question): Omit<Proposals, 'statuses'> {
  const { plan, wish } = question;
  const records = context.actual.proposals.filter((p) => p.identity === wish.identity);
  const open = records.find((r) => r.state === 'open');
  const policy = open?.edited ? context.actual.edited?.get(open.number) : undefined;
  const asked =
    open && policy
      ? askedByPerson(context, question, { head: open.head, policy })
      : askedByWish(context, plan, wish);
  const { delta } = asked.trial;
  const deltaDigest = deltaDigestOf(delta);
  const about = {
    ...{ subject: wish.subject, channel: wish.channel },
    ...(wish.at ? { at: wish.at } : {}),
  };
  const rejected = records.find((r) => isRejected(r) && r.deltaDigest === deltaDigest);
  if (rejected && !open?.edited) {
    const text = `#${rejected.number} (${rejected.title}) was closed by a person`;
    const awaits = 'other content, or a promotion by a person';
    return { steps: [], holds: [{ code: 'Rejected', ...about, text, awaits }], needs: [] };
  }
  const where = open
    ? `a merge of #${open.number} (sluice/${wish.identity})`
    : 'a merge of its proposal';
  const holds: Hold[] = [{ code: 'AwaitsMerge', ...about, text: wish.title, awaits: where }];
  const branch = open &&
    policy && { head: open.head, problems: policy.problems.map((p) => p.text) };
  const trialKey = trialKeyOf(plan, deltaDigest, branch);
  // A branch that no longer applies is made anew on the newest policy, a trial on what its channel is by now.
  const stale = open && question.withClosure && isTrialStale(context, open, trialKey);
  const unfit = open?.conflicts === true && !open.edited;
  const upToDate = open?.deltaDigest === deltaDigest && !unfit && !stale;
  if ((open?.edited && !policy) || upToDate) return { steps: [], holds, needs: [] };
  const tried = { trial: asked.trial.content(), trialKey };
  const { brings, follows } = asked;
  const change = { delta, deltaDigest, brings, ...(follows ? { follows } : {}) };
  return { holds, ...ask({ ...question, wish: asked.wish }, change, tried) };
}

type Change = Pick<ProposalRequest, 'delta' | 'deltaDigest' | 'brings' | 'follows'>;

function ask(
  { plan, wish, withClosure }: Question,
  change: Change,
  tried: { readonly trial: ChannelSnapshot; readonly trialKey: string },
): Pick<Proposals, 'steps' | 'needs'> {
  const none = { needs: [], gates: [] };
  const closure = withClosure ? closureOfTrial(plan.admission, tried.trial) : none;
  if (closure.needs.length > 0) return { steps: [], needs: closure.needs };
  const gates = [...wish.gates, ...gatesAhead(plan.admission.judging, wish), ...closure.gates];
  const unknown = withClosure ? {} : { closureUnknown: true };
  const request = { ...requestOf({ ...wish, gates }, change), ...unknown };
  const why = { text: wish.why, ...(wish.at ? { at: wish.at } : {}) };
  const { identity, edits } = wish;
  const inputs = { identity, deltaDigest: change.deltaDigest, edits, trial: tried.trialKey };
  return { steps: [stepOf({ kind: 'propose', request, ...tried, why }, inputs)], needs: [] };
}

const isRejected = (r: ProposalRecord): boolean => r.state === 'closed' && r.closedBy === 'person';

function requestOf(wish: Wish, change: Change): ProposalRequest {
  const { kind, identity, channel, title, effect, edits, gates, why, at } = wish;
  return {
    ...{ kind, identity, channel, title, effect, edits, gates, why },
    advisories: wish.advisories.map(summaryOf),
    ...change,
    ...(at ? { at } : {}),
  };
}

function closing(
  context: Context,
  plans: readonly ChannelPlan[],
  asked: readonly Wish[],
): readonly Step[] {
  const wanted = new Set(asked.map((w) => w.identity));
  // Of a channel that is pinned or suspended nothing is asked now, and nothing is withdrawn either.
  const paused = new Set(plans.filter((p) => p.closed).map((p) => p.channel.name));
  const blind = new Set(plans.filter((p) => seesTooLittle(context, p)).map((p) => p.channel.name));
  return context.actual.proposals
    .filter((p) => p.state === 'open' && !wanted.has(p.identity) && !p.edited)
    .filter((p) => !isBuildQuestion(p))
    .flatMap((record) => {
      const { number, identity } = record;
      const channel = identity.split('/')[1] ?? '';
      const answered = isAnswered(context, identity);
      if (blind.has(channel) || (!answered && paused.has(channel))) return [];
      const newer = answered ? undefined : supersededBy(context, record, asked);
      const as = answered ? 'merged' : newer ? 'superseded' : 'withdrawn';
      const text = answered
        ? 'its files are in the policy'
        : newer
          ? `${newer.identity} brings newer versions of everything in it`
          : 'it is no longer worth asking';
      return [stepOf({ kind: 'close', number, identity, as, why: { text } }, { number, as })];
    });
}

/** An upstream that is not mirrored (yet, or again) or may be frozen says nothing about what is worth asking. */
function seesTooLittle(context: Context, { channel }: ChannelPlan): boolean {
  return channel.base.some(
    ({ upstream }) =>
      context.actual.upstreams.get(upstream)?.latest === undefined ||
      frozenSince(context, upstream) !== undefined,
  );
}
