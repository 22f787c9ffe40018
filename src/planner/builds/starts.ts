import type { Hold, Nevra, Update } from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import { updateFile, updatePath } from '../questions/wish.ts';
import { namedAdvisory } from '../updates/drafts.ts';
import { revisionOf, withoutRevision, withRevision } from '../updates/revision.ts';
import type { Context } from '../world.ts';
import { reviewedSource, sourceOf } from './built-here.ts';
import { servedNewer } from './downgrade.ts';
import { inputsOf, openAsks, recipeDigest, recipeOf } from './inputs.ts';
import type { SourceCandidate } from './source-candidates.ts';
import { answerOf, type BuildWish, recipeReview } from './wish.ts';

/** What the start of builds comes to. */
export interface Starts {
  readonly wishes: readonly BuildWish[];
  readonly holds: readonly Hold[];
}

/**
 * Every source package that is to be built here gets an update of its own, `build:<name>-<version>-<release>`; a new
 * revision of it where the site's recipe changed after the results were pinned, or the vendor re-issued the source.
 */
export function startWishes(
  context: Context,
  candidates: readonly SourceCandidate[],
  /** Names of sources that other builds lack: asked for, whatever the policy answers. */
  lacked: ReadonlySet<string>,
): Starts {
  const wishes: BuildWish[] = [];
  const holds: Hold[] = [];
  const known = Map.groupBy(
    [...context.desired.updates.values()].filter((u) => u.build !== undefined),
    (u) => sourceOf(u)?.name,
  );
  for (const candidate of candidates) {
    const id = startedId(context, candidate, known.get(candidate.entry.name) ?? []);
    if (id === undefined) continue;
    const result = judge(context, { candidate, id, lacked });
    if ('code' in result) holds.push(result);
    else wishes.push(result);
  }
  return { wishes, holds };
}

/** The id of the update that is missing; undefined where it is there, or one that is newer. */
function startedId(
  context: Context,
  candidate: SourceCandidate,
  known: readonly Update[],
): string | undefined {
  const { entry, source } = candidate;
  if (known.some((u) => isNewerThan(u, entry))) return undefined;
  const base = `build:${entry.name}-${entry.version}-${entry.release}`;
  const revisions = known.filter((u) => withoutRevision(u.id) === base);
  const last = revisions.toSorted((a, b) => revisionOf(b.id) - revisionOf(a.id))[0];
  if (!last) return base;
  const same = last.build?.source.sha256 === source.sha256;
  if (same && !isOtherRecipe(context, last, candidate)) return undefined;
  return withRevision(base, revisionOf(last.id) + 1);
}

function isNewerThan(update: Update, entry: Nevra): boolean {
  const source = sourceOf(update);
  return source !== undefined && compareEvr(source, entry) > 0;
}

/** What was pinned was built in another way than the policy says now. Results that nobody knows any more stay. */
function isOtherRecipe(context: Context, update: Update, { policy }: SourceCandidate): boolean {
  if (openAsks(policy).length > 0) return false;
  const now = recipeDigest(recipeOf(context, policy));
  return Object.values(update.build?.results ?? {}).some((key) => {
    const record = context.actual.builds?.get(key)?.records.at(-1);
    return record !== undefined && recipeDigest(record.inputs.recipe) !== now;
  });
}

interface Start {
  readonly candidate: SourceCandidate;
  readonly id: string;
  readonly lacked: ReadonlySet<string>;
}

function judge(context: Context, start: Start): BuildWish | Hold {
  const { candidate, id, lacked } = start;
  const { policy, source, entry } = candidate;
  const isLacked = lacked.has(entry.name);
  const answer = answerOf(policy, 'start');
  if (answer === 'never' && !isLacked) {
    return {
      code: 'PolicyHold',
      subject: `update:${id}`,
      text: `policy ${policy.name} never starts a build of ${source.nevra}`,
      awaits: `a change of ${policy.at.file}`,
      at: policy.at,
    };
  }
  const update = draft(context, candidate, id);
  const wanted = update.build?.wanted === true ? ' and builds it' : '';
  const root = { kind: 'host' } as const;
  const { recipe } = inputsOf(context, candidate, { arch: '', root });
  return {
    kind: 'start',
    identity: `start/${updatePath(id).slice('updates/'.length, -'.yaml'.length)}`,
    subject: `update:${id}`,
    answer: answer === 'auto' ? 'auto' : 'ask',
    title: `Start the build of ${entry.name} ${entry.version}-${entry.release}`,
    effect: `Sluice takes ${source.nevra} from ${source.upstream}${wanted}.`,
    why: whyOf(candidate, isLacked),
    edits: [updateFile(update)],
    review: {
      ...reviewedSource(context, source),
      recipe: recipeReview(context, source, recipe),
      builds: [],
      outputs: [],
    },
    ...(candidate.advisory ? { advisory: candidate.advisory } : {}),
    gates: [],
    at: policy.at,
  };
}

function whyOf({ policy, source, advisory }: SourceCandidate, isLacked: boolean): string {
  if (isLacked) return 'other builds need what it provides';
  const news = advisory
    ? `${advisory.advisory.id} tells of it, and`
    : `${source.upstream} has it, and`;
  return `${news} policy ${policy.name} says ${policy.action}`;
}

/** Where the next question would be answered by the policy too, it is not put. */
function draft(context: Context, candidate: SourceCandidate, id: string): Update {
  const { policy, source, advisory } = candidate;
  const file = updatePath(id);
  const wanted = answerOf(policy, 'build') === 'auto' && !servedNewer(context, candidate);
  return {
    ...{ id, file, packages: [], modules: [], requires: [], at: { file, line: 1, col: 1 } },
    ...(advisory ? { advisory: namedAdvisory(advisory) } : {}),
    build: { source, wanted, results: {} },
  };
}
