import { join } from 'node:path';
import type { Sha256, SnapshotId } from '../model/index.ts';
import { groupBlocks } from './block-groups.ts';
import { type Block, cutBlocks } from './blocks.ts';
import { objectsOf, type SnapshotManifest, treesOf } from './manifest.ts';
import { manifestPath, type Store } from './paths.ts';
import { readSnapshot } from './snapshots.ts';

/** What one stored snapshot reaches. */
export interface SnapshotReach {
  readonly packages: readonly Sha256[];
  readonly advisories: readonly Sha256[];
  readonly objects: readonly Sha256[];
  /** Keys of what is derived from its packages: of blocks, and of groups of them. */
  readonly blocks: readonly Sha256[];
}

/** Every snapshot in the state directory, one after the other; throws `SnapshotDamaged` for a damaged one. */
export async function heldSnapshots(store: Store): Promise<ReadonlyMap<SnapshotId, SnapshotReach>> {
  const held = new Map<SnapshotId, SnapshotReach>();
  for (const name of await store.disk.list(join(store.root, 'snapshots'))) {
    if (!/^[0-9a-f]{64}\.json$/.test(name)) continue;
    const id = `sha256:${name.slice(0, 64)}` as SnapshotId;
    const snapshot = await readSnapshot(store, id);
    const text = await store.disk.read(manifestPath(store.root, id));
    if (!snapshot || !text) continue;
    const trees = [...treesOf(snapshot).values()];
    held.set(id, {
      packages: trees.flatMap((t) => t.packages.map((p) => p.sha256)),
      advisories: trees.flatMap((t) => t.advisories.map((a) => a.sha256)),
      // Its content was read by it a moment ago and has the right digest.
      objects: objectsOf(JSON.parse(Buffer.from(text).toString()) as SnapshotManifest),
      blocks: trees.flatMap((t) => keysOf(cutBlocks(t.packages))),
    });
  }
  return held;
}

const keysOf = (blocks: readonly Block[]): readonly Sha256[] =>
  [...blocks, ...groupBlocks(blocks)].map((one) => one.key);
