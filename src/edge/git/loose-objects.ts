import { hash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

/** An object of git's, whose bytes have the name that was asked for. */
export interface LooseObject {
  readonly type: string;
  readonly body: Buffer;
}

/** No loose object of this name, or one that git had better look at. */
class NotLoose extends Error {}

const mostBytes = 16 * 1024 * 1024;

/**
 * Reads one of git's loose objects (gitrepository-layout(5)) without a process of git's, which takes longer to start than a
 * whole policy to read. `directories`: of the repository and of those that it borrows objects from. Throws what only
 * `ifLoose` catches where it lies in a pack, is damaged or is anything that policy is not.
 */
export function looseObject(directories: readonly string[], oid: string): LooseObject {
  for (const directory of directories) {
    const packed = fileIn(directory, oid);
    if (packed !== undefined) return opened(packed, oid);
  }
  throw new NotLoose(oid);
}

/** What `read` finds in loose objects; undefined as soon as one of them is none: then git has to be asked. */
export function ifLoose<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotLoose) return undefined;
    throw error;
  }
}

/** For readers of objects: this one is not plain enough to be read here. */
export function leaveToGit(what: string): never {
  throw new NotLoose(what);
}

export function looseOf(directories: readonly string[], oid: string, type: string): Buffer {
  const found = looseObject(directories, oid);
  return found.type === type ? found.body : leaveToGit(oid);
}

function fileIn(directory: string, oid: string): Buffer | undefined {
  if (!/^[0-9a-f]{40}$/.test(oid)) return leaveToGit(oid);
  const path = join(directory, 'objects', oid.slice(0, 2), oid.slice(2));
  const flag = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return readFileSync(path, { flag });
  } catch {
    return undefined;
  }
}

/** The zlib stream, `type size NUL`, the bytes; and the SHA-1 of the latter three is the name. */
function opened(packed: Buffer, oid: string): LooseObject {
  const raw = inflated(packed);
  const end = raw.indexOf(0);
  const head = /^(blob|tree|commit|tag) (\d{1,9})$/.exec(
    raw.toString('latin1', 0, Math.max(end, 0)),
  );
  const isWhole = head !== null && raw.length - end - 1 === Number(head[2]);
  if (!isWhole || hash('sha1', raw, 'hex') !== oid) return leaveToGit(oid);
  return { type: head[1] ?? '', body: raw.subarray(end + 1) };
}

function inflated(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: mostBytes });
  } catch {
    return leaveToGit('what is no zlib stream, or a long one');
  }
}
