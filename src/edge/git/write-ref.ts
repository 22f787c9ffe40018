import { constants, existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeAll } from './own-files.ts';
import type { PolicyPlace } from './policy-place.ts';

/**
 * Moves a ref of one of our own bare repositories as git does: a lock beside it, flushed, renamed over it. Where that
 * does not work (another git holds the lock, a folder is in the way, the disk is full), git is asked, which says why.
 */
export async function writeRef(
  place: PolicyPlace,
  directory: string,
  { ref, value }: { readonly ref: string; readonly value: string },
): Promise<void> {
  if (await wasRenamed(join(directory, ref), `${value}\n`)) return;
  await place.git({ directory, args: ['update-ref', ref, value] });
}

/** The ref is gone; nothing there is fine. */
export async function removeRef(place: PolicyPlace, directory: string, ref: string): Promise<void> {
  // What is packed would come to light again.
  if (existsSync(join(directory, 'packed-refs'))) {
    await place.git({ directory, args: ['update-ref', '-d', ref] });
  } else await removeAll(join(directory, ref));
}

async function wasRenamed(path: string, text: string): Promise<boolean> {
  const lock = `${path}.lock`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(lock, flags, 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
      await rename(lock, path);
      return true;
    } catch {
      await rm(lock, { force: true });
      return false;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
