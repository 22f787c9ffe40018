import { createHash, type Hash } from 'node:crypto';
import {
  changedInOrder,
  differenceInOrder,
  digestsOf,
  inOrder,
  isSameList,
  type ListDifference,
} from './listed-digests.ts';
import type { PackageEntry } from './package.ts';
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

/**
 * The one order in which content is digested, stored and published. Lists that are in it stay the same lists; `near`
 * is in it and lets packages that it has be skipped while that is found out.
 */
export function sortedTree(tree: TreeContent, near?: TreeContent): TreeContent {
  return {
    packages: inOrder(tree.packages, { list: near?.packages ?? [], order: byNameThenDigest }),
    advisories: inOrder(tree.advisories, { list: [], order: byIdThenDigest }),
    groups: inOrder(tree.groups, { list: [], order: byKindThenId }),
    modules: inOrder(tree.modules, { list: [], order: byNsvcaThenDigest }),
  };
}

/** Packages in the order in which they stand in a tree. */
export const sortedPackages = (packages: readonly PackageEntry[]): readonly PackageEntry[] =>
  inOrder(packages, { list: [], order: byNameThenDigest });

/** What one list of packages has and another has not; both sorted, so that they are walked through once. */
export const packageDifference = (
  before: readonly PackageEntry[],
  after: readonly PackageEntry[],
): ListDifference<PackageEntry> =>
  differenceInOrder({ list: before, order: byNameThenDigest }, after);

/** A list in the order of a tree with some packages put in and others, which are in it, taken out. */
export function changedPackages(
  packages: readonly PackageEntry[],
  difference: ListDifference<PackageEntry>,
): readonly PackageEntry[] {
  const changed = changedInOrder({ list: packages, order: byNameThenDigest }, difference);
  if (!changed) throw new Error('what is taken out of a list has to stand in it');
  return changed;
}

/** The packages of one name in a tree, whose packages are sorted. */
export function packagesNamed(
  packages: readonly PackageEntry[],
  name: string,
): readonly PackageEntry[] {
  let low = 0;
  let high = packages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((packages[middle]?.name ?? name) < name) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (packages[end]?.name === name) end += 1;
  return packages.slice(low, end);
}

export const byNameThenDigest = (a: PackageEntry, b: PackageEntry): number =>
  byText(a.name, b.name) || byText(a.sha256, b.sha256);
const byIdThenDigest = (a: HeldAdvisory, b: HeldAdvisory): number =>
  byText(a.advisory.id, b.advisory.id) || byText(a.sha256, b.sha256);
const byKindThenId = (a: Group, b: Group): number => byText(a.kind, b.kind) || byText(a.id, b.id);
const byNsvcaThenDigest = (a: Module, b: Module): number =>
  byText(a.nsvca, b.nsvca) || byText(a.sha256, b.sha256);

/**
 * Names a mirrored content; the upstream's name and the time do not enter. `near` is a snapshot that is probably much
 * the same: then only the difference is sorted, and where there is none it is the answer. It changes the cost and never
 * the result.
 */
export function upstreamSnapshot(tree: TreeContent, near?: UpstreamSnapshot): UpstreamSnapshot {
  const content = sortedTree(tree, near);
  if (near && isSameTree(content, near)) return near;
  const hash = createHash('sha256');
  hashTree(hash, content, near);
  return { kind: 'upstream', id: idOf(hash), ...content };
}

/** Names a channel's content; trees without anything count, so an emptied tree is a change. `near` as above. */
export function channelSnapshot(
  trees: ReadonlyMap<string, TreeContent>,
  near?: ChannelSnapshot,
): ChannelSnapshot {
  const names = [...trees.keys()].toSorted(byText);
  const content = new Map(
    names.map((n) => [n, sortedTree(trees.get(n) ?? emptyTree, near?.trees.get(n))]),
  );
  if (near && isSameTrees(content, near.trees)) return near;
  const hash = createHash('sha256').update('{"trees":{');
  let separator = '';
  for (const [name, tree] of content) {
    hash.update(`${separator}${JSON.stringify(name)}:`);
    hashTree(hash, tree, near?.trees.get(name));
    separator = ',';
  }
  return { kind: 'channel', id: idOf(hash.update('}}')), trees: content };
}

function isSameTrees(a: ChannelSnapshot['trees'], b: ChannelSnapshot['trees']): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, tree]) => {
    const other = b.get(name);
    return other !== undefined && isSameTree(tree, other);
  });
}

const isSameTree = (a: TreeContent, b: TreeContent): boolean =>
  isSameList(a.packages, b.packages) &&
  isSameList(a.advisories, b.advisories) &&
  isSameList(a.groups, b.groups) &&
  isSameList(a.modules, b.modules);

const idOf = (hash: Hash): SnapshotId => `sha256:${hash.digest('hex')}` as SnapshotId;

/** The canonical JSON (RFC 8785) of the sorted digests of a tree, as if it were one text. */
function hashTree(hash: Hash, tree: TreeContent, near: TreeContent | undefined): void {
  hash.update('{"advisories":');
  digestsOf(tree.advisories).hashInto(hash);
  hash.update(',"groups":');
  digestsOf(tree.groups).hashInto(hash);
  hash.update(',"modules":');
  digestsOf(tree.modules).hashInto(hash);
  hash.update(',"packages":');
  digestsOf(tree.packages, near && { list: near.packages, order: byNameThenDigest }).hashInto(hash);
  hash.update('}');
}
