import type { PackageEntry, Sha256, SnapshotId } from '../model/index.ts';
import type { ObjectContents, SnapshotManifest, TreeManifest } from './manifest.ts';
import type { Store } from './paths.ts';
import { manifestText, parseManifest, readObjects } from './snapshots.ts';
import { isKnownWhole } from './whole-manifests.ts';

/** What one stored content has and another has not. */
export interface StoredDifference {
  /** Names of the trees of the later one, in its order. */
  readonly trees: readonly string[];
  readonly added: readonly PackageEntry[];
  readonly removed: readonly PackageEntry[];
}

/**
 * Compares two stored contents by their lists of objects and reads only those that one of them lacks. undefined where a
 * list is not held here, or nobody has compared it with its digest yet. Throws `SnapshotDamaged`.
 */
export async function storedDifference(
  store: Store,
  before: SnapshotId,
  after: SnapshotId,
): Promise<StoredDifference | undefined> {
  const [old, now] = [await wholeManifest(store, before), await wholeManifest(store, after)];
  if (!old || !now) return undefined;
  const added: PackageEntry[] = [];
  const removed: PackageEntry[] = [];
  for (const name of new Set([...Object.keys(old.trees), ...Object.keys(now.trees)])) {
    const [was, is] = [blocksOf(old.trees[name]), blocksOf(now.trees[name])];
    const gone = await packagesIn(store, was.difference(is));
    const come = await packagesIn(store, is.difference(was));
    added.push(...lackingIn(gone, come));
    removed.push(...lackingIn(come, gone));
  }
  return { trees: Object.keys(now.trees), added, removed };
}

async function wholeManifest(store: Store, id: SnapshotId): Promise<SnapshotManifest | undefined> {
  const text = await manifestText(store, id);
  const isWhole = text !== undefined && (await isKnownWhole(store, id, text));
  return isWhole ? parseManifest(id, text) : undefined;
}

const blocksOf = (tree: TreeManifest | undefined): ReadonlySet<Sha256> => new Set(tree?.blocks);

async function packagesIn(
  store: Store,
  blocks: ReadonlySet<Sha256>,
): Promise<readonly PackageEntry[]> {
  const lists = await readObjects(store, [...blocks], new Map());
  // The manifest names them as blocks, and each has its digest.
  return (lists as readonly ObjectContents['blocks'][]).flat();
}

function lackingIn(
  others: readonly PackageEntry[],
  packages: readonly PackageEntry[],
): readonly PackageEntry[] {
  const known = new Set(others.map((p) => p.sha256));
  return packages.filter((p) => !known.has(p.sha256));
}
