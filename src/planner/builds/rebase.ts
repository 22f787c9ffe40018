import {
  type Hold,
  isSourcePackage,
  nevraText,
  type PackageEntry,
  type SourcePackage,
  type Step,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import { frozenSince } from '../upstream-health.ts';
import type { Context } from '../world.ts';
import { newestOf, reviewedSource } from './built-here.ts';
import { recipeOf } from './inputs.ts';
import { type TriedPatches, tryPatches } from './patch-trial.ts';
import type { SourceCandidate } from './source-candidates.ts';
import { type BuildWish, recipeReview } from './wish.ts';

/** What a newer version of the vendor means for a package that the site replaced. */
export interface Rebases {
  /** Trials of the patches. */
  readonly steps: readonly Step[];
  readonly wishes: readonly BuildWish[];
  readonly holds: readonly Hold[];
}

/**
 * The vendor's newer source becomes a question: to go on from that one, with the patches of the policy applied again.
 * They are tried before anybody is asked. Without patches in the policy there is nothing to apply again, and the question
 * says what would be lost.
 */
export function rebases(context: Context, candidates: readonly SourceCandidate[]): Rebases {
  const replaced = candidates.filter((c) => c.policy.action === 'replace');
  const wishes: BuildWish[] = [];
  const holds: Hold[] = [];
  const steps: Step[] = [];
  for (const candidate of replaced) {
    const newer = newerSource(context, candidate);
    if (!newer) continue;
    const { entry, upstream } = newer;
    const source = { nevra: nevraText(entry), sha256: entry.sha256, upstream };
    const tried = tryPatches(context, { source, entry, policy: candidate.policy });
    if (tried.kind === 'due') steps.push(...tried.steps);
    wishes.push(wishFor(context, candidate, { source, tried }));
    holds.push(newerHold(candidate, newer));
  }
  return { wishes, holds, steps };
}

interface Newer {
  readonly entry: PackageEntry;
  readonly upstream: string;
}

function newerSource(context: Context, { entry, source, policy }: SourceCandidate) {
  let newest: Newer | undefined;
  for (const { name, tree } of context.desired.upstreams.values()) {
    const own = name === policy.build.from;
    if (tree !== 'source' || own || frozenSince(context, name) !== undefined) continue;
    for (const p of newestOf(context, name)?.packages ?? []) {
      if (p.name !== entry.name || !isSourcePackage(p) || p.sha256 === source.sha256) continue;
      if (compareEvr(p, newest?.entry ?? entry) > 0) newest = { entry: p, upstream: name };
    }
  }
  return newest;
}

function wishFor(
  context: Context,
  candidate: SourceCandidate,
  { source, tried }: { readonly source: SourcePackage; readonly tried: TriedPatches },
): BuildWish {
  const { policy, entry } = candidate;
  const { nevra, upstream } = source;
  const { patches } = policy.build;
  const again = patches.length > 0 ? ` with ${patches.join(', ')} applied again` : '';
  const at = policy.at.file;
  const recipe = recipeReview(context, source, recipeOf(context, policy));
  return {
    kind: 'rebase',
    identity: `rebase/${policy.name}/${entry.name}`,
    subject: `policy:${policy.name}`,
    answer: 'ask',
    title: `Rebase local package ${entry.name} on ${nevra}`,
    effect: `${at} builds ${nevra} of ${upstream}${again}, instead of ${candidate.source.nevra}.`,
    why: `${upstream} offers a newer version than the site's own`,
    edits: [
      ...(policy.build.from === undefined
        ? []
        : [{ kind: 'set' as const, path: at, at: ['build', 'from'], value: undefined }]),
      { kind: 'set', path: at, at: ['build', 'source'], value: source },
    ],
    review: {
      ...{ ...reviewedSource(context, source), recipe, builds: [], outputs: [] },
      ...(tried.kind === 'tried' ? { trial: tried.trial } : {}),
    },
    gates: [
      ...(patches.length === 0 ? [nothingAgain(candidate)] : []),
      ...(tried.kind === 'tried' ? tried.gates : []),
    ],
    ...(tried.kind === 'due' ? { after: tried.hold } : {}),
    at: policy.at,
  };
}

/** What the site changed is in its own source package only. */
function nothingAgain({ policy, source, entry }: SourceCandidate) {
  const own = policy.build.from ?? source.upstream;
  const text = `the policy has no patches, so what ${source.nevra} changes is lost by the merge; to keep it, add patches to this branch, or put a newer ${entry.name} into ${own} and close this`;
  return { code: 'NewerUpstream', text, reported: true };
}

function newerHold({ policy, entry, source }: SourceCandidate, newer: Newer): Hold {
  return {
    code: 'NewerUpstream',
    subject: `policy:${policy.name}`,
    text: `${newer.upstream} offers ${nevraText(newer.entry)}, newer than the site's ${source.nevra}`,
    awaits: `a newer ${entry.name} in ${source.upstream}, or the answer to its rebase`,
    at: policy.at,
  };
}
