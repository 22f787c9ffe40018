import { execFile } from 'node:child_process';
import { linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeDirectory, sync } from './directory.ts';
import { diskFault, guarded, hasErrno } from './disk-fault.ts';
import { linkNew } from './staged-file.ts';

interface StagedFile {
  readonly staged: string;
  readonly path: string;
}
type Kept = 'kept' | 'already';

/** From here on it is cheaper to flush the whole file system than file after file. */
const manyFiles = 32;
const turnFiles = 64;

/** `Disk.keepAll`: every byte is on disk before the first name exists, and every name when the promise settles. */
export async function keepAll(files: readonly StagedFile[]): Promise<readonly Kept[]> {
  const [first] = files;
  if (first === undefined) return [];
  if (files.length < manyFiles) return await keepEach(files);
  const flushed = await flushFileSystem(first.staged);
  if (!flushed) return await keepEach(files);
  const outcomes: Kept[] = [];
  for (const file of files) {
    outcomes.push(await guarded({ path: file.path, doing: 'keeping' }, async () => named(file)));
    if (outcomes.length % turnFiles === 0) await setImmediate();
  }
  await flushFileSystem(first.path);
  return outcomes;
}

/** `Disk.linkAll`: what is linked was flushed when it was made, so only the names are. */
export async function linkAll(
  links: readonly { readonly existing: string; readonly path: string }[],
): Promise<void> {
  const [first] = links;
  if (first === undefined) return;
  const isMany = links.length >= manyFiles && (await flushFileSystem(first.existing));
  for (const [n, { existing, path }] of links.entries()) {
    await guarded({ path, doing: 'linking' }, async () => {
      if (!isMany) await makeDirectory(dirname(path));
      else mkdirSync(dirname(path), { recursive: true });
      return isMany ? linked(existing, path) : await linkNew(fs, existing, path);
    });
    if (n % turnFiles === 0) await setImmediate();
  }
  if (isMany) await flushFileSystem(first.path);
}

async function keepEach(files: readonly StagedFile[]): Promise<readonly Kept[]> {
  const outcomes: Kept[] = [];
  for (const { staged, path } of files) {
    const outcome = await guarded({ path, doing: 'keeping' }, async () => {
      await sync(staged, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
      await makeDirectory(dirname(path));
      return await linkNew(fs, staged, path);
    });
    if (outcome === 'kept') await fs.rm(staged, { force: true });
    outcomes.push(outcome);
  }
  return outcomes;
}

/** In a folder that was made just now nothing can be replaced, so a rename does; elsewhere only a link refuses to. */
function named({ staged, path }: StagedFile): Kept {
  if (isNewDirectory(dirname(path))) {
    renameSync(staged, path);
    return 'kept';
  }
  const outcome = linked(staged, path);
  if (outcome === 'kept') rmSync(staged, { force: true });
  return outcome;
}

function linked(existing: string, path: string): Kept {
  try {
    linkSync(existing, path);
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return 'already';
    throw error;
  }
  return 'kept';
}

const isNewDirectory = (path: string): boolean =>
  mkdirSync(path, { recursive: true }) !== undefined;

/**
 * syncfs(2), which Node.js does not offer, through sync(1) of the coreutils; false where there is no such program. Since
 * Linux 5.8 it fails when anything could not be written.
 */
async function flushFileSystem(path: string): Promise<boolean> {
  try {
    await promisify(execFile)('sync', ['--file-system', path], { env: { PATH: process.env.PATH } });
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    const found = Object.assign(new Error('the file system could not be flushed'), { code: 'EIO' });
    throw diskFault(found, { path, doing: 'syncing' });
  }
}
