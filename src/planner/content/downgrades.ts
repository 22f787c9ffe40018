import {
  emptyTree,
  type Hold,
  type PackageEntry,
  packageDifference,
  packagesNamed,
  type Sha256,
  type UpstreamSnapshot,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import { compareText } from '../compare-text.ts';
import { listed } from '../gates/judging.ts';
import type { Context } from '../world.ts';
import { nameArch } from './delta.ts';
import { packagesIn } from './held-contents.ts';

/**
 * Versions that an upstream lowered or took away although channels serve them. Nothing follows from it by itself: a
 * pin does not move on its own, and removals have their gate. People should know.
 */
export function downgradeNotes(context: Context): readonly Hold[] {
  return [...context.desired.upstreams.values()].flatMap((upstream): Hold[] => {
    const id = context.actual.upstreams.get(upstream.name)?.latest?.snapshot;
    const latest = id === undefined ? undefined : context.actual.snapshots.get(id);
    if (!latest) return [];
    const lost = lostNames(servedFrom(context, upstream.name, latest), latest);
    if (lost.length === 0) return [];
    return [
      {
        code: 'Downgrade',
        subject: `upstream:${upstream.name}`,
        text: `${upstream.name} lowered or dropped versions that are served: ${listed(lost)}`,
        awaits: 'nobody; what is served stays until a pin moves',
        at: upstream.at,
      },
    ];
  });
}

/**
 * The newest served version of every name that came from an upstream, where its pin is not the newest snapshot; only
 * of packages that this snapshot does not have, for nothing was lost of the others.
 */
function servedFrom(
  context: Context,
  upstream: string,
  latest: UpstreamSnapshot,
): ReadonlyMap<string, PackageEntry> {
  const newest = new Map<string, PackageEntry>();
  let fromUpdates: ReadonlySet<Sha256> | undefined;
  for (const channel of context.desired.channels.values()) {
    const pin = channel.base.find((b) => b.upstream === upstream)?.snapshot;
    const content = context.actual.channels.get(channel.name)?.content;
    if (channel.follows !== undefined || pin === undefined || pin === latest.id) continue;
    const base = packagesIn([context.actual.snapshots.get(pin) ?? emptyTree]);
    for (const { packages } of content?.trees.values() ?? []) {
      for (const p of packageDifference(latest.packages, packages).added) {
        fromUpdates ??= digestsInUpdates(context, upstream);
        if (!base.has(p.sha256) && !fromUpdates.has(p.sha256)) continue;
        const best = newest.get(nameArch(p));
        if (!best || compareEvr(p, best) > 0) newest.set(nameArch(p), p);
      }
    }
  }
  return newest;
}

function digestsInUpdates({ desired }: Context, upstream: string): ReadonlySet<Sha256> {
  const digests = new Set<Sha256>();
  for (const update of desired.updates.values()) {
    for (const p of update.packages)
      if (p.upstream === upstream && p.tree === undefined) digests.add(p.sha256);
  }
  return digests;
}

function lostNames(
  served: ReadonlyMap<string, PackageEntry>,
  latest: UpstreamSnapshot,
): readonly string[] {
  if (served.size === 0) return [];
  const lost = [...served].filter(([key, best]) => {
    const now = packagesNamed(latest.packages, best.name);
    return !now.some((p) => nameArch(p) === key && compareEvr(p, best) >= 0);
  });
  return lost.map(([key]) => key).toSorted(compareText);
}
