import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { guarded } from '../disk-fault.ts';

/**
 * Files beside git's own: what the operating system refuses is a fault that names the file. None is fsynced, because
 * all of them can be made again. `mode` is of the folder itself: those on the way may be read, as others put files there.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  await guarded({ path, doing: 'making the folder' }, async () => {
    await fs.mkdir(dirname(path), { recursive: true });
    await fs.mkdir(path, { recursive: true, mode });
  });
}

/** Folders on the way are made. */
export async function writeText(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const sizeBytes = Buffer.byteLength(text);
  await guarded({ path, doing: 'writing', sizeBytes }, () => fs.writeFile(path, text));
}

/** With all that is in it; nothing there is fine. */
export async function removeAll(path: string): Promise<void> {
  await guarded({ path, doing: 'removing' }, () => fs.rm(path, { recursive: true, force: true }));
}

export async function renameTo(from: string, to: string): Promise<void> {
  await guarded({ path: to, doing: 'renaming' }, () => fs.rename(from, to));
}
