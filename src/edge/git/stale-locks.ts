import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { removeAll } from './own-files.ts';

/** git holds a lock for milliseconds; one that is this old belongs to a process that was killed. */
const staleSeconds = 5;

/** Removes what killed processes left; a lock that is in use is waited for. */
export async function removeStaleLocks(directory: string): Promise<void> {
  for (;;) {
    const locks = await locksIn(directory);
    if (locks.length === 0) return;
    for (const { path, ageSeconds } of locks) {
      if (ageSeconds >= staleSeconds || ageSeconds < 0) await removeAll(path);
    }
    if (locks.some(({ ageSeconds }) => ageSeconds < staleSeconds)) await setTimeout(100);
  }
}

async function locksIn(directory: string) {
  const top = await readdir(directory).catch(() => []);
  const refs = await readdir(join(directory, 'refs'), { recursive: true }).catch(() => []);
  const names = [...top, ...refs.map((name) => join('refs', name))];
  const paths = names.filter((name) => name.endsWith('.lock')).map((name) => join(directory, name));
  const found = await Promise.all(
    paths.map(async (path) => {
      const seen = await stat(path).catch(() => undefined);
      return seen === undefined ? [] : [{ path, ageSeconds: (Date.now() - seen.mtimeMs) / 1000 }];
    }),
  );
  return found.flat();
}
