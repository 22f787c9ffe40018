import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { corpusPackage } from './package-file.ts';
import type { Identity } from './package-identity.ts';

/** Writes packages 0 up to `count` below `Packages/`; the same bytes on every machine. Returns how many bytes. */
export async function writeCorpus(repository: string, count: number): Promise<number> {
  let bytes = 0;
  for (let index = 0; index < count; index += 1) bytes += await writeOne(repository, index, 1);
  return bytes;
}

/** Replaces packages by their next revision, and tells what is new. */
export async function updatePackages(
  repository: string,
  indexes: readonly number[],
): Promise<readonly Identity[]> {
  for (const index of indexes) {
    await removeOne(repository, index, 1);
    await writeOne(repository, index, 2);
  }
  return indexes.map((index) => corpusPackage(index, 2).identity);
}

/** Undoes `updatePackages`. */
export async function restorePackages(
  repository: string,
  indexes: readonly number[],
): Promise<void> {
  for (const index of indexes) {
    await removeOne(repository, index, 2);
    await writeOne(repository, index, 1);
  }
}

async function writeOne(repository: string, index: number, revision: number): Promise<number> {
  const { identity, fileName, bytes } = corpusPackage(index, revision);
  const folder = folderOf(repository, identity);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, fileName), bytes);
  return bytes.length;
}

async function removeOne(repository: string, index: number, revision: number): Promise<void> {
  const { identity, fileName } = corpusPackage(index, revision);
  await rm(join(folderOf(repository, identity), fileName), { force: true });
}

const folderOf = (repository: string, { name }: Identity): string =>
  join(repository, 'Packages', name.charAt(0));
