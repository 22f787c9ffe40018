import {
  type Hold,
  isSourcePackage,
  nevraText,
  type PackageEntry,
  type SourcePackage,
} from '../model/index.ts';
import { compareEvr } from '../rpm/index.ts';
import { recipeOf } from './build-inputs.ts';
import { type BuildWish, recipeReview } from './build-wish.ts';
import { newestOf } from './built-here.ts';
import type { SourceCandidate } from './source-candidates.ts';
import { frozenSince } from './upstream-health.ts';
import type { Context } from './world.ts';

/** What a newer version of the vendor means for a package that the site replaced. */
export interface Rebases {
  readonly wishes: readonly BuildWish[];
  readonly holds: readonly Hold[];
}

/**
 * The vendor's newer source becomes a question: to go on from that one, with the patches of the policy applied again.
 * Without patches in the policy nothing could be applied again, so people are only told.
 */
export function rebases(context: Context, candidates: readonly SourceCandidate[]): Rebases {
  const replaced = candidates.filter((c) => c.policy.action === 'replace');
  const wishes: BuildWish[] = [];
  const holds: Hold[] = [];
  for (const candidate of replaced) {
    const newer = newerSource(context, candidate);
    if (!newer) continue;
    if (candidate.policy.build.patches.length > 0) wishes.push(wishFor(context, candidate, newer));
    else holds.push(toldOnly(candidate, newer));
  }
  return { wishes, holds };
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

function wishFor(context: Context, candidate: SourceCandidate, newer: Newer): BuildWish {
  const { policy, entry } = candidate;
  const { upstream } = newer;
  const nevra = nevraText(newer.entry);
  const source: SourcePackage = { nevra, sha256: newer.entry.sha256, upstream };
  const at = policy.at.file;
  const recipe = recipeReview(context, source, recipeOf(context, policy));
  return {
    kind: 'rebase',
    identity: `rebase/${policy.name}/${entry.name}`,
    subject: `policy:${policy.name}`,
    answer: 'ask',
    title: `Rebase local package ${entry.name} on ${nevra}`,
    effect: `${at} builds ${nevra} of ${upstream} with ${policy.build.patches.join(', ')} applied again, instead of ${candidate.source.nevra}.`,
    why: `${upstream} offers a newer version than the site's own`,
    edits: [
      ...(policy.build.from === undefined
        ? []
        : [{ kind: 'set' as const, path: at, at: ['build', 'from'], value: undefined }]),
      { kind: 'set', path: at, at: ['build', 'source'], value: source },
    ],
    review: { source, recipe, builds: [], outputs: [] },
    gates: [],
    at: policy.at,
  };
}

function toldOnly({ policy, entry, source }: SourceCandidate, newer: Newer): Hold {
  return {
    code: 'NewerUpstream',
    subject: `policy:${policy.name}`,
    text: `${newer.upstream} offers ${nevraText(newer.entry)}, newer than the site's ${source.nevra}`,
    awaits: `a newer ${entry.name} in ${source.upstream}, or build.source and patches in ${policy.at.file}`,
    at: policy.at,
  };
}
