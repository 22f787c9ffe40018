import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CorpusPackage, corpusPackage } from './package-file.ts';
import type { Identity } from './package-identity.ts';

/** Writes packages 0 up to `count` below `Packages/`; the same bytes on every machine. Returns how many bytes. */
export async function writeCorpus(repository: string, count: number): Promise<number> {
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    bytes += (await writeOne(repository, corpusPackage(index, 1))).bytes.length;
  }
  return bytes;
}

/** Replaces packages by their next revision, and tells what is new. */
export async function updatePackages(
  repository: string,
  indexes: readonly number[],
): Promise<readonly CorpusPackage[]> {
  const updated: CorpusPackage[] = [];
  for (const index of indexes) {
    await removeOne(repository, corpusPackage(index, 1));
    updated.push(await writeOne(repository, corpusPackage(index, 2)));
  }
  return updated;
}

/** Undoes `updatePackages`. */
export async function restorePackages(
  repository: string,
  indexes: readonly number[],
): Promise<void> {
  for (const index of indexes) {
    await removeOne(repository, corpusPackage(index, 2));
    await writeOne(repository, corpusPackage(index, 1));
  }
}

export function packagePathIn(repository: string, { identity, fileName }: CorpusPackage): string {
  return join(folderOf(repository, identity), fileName);
}

async function writeOne(repository: string, one: CorpusPackage): Promise<CorpusPackage> {
  await mkdir(folderOf(repository, one.identity), { recursive: true });
  await writeFile(packagePathIn(repository, one), one.bytes);
  return one;
}

async function removeOne(repository: string, one: CorpusPackage): Promise<void> {
  await rm(packagePathIn(repository, one), { force: true });
}

const folderOf = (repository: string, { name }: Identity): string =>
  join(repository, 'Packages', name.charAt(0));
