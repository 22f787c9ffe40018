import type { BuildQuestionKind, Hold, ProposalRecord, Step } from '../../model/index.ts';
import { slugOf } from '../../model/index.ts';
import { stepOf } from '../step.ts';
import type { Context } from '../world.ts';
import { openAsks } from './inputs.ts';
import { type BuildWish, digestOfWish, requestOfWish } from './wish.ts';

const kinds: Readonly<Record<BuildQuestionKind, true>> = {
  start: true,
  build: true,
  'special-case': true,
  sign: true,
  rebase: true,
};

/** Questions about builds are put and withdrawn here, those about channels in `proposals`. */
export const isBuildQuestion = ({ identity }: Pick<ProposalRecord, 'identity'>): boolean =>
  Object.hasOwn(kinds, identity.split('/')[0] ?? '');

/** So many questions about builds are open at once; more are put when some are answered. */
const openAtOnce = 20;

export interface BuildQuestions {
  readonly steps: readonly Step[];
  readonly holds: readonly Hold[];
}

/** One pull request per question, as for channels: opened once, kept up to date, closed when it is answered or moot. */
export function buildQuestions(context: Context, wishes: readonly BuildWish[]): BuildQuestions {
  const open = context.actual.proposals.filter((p) => p.state === 'open' && isBuildQuestion(p));
  const known = new Set(open.map((p) => p.identity));
  const later = wishes.filter((w) => !known.has(w.identity)).slice(openAtOnce - known.size);
  const put = wishes.filter((w) => !later.includes(w)).map((w) => question(context, w));
  const wanted = new Set(wishes.map((w) => w.identity));
  return {
    steps: [...put.flatMap((p) => p.steps), ...closing(context, open, wanted)],
    holds: [...put.flatMap((p) => p.holds), ...later.map(laterHold)],
  };
}

function laterHold({ subject, title, at }: BuildWish): Hold {
  const text = `${title}: not asked yet, at most ${openAtOnce} questions about builds are open at once`;
  return { code: 'ProposalLimit', subject, text, awaits: 'an answer to an open one', at };
}

function question(context: Context, wish: BuildWish): BuildQuestions {
  const { identity, subject, title, at, why, edits, after } = wish;
  if (after) return { steps: [], holds: [after] };
  const digest = digestOfWish(wish);
  const records = context.actual.proposals.filter((p) => p.identity === identity);
  const rejected = records.find(
    (r) => r.state === 'closed' && r.closedBy === 'person' && r.deltaDigest === digest,
  );
  if (rejected) {
    const text = `#${rejected.number} (${rejected.title}) was closed by a person`;
    const awaits = 'another source or recipe, or the same edit by a person';
    return { steps: [], holds: [{ code: 'Rejected', subject, text, awaits, at }] };
  }
  const open = records.find((r) => r.state === 'open');
  const awaits = open
    ? `a merge of #${open.number} (sluice/${identity})`
    : 'a merge of its proposal';
  const holds: Hold[] = [{ code: 'AwaitsMerge', subject, text: title, awaits, at }];
  const isUpToDate = open?.deltaDigest === digest && !open.conflicts;
  if (open?.edited || isUpToDate) return { steps: [], holds };
  const request = requestOfWish(wish);
  const step = { kind: 'ask', request, why: { text: why, at } } as const;
  return { steps: [stepOf(step, { identity, digest, edits })], holds };
}

function closing(
  context: Context,
  open: readonly ProposalRecord[],
  wanted: ReadonlySet<string>,
): readonly Step[] {
  return open
    .filter((p) => !wanted.has(p.identity) && !p.edited)
    .map(({ number, identity }) => {
      const as = isAnswered(context, identity) ? 'merged' : 'withdrawn';
      const text = as === 'merged' ? 'its files are in the policy' : 'it is no longer worth asking';
      return stepOf({ kind: 'close', number, identity, as, why: { text } }, { number, as });
    });
}

/** Tells whether the files of the policy say what a question asked for. */
function isAnswered({ desired }: Context, identity: string): boolean {
  const [kind, name = ''] = identity.split('/');
  const policy = desired.policies.find((p) => p.name === name);
  if (kind === 'rebase') return policy?.build?.source !== undefined;
  if (kind === 'special-case') {
    const { build } = policy ?? {};
    const suggested = policy && build ? openAsks({ ...policy, build }) : undefined;
    return suggested?.every(([, ask]) => ask.default === undefined) === true;
  }
  const update = [...desired.updates.values()].find((u) => slugOf(u.id) === name);
  if (kind === 'start') return update !== undefined;
  if (kind === 'build') return update?.build?.wanted === true;
  return Object.keys(update?.build?.results ?? {}).length > 0 && !update?.build?.unsigned;
}
