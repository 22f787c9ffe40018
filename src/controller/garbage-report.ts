import { join } from 'node:path';
import type { SnapshotId } from '../model/index.ts';
import {
  blockDirectory,
  manifestPath,
  objectPath,
  packagesDirectory,
  publicPath,
  type Store,
} from '../store/index.ts';
import { type GarbageJudgement, type GarbageKind, garbage } from './garbage.ts';
import { type GarbageRules, garbageWorld } from './garbage-look.ts';
import type { Installation } from './installation.ts';

/** A judgement with what it is worth. Files that generations share are counted in each. */
export interface GarbageItem extends GarbageJudgement {
  readonly sizeBytes: number;
}

/** Judges everything in the state directory and changes nothing. */
export async function garbageReport(
  c: Installation,
  rules: GarbageRules,
): Promise<readonly GarbageItem[]> {
  const items: GarbageItem[] = [];
  for (const judgement of garbage(await garbageWorld(c, rules))) {
    items.push({ ...judgement, sizeBytes: await sizeOf(c.store, placeOf(c.store, judgement)) });
  }
  return items;
}

const places: Readonly<Record<GarbageKind, (root: string, name: string) => string>> = {
  trial: (root, name) => join(root, 'trials', name),
  address: (root, name) => publicPath(root, `snapshots/${name}`),
  generation: (root, name) => join(root, 'generations', name),
  snapshot: (root, name) => manifestPath(root, name as SnapshotId),
  object: (root, name) => objectPath(root, name),
  block: (root, name) => blockDirectory(root, name),
  package: (root, name) => join(packagesDirectory(root), name.slice(0, 2), name),
};

export const placeOf = ({ root }: Store, { kind, name }: GarbageJudgement): string =>
  places[kind](root, name);

async function sizeOf(store: Store, path: string): Promise<number> {
  const found = await store.disk.stat(path);
  if (found?.kind !== 'directory') return found?.kind === 'file' ? found.sizeBytes : 0;
  let sizeBytes = 0;
  for (const name of await store.disk.list(path)) {
    sizeBytes += await sizeOf(store, join(path, name));
  }
  return sizeBytes;
}
