import { join } from 'node:path';
import type { Disk } from '../../ports.ts';
import { type FileSum, hasSize, hasSum, readRepositoryManifest } from './repository-manifest.ts';

/** Whether a file has the bytes that are known of it. */
export type IsWhole = (disk: Disk, path: string, sum: FileSum) => Promise<boolean>;

/**
 * Begins to read back the metadata that a repository's repomd.xml files name; who asks for one of these files waits for
 * that, and reads any other. So it is done while its asker still does something else.
 */
export async function beginReadingBack(disk: Disk, directory: string): Promise<IsWhole> {
  const manifest = await readRepositoryManifest(disk, directory);
  const files = Object.entries(manifest?.trees ?? {}).flatMap(([tree, { own }]) =>
    own.map(({ path, sizeBytes }) => ({ path: join(directory, tree, path), sizeBytes })),
  );
  const places = new Map(files.map(({ path }, n) => [path, n]));
  const reading = disk.digest(files.map((file) => [file]));
  // Whoever waits for it is told; it may be that nobody does.
  reading.catch(() => undefined);
  return async (onDisk, path, sum) => {
    const place = places.get(path);
    if (place === undefined) return await hasSum(onDisk, path, sum);
    if (!(await hasSize(onDisk, path, sum))) return false;
    const read = (await reading)[place];
    return read?.damaged.length === 0 && read.sha256 === sum.sha256;
  };
}
