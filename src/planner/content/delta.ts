import {
  type ChannelDelta,
  type ChannelSnapshot,
  canonicalDigest,
  emptyTree,
  type PackageChange,
  type PackageEntry,
  packageDifference,
  packagesNamed,
  type Sha256,
  type TreeContent,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';

/**
 * What becoming `after` means for a channel that is `before`; undefined before = it serves nothing. The packages of
 * both are sorted as those of a snapshot are.
 */
export function deltaOf(
  channel: string,
  before: Pick<ChannelSnapshot, 'trees'> | undefined,
  after: Pick<ChannelSnapshot, 'trees'>,
): ChannelDelta {
  const names = new Set([...(before?.trees.keys() ?? []), ...after.trees.keys()]);
  const trees: Record<string, ChannelDelta['trees'][string]> = {};
  const changes: PackageChange[] = [];
  let downloadBytes = 0;
  for (const tree of [...names].toSorted()) {
    const old = before?.trees.get(tree) ?? emptyTree;
    const now = after.trees.get(tree) ?? emptyTree;
    if (old === now) continue;
    const packages = packageDifference(old.packages, now.packages);
    const delta = treeDelta(old, now, packages);
    if (Object.values(delta).some((list) => list.length > 0)) trees[tree] = delta;
    changes.push(...changesOf(tree, { old, now, ...packages }));
    downloadBytes += packages.added.reduce((sum, p) => sum + p.sizeBytes, 0);
  }
  return { channel, trees, changes, downloadBytes };
}

/** The digest that a review is bound to: digests per tree, nothing that depends on how they are shown. */
export function deltaDigestOf(delta: ChannelDelta): Sha256 {
  return canonicalDigest({ channel: delta.channel, trees: delta.trees });
}

export function isEmptyDelta(delta: ChannelDelta): boolean {
  return Object.keys(delta.trees).length === 0;
}

interface Difference<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
}

export function difference<T extends { readonly sha256: Sha256 }>(
  before: readonly T[],
  after: readonly T[],
): Difference<T> {
  if (before === after) return { added: [], removed: [] };
  const old = new Set(before.map((x) => x.sha256));
  const now = new Set(after.map((x) => x.sha256));
  return {
    added: after.filter((x) => !old.has(x.sha256)),
    removed: before.filter((x) => !now.has(x.sha256)),
  };
}

function treeDelta(old: TreeContent, now: TreeContent, packages: Difference<PackageEntry>) {
  const advisories = difference(old.advisories, now.advisories);
  const modules = difference(old.modules, now.modules);
  return {
    added: digests(packages.added),
    removed: digests(packages.removed),
    advisoriesAdded: digests(advisories.added),
    advisoriesRemoved: digests(advisories.removed),
    modulesAdded: digests(modules.added),
    modulesRemoved: digests(modules.removed),
  };
}

const digests = (list: readonly { readonly sha256: Sha256 }[]): readonly Sha256[] =>
  list.map((x) => x.sha256).toSorted();

interface Row {
  from?: PackageEntry;
  to?: PackageEntry;
  added?: PackageEntry;
}

/** One row per name and arch whose newest version changes, and for what is added below the newest. */
function changesOf(
  tree: string,
  at: { readonly old: TreeContent; readonly now: TreeContent } & Difference<PackageEntry>,
): readonly PackageChange[] {
  const rows = new Map<string, Row>();
  for (const p of at.removed) rows.set(nameArch(p), {});
  for (const p of at.added) rows.set(nameArch(p), {});
  const note = (field: keyof Row, list: readonly PackageEntry[]) => {
    for (const p of list) {
      const row = rows.get(nameArch(p));
      const best = row?.[field];
      if (row && (!best || compareEvr(p, best) > 0)) row[field] = p;
    }
  };
  for (const name of new Set([...at.removed, ...at.added].map((p) => p.name))) {
    note('from', packagesNamed(at.old.packages, name));
    note('to', packagesNamed(at.now.packages, name));
  }
  note('added', at.added);
  return [...rows.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, row]) => changeOf(tree, row));
}

function changeOf(tree: string, { from, to, added }: Row): readonly PackageChange[] {
  const after = to && to.sha256 === from?.sha256 ? added : to;
  const p = after ?? from;
  // An old version that only makes room changes nothing for a client.
  if (!p || (to && !after)) return [];
  return [
    {
      ...{ tree, name: p.name, arch: p.arch },
      ...(from ? { from: evrText(from) } : {}),
      ...(after ? { to: evrText(after) } : {}),
    },
  ];
}

export const nameArch = (p: PackageEntry): string => `${p.name}.${p.arch}`;

export function evrText(p: PackageEntry): string {
  const epoch = p.epoch === 0 ? '' : `${p.epoch}:`;
  return `${epoch}${p.version}-${p.release}`;
}
