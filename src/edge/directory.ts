import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { guarded } from './disk-fault.ts';

/** Makes a folder and its parents, on disk when the promise settles. */
export async function makeDirectory(path: string): Promise<void> {
  await guarded({ path, doing: 'making the folder' }, async () => {
    const first = await fs.mkdir(path, { recursive: true });
    if (first === undefined) return;
    // Every level that is new has a new entry in its parent.
    for (let at = path; at.length >= first.length; at = dirname(at)) {
      await syncDirectory(dirname(at));
    }
  });
}

/** Puts the names in a folder on disk; an fsync of the file alone does not. */
export async function syncDirectory(path: string): Promise<void> {
  await sync(path, constants.O_RDONLY | constants.O_DIRECTORY);
}

/** Opens, fsyncs and closes. */
export async function sync(path: string, flags: number): Promise<void> {
  const handle = await fs.open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
