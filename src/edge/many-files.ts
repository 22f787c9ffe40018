import { closeSync, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { diskFault, hasErrno } from './disk-fault.ts';

/** After so many bytes or files others have their turn. */
const turnBytes = 1 << 20;
const turnFiles = 512;

/**
 * Synchronous calls: asking one after the other through the thread pool takes ten times as long for small files. All are
 * read into one memory, as thousands of buffers keep the garbage collector busier than reading does.
 */
export async function* readEach(
  paths: Iterable<string>,
): AsyncGenerator<Uint8Array | undefined, void, undefined> {
  let memory: Buffer = Buffer.allocUnsafe(turnBytes);
  let sinceTurn = 0;
  for (const path of paths) {
    const read = readInto(path, memory);
    if (read) memory = read.memory;
    sinceTurn += read?.sizeBytes ?? 0;
    if (sinceTurn > turnBytes) {
      sinceTurn = 0;
      await setImmediate();
    }
    yield read && memory.subarray(0, read.sizeBytes);
  }
}

/** Reads a whole file into the memory, or into a larger one where it does not fit. */
function readInto(path: string, memory: Buffer) {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const sizeBytes = fstatSync(file).size;
    const room = sizeBytes > memory.length ? Buffer.allocUnsafe(sizeBytes) : memory;
    let done = 0;
    for (let length = 1; length > 0 && done < sizeBytes; done += length) {
      length = readSync(file, room, done, sizeBytes - done, null);
    }
    return { memory: room, sizeBytes: done };
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw diskFault(error, { path, doing: 'reading' });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Sizes of regular files; undefined for what is absent or something else. */
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
