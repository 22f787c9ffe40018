import { lstatSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { diskFault, hasErrno } from './disk-fault.ts';

/** After so many bytes or files others have their turn. */
const turnBytes = 1 << 20;
const turnFiles = 512;

/** Synchronous calls: asking one after the other through the thread pool takes ten times as long for small files. */
export async function* readEach(
  paths: Iterable<string>,
): AsyncGenerator<Uint8Array | undefined, void, undefined> {
  let sinceTurn = 0;
  for (const path of paths) {
    const bytes = readNow(path);
    sinceTurn += bytes?.length ?? 0;
    if (sinceTurn > turnBytes) {
      sinceTurn = 0;
      await setImmediate();
    }
    yield bytes;
  }
}

function readNow(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw diskFault(error, { path, doing: 'reading' });
  }
}

export async function sizes(paths: Iterable<string>): Promise<readonly (number | undefined)[]> {
  const found: (number | undefined)[] = [];
  for (const path of paths) {
    found.push(sizeNow(path));
    if (found.length % turnFiles === 0) await setImmediate();
  }
  return found;
}

function sizeNow(path: string): number | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? found.size : undefined;
  } catch (error) {
    if (hasErrno(error, 'ENOTDIR')) return undefined;
    throw diskFault(error, { path, doing: 'looking at' });
  }
}
