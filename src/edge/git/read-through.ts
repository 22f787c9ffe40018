import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeText } from './own-files.ts';

/** Bytes may rot in a file that nobody writes, so what was read is read again after a day. */
const longestSeconds = 86_400;

/** Within the repository, which git does not mind. */
const markName = 'read-through';

/** Every object was read and found right lately, and each of their files is the one that it was then. */
export async function wasReadThrough(directory: string): Promise<boolean> {
  return (await timeOfMark(directory, objectFiles(directory))) !== undefined;
}

export async function markReadThrough(directory: string): Promise<void> {
  await mark(directory, Math.floor(Date.now() / 1000), objectFiles(directory));
}

/**
 * The mark outlasts `work`, in which git adds objects that it has checked: every file from before is still the one that
 * was read, and is read again when it would have been.
 */
export async function staysReadThrough<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const before = objectFiles(directory);
  const seconds = await timeOfMark(directory, before);
  const result = await work();
  const after = new Set(objectFiles(directory));
  if (seconds !== undefined && before.every((file) => after.has(file))) {
    await mark(directory, seconds, [...after]);
  }
  return result;
}

async function mark(directory: string, seconds: number, files: readonly string[]): Promise<void> {
  await writeText(join(directory, markName), `${seconds} ${digestOf(files)}\n`);
}

/** When these files were read; undefined where they were not, or too long ago. */
async function timeOfMark(
  directory: string,
  files: readonly string[],
): Promise<number | undefined> {
  const text = await readFile(join(directory, markName), 'utf8').catch(() => '');
  const [seconds, digest] = text.trim().split(' ');
  const age = Date.now() / 1000 - Number(seconds);
  const holds = age >= 0 && age < longestSeconds && digest === digestOf(files);
  return holds ? Number(seconds) : undefined;
}

/** The files that objects lie in: any that came, went or was written makes another list. Empty where there are none. */
function objectFiles(directory: string): readonly string[] {
  const objects = join(directory, 'objects');
  if (!existsSync(objects)) return [];
  return readdirSync(objects, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name, parentPath }) => {
      const path = join(parentPath, name);
      const seen = lstatSync(path, { throwIfNoEntry: false });
      const { ino, size, mtimeMs, ctimeMs } = seen ?? {};
      return `${path.slice(objects.length)} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    })
    .toSorted();
}

const digestOf = (files: readonly string[]): string =>
  createHash('sha256').update(files.join('\n')).digest('hex');
