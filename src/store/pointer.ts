import { dirname, join, relative, resolve } from 'node:path';
import type { GenerationRecord, SnapshotId } from '../model/index.ts';
import { generationDirectory, hexOf, publicPath, type Store, stagingDirectory } from './paths.ts';

export interface PointedAt {
  readonly channel: string;
  readonly number: number;
}

/** The generation that a public name serves; undefined when it serves none (or something that is not ours). */
export async function pointedAt(store: Store, path: string): Promise<PointedAt | undefined> {
  const at = publicPath(store.root, path);
  const target = await store.disk.readLink(at);
  if (target === undefined) return undefined;
  const below = relative(join(store.root, 'generations'), resolve(dirname(at), target));
  const match = /^([^/]+)\/(\d+)$/.exec(below);
  if (!match?.[1] || !match[2] || match[1] === '..') return undefined;
  return { channel: match[1], number: Number(match[2]) };
}

/** Switches a public name to a generation: the one instant at which clients see anything new. */
export async function pointAt(
  store: Store,
  path: string,
  record: Pick<GenerationRecord, 'channel' | 'number'>,
): Promise<void> {
  await pointAtDirectory(
    store,
    path,
    generationDirectory(store.root, record.channel, record.number),
  );
}

/** The same for any folder of the state directory; `path` is below `public/`. */
export async function pointAtDirectory(
  store: Store,
  path: string,
  directory: string,
): Promise<void> {
  const at = publicPath(store.root, path);
  const temporary = join(stagingDirectory(store.root), `pointer-${path.replaceAll('/', '-')}`);
  // A killed run may have left it; the name is only ever used by this one writer.
  await store.disk.remove(temporary);
  await store.disk.symlink(relative(dirname(at), directory), temporary);
  await store.disk.rename(temporary, at);
}

/** Below `public/`: every content keeps an address of its own. */
export const addressPath = (id: SnapshotId): string => `snapshots/${hexOf(id)}`;

/** The first generation that has a content and is not private serves it at its address; one whose files are gone gives it up. */
export async function addressContent(store: Store, record: GenerationRecord): Promise<void> {
  if (record.private) return;
  const path = addressPath(record.content);
  const pointed = await pointedAt(store, path);
  if (pointed !== undefined) {
    const { channel, number } = pointed;
    if (await store.disk.stat(generationDirectory(store.root, channel, number))) return;
  }
  await pointAt(store, path, record);
}
