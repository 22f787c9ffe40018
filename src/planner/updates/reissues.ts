import {
  type Channel,
  nevraText,
  type PackageEntry,
  packageDifference,
  packagesNamed,
  parseNevra,
  type Sha256,
} from '../../model/index.ts';
import { isBuiltHere } from '../builds/built-here.ts';
import type { Context } from '../world.ts';
import { revisionOf } from './revision.ts';
import type { Candidate, Offered } from './taking.ts';

/**
 * Other bytes under a NEVRA that a base or an update has already. They are never mixed with ordinary updates: each is
 * its own question, and says which digest it takes the place of.
 */
export function withReissues(context: Context, offered: Offered): Offered['candidates'] {
  const candidates = new Map<Sha256, Candidate>(offered.candidates);
  const byUpstream = digestsInUpdates(context);
  for (const [upstream, snapshot] of offered.latest) {
    const inUpdates = byUpstream.get(upstream) ?? new Map();
    for (const channel of offered.channels) {
      const base = basePackages(context, channel, upstream);
      if (!base) continue;
      const known = knownDigests(base, inUpdates);
      for (const entry of packageDifference(base, snapshot.packages).added) {
        if (isBuiltHere(context, entry, { upstream })) continue;
        const replaces = replacedBy(entry, known(entry));
        if (replaces === undefined) continue;
        const before = candidates.get(entry.sha256)?.channels ?? [];
        const channels = new Set([...before, channel.name]);
        candidates.set(entry.sha256, { entry, upstream, channels, replaces });
      }
    }
  }
  return candidates;
}

function basePackages(
  { actual }: Context,
  channel: Channel,
  upstream: string,
): readonly PackageEntry[] | undefined {
  const pin = channel.base.find((b) => b.upstream === upstream && b.advance === 'updates');
  return pin?.snapshot === undefined ? undefined : actual.snapshots.get(pin.snapshot)?.packages;
}

/** The digests under a NEVRA in the order in which they came: the base's, then those of updates. */
function knownDigests(
  base: readonly PackageEntry[],
  inUpdates: ReadonlyMap<string, readonly Sha256[]>,
): (entry: PackageEntry) => readonly Sha256[] {
  return (entry) => {
    const text = nevraText(entry);
    const same = packagesNamed(base, entry.name).filter((p) => nevraText(p) === text);
    return [...same.map((p) => p.sha256), ...(inUpdates.get(text) ?? [])];
  };
}

/** Of each upstream the digests under each NEVRA, in the order in which updates brought them. */
function digestsInUpdates({
  desired,
}: Context): ReadonlyMap<string, ReadonlyMap<string, readonly Sha256[]>> {
  const byUpstream = new Map<string, Map<string, Sha256[]>>();
  const updates = [...desired.updates.values()]
    .map((update) => ({ update, revision: revisionOf(update.id) }))
    .toSorted((a, b) => a.revision - b.revision)
    .map(({ update }) => update);
  const originals = updates.filter((u) => u.packages.every((p) => p.replaces === undefined));
  const again = updates.filter((u) => u.packages.some((p) => p.replaces !== undefined));
  for (const update of [...originals, ...again]) {
    for (const p of update.packages) {
      const nevra = p.tree === undefined ? parseNevra(p.nevra) : undefined;
      if (!nevra) continue;
      const text = nevraText(nevra);
      const byNevra = byUpstream.get(p.upstream) ?? new Map<string, Sha256[]>();
      byUpstream.set(p.upstream, byNevra.set(text, [...(byNevra.get(text) ?? []), p.sha256]));
    }
  }
  return byUpstream;
}

/** What came right before it under the same name; nothing when it was the first. */
function replacedBy(entry: PackageEntry, known: readonly Sha256[]): Sha256 | undefined {
  const at = known.indexOf(entry.sha256);
  return at < 0 ? known.at(-1) : known[at - 1];
}
