import { canonicalDigest } from './digest.ts';
import type { PackageEntry, Sha256 } from './package.ts';
import type { Group, HeldAdvisory, Module } from './repository.ts';

/** `sha256:<64 hex>`: the digest of the content, so equal contents have one name on every machine. */
export type SnapshotId = string & { readonly __brand: 'SnapshotId' };

/** What one published or mirrored repository holds. Lists are sorted as `sortedTree` sorts them. */
export interface TreeContent {
  /** By name, then digest. */
  readonly packages: readonly PackageEntry[];
  /** By id, then digest. */
  readonly advisories: readonly HeldAdvisory[];
  /** By kind, then id. */
  readonly groups: readonly Group[];
  /** By nsvca, then digest. */
  readonly modules: readonly Module[];
}

export const emptyTree: TreeContent = { packages: [], advisories: [], groups: [], modules: [] };

/** What an upstream offered and passed every check, at one moment. */
export interface UpstreamSnapshot extends TreeContent {
  readonly kind: 'upstream';
  readonly id: SnapshotId;
}

/** What a channel serves: one content per tree. */
export interface ChannelSnapshot {
  readonly kind: 'channel';
  readonly id: SnapshotId;
  readonly trees: ReadonlyMap<string, TreeContent>;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The one order in which content is digested, stored and published. */
export function sortedTree(tree: TreeContent): TreeContent {
  return {
    packages: tree.packages.toSorted(
      (a, b) => byText(a.name, b.name) || byText(a.sha256, b.sha256),
    ),
    advisories: tree.advisories.toSorted(
      (a, b) => byText(a.advisory.id, b.advisory.id) || byText(a.sha256, b.sha256),
    ),
    groups: tree.groups.toSorted((a, b) => byText(a.kind, b.kind) || byText(a.id, b.id)),
    modules: tree.modules.toSorted(
      (a, b) => byText(a.nsvca, b.nsvca) || byText(a.sha256, b.sha256),
    ),
  };
}

function digestsOf(tree: TreeContent): Record<string, readonly Sha256[]> {
  const sorted = (list: readonly { readonly sha256: Sha256 }[]) =>
    list.map((x) => x.sha256).toSorted(byText);
  return {
    packages: sorted(tree.packages),
    advisories: sorted(tree.advisories),
    groups: sorted(tree.groups),
    modules: sorted(tree.modules),
  };
}

/** Names a mirrored content; the upstream's name and the time do not enter. */
export function upstreamSnapshot(tree: TreeContent): UpstreamSnapshot {
  const id = `sha256:${canonicalDigest(digestsOf(tree))}` as SnapshotId;
  return { kind: 'upstream', id, ...sortedTree(tree) };
}

/** Names a channel's content; trees without anything count, so an emptied tree is a change. */
export function channelSnapshot(trees: ReadonlyMap<string, TreeContent>): ChannelSnapshot {
  const names = [...trees.keys()].toSorted(byText);
  const digests = Object.fromEntries(names.map((n) => [n, digestsOf(trees.get(n) ?? emptyTree)]));
  const id = `sha256:${canonicalDigest({ trees: digests })}` as SnapshotId;
  const content = new Map(names.map((n) => [n, sortedTree(trees.get(n) ?? emptyTree)]));
  return { kind: 'channel', id, trees: content };
}
