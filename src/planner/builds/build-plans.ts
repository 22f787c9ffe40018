import {
  type Hold,
  isSourcePackage,
  type PackageEntry,
  type Step,
  sourceNameOf,
} from '../../model/index.ts';
import type { Context } from '../world.ts';
import { askWishes } from './asks.ts';
import { lackingSources } from './lacking-sources.ts';
import { rebases } from './rebase.ts';
import { repeatedBuilds } from './repeated-builds.ts';
import { sourceCandidates } from './source-candidates.ts';
import { startWishes } from './starts.ts';
import { pendingBuilds } from './updates.ts';
import type { BuildWish } from './wish.ts';

/** What is built here, and what has to be answered before it goes on. */
export interface BuildPlans {
  readonly steps: readonly Step[];
  readonly wishes: readonly BuildWish[];
  readonly holds: readonly Hold[];
  readonly notes: readonly Hold[];
}

/**
 * A source package that a policy builds takes the same way each time: start (an update of its own), build (its results,
 * for every architecture), sign (their digests in the update). From then on it is promoted like any other update.
 */
export function planBuilds(context: Context): BuildPlans {
  const candidates = sourceCandidates(context);
  const pending = pendingBuilds(context);
  const lacked = lackedNames(
    context,
    pending.flatMap((p) => p.missing),
  );
  const starts = startWishes(context, candidates, lacked);
  const rebased = rebases(context, candidates);
  const repeated = repeatedBuilds(context);
  return {
    steps: [...pending.flatMap((p) => p.steps), ...rebased.steps, ...repeated.steps],
    wishes: [
      ...askWishes(context, candidates),
      ...starts.wishes,
      ...pending.flatMap((p) => p.wishes),
      ...rebased.wishes,
    ],
    holds: [
      ...starts.holds,
      ...pending.flatMap((p) => p.holds),
      ...rebased.holds,
      ...lackingSources(context, candidates),
    ],
    notes: repeated.notes,
  };
}

/** Sources that would bring what builds lacked, as far as names tell. */
function lackedNames(context: Context, missing: readonly string[]): ReadonlySet<string> {
  const names = new Set(missing.map((m) => m.trim().split(/[\s(]/)[0] ?? m));
  if (names.size === 0) return names;
  const sources = new Set(names);
  const look = (p: PackageEntry) => {
    if (!isSourcePackage(p) && names.has(p.name)) sources.add(sourceNameOf(p));
  };
  for (const snapshot of context.actual.snapshots.values()) snapshot.packages.forEach(look);
  return sources;
}
