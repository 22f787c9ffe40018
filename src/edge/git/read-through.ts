import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeText } from './own-files.ts';

/** Bytes may rot in a file that nobody writes, so what was read is read again after a day. */
const longestSeconds = 86_400;

/** Within the repository, which git does not mind. */
const markName = 'read-through';

/** Every object was read and found right lately, and each of their files is the one that it was then. */
export async function wasReadThrough(directory: string): Promise<boolean> {
  const mark = await readFile(join(directory, markName), 'utf8').catch(() => '');
  const [seconds, files] = mark.trim().split(' ');
  const age = Date.now() / 1000 - Number(seconds);
  return age >= 0 && age < longestSeconds && files === objectFiles(directory);
}

export async function markReadThrough(directory: string): Promise<void> {
  const seconds = Math.floor(Date.now() / 1000);
  await writeText(join(directory, markName), `${seconds} ${objectFiles(directory)}\n`);
}

/** Digest of the files that objects lie in: any that came, went or was written makes another one. */
function objectFiles(directory: string): string {
  const objects = join(directory, 'objects');
  const hash = createHash('sha256');
  for (const name of readdirSync(objects, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const { ino, size, mtimeMs, ctimeMs } = lstatSync(join(objects, name));
    hash.update(`${name} ${ino} ${size} ${mtimeMs} ${ctimeMs}\n`);
  }
  return hash.digest('hex');
}
