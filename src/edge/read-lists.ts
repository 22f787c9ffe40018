import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Digested, FileRange, Piece } from '../ports.ts';
import { type RingWriter, ringWriter } from './byte-ring.ts';

/** What is read at a time: it stays in the processor's cache until it is hashed. */
const bufferBytes = 512 << 10;

export const bytesOf = (piece: Piece): number =>
  'bytes' in piece ? piece.bytes.byteLength : piece.sizeBytes;

/** The bytes of this list are hashed by another thread, which reads them from the ring. */
export interface GivenAway {
  readonly list: number;
  readonly ring: SharedArrayBuffer;
}

/**
 * Reads and digests lists of pieces side by side: first pieces first, so that a file in which several lists have their
 * pieces is opened once. Reads synchronously: a thousand small files are read in the time of a hundred asynchronous ones.
 * The digest of what is given away is left empty.
 */
export function readLists(
  lists: readonly (readonly Piece[])[],
  given?: GivenAway,
): readonly Digested[] {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  const files = openFiles(lists.length);
  const states = lists.map((pieces, n) => ({
    pieces,
    damaged: [] as number[],
    target: given?.list === n ? away(given.ring) : hashing(buffer),
  }));
  try {
    const longest = Math.max(...lists.map((pieces) => pieces.length));
    for (let n = 0; n < longest; n += 1) {
      for (const { pieces, damaged, target } of states) {
        const piece = pieces[n];
        if (piece && !read(piece, target, files)) damaged.push(n);
      }
    }
  } finally {
    files.close();
  }
  return states.map(({ pieces, damaged, target }) => ({
    sha256: target.end(),
    sizeBytes: pieces.reduce((sum, piece) => sum + bytesOf(piece), 0),
    damaged,
  }));
}

/** Where the bytes of a list go, by way of a memory that they are read into. */
interface Target extends Pick<RingWriter, 'room' | 'give'> {
  end(): string;
}

function hashing(buffer: Buffer): Target {
  const hash = createHash('sha256');
  return {
    room: () => buffer,
    give: (length) => hash.update(buffer.subarray(0, length)),
    end: () => hash.digest('hex'),
  };
}

function away(ring: SharedArrayBuffer): Target {
  const writer = ringWriter(ring);
  const end = (): string => {
    writer.end();
    return '';
  };
  return { ...writer, end };
}

function read(piece: Piece, target: Target, files: ReturnType<typeof openFiles>): boolean {
  if (!('bytes' in piece)) return readRange(piece, target, files);
  const bytes = Buffer.from(piece.bytes);
  for (let done = 0; done < bytes.length; ) {
    const length = bytes.copy(target.room(), 0, done);
    target.give(length);
    done += length;
  }
  return true;
}

function readRange(range: FileRange, target: Target, files: ReturnType<typeof openFiles>): boolean {
  const { path, offset = 0, sizeBytes } = range;
  let sum = 0;
  let done = 0;
  try {
    const file = files.file(path);
    if (range.offset === undefined && fstatSync(file).size !== sizeBytes) return false;
    while (done < sizeBytes) {
      const room = target.room();
      const wanted = Math.min(room.length, sizeBytes - done);
      const length = readSync(file, room, 0, wanted, offset + done);
      if (length === 0) return false;
      if (range.crc32 !== undefined) sum = crc32(room.subarray(0, length), sum);
      target.give(length);
      done += length;
    }
  } catch {
    // Absent, a folder or unreadable: whatever it is, it is not the file that is wanted.
    return false;
  }
  return range.crc32 === undefined || sum === range.crc32;
}

/** The last few files stay open: pieces of one file mostly follow each other. */
function openFiles(most: number) {
  const open = new Map<string, number>();
  const closeFirst = (): void => {
    const [[path, file] = []] = open;
    if (path === undefined || file === undefined) return;
    open.delete(path);
    closeSync(file);
  };
  return {
    file: (path: string): number => {
      const known = open.get(path);
      if (known !== undefined) return known;
      const file = openSync(path, 'r');
      open.set(path, file);
      if (open.size > most) closeFirst();
      return file;
    },
    close: (): void => {
      while (open.size > 0) closeFirst();
    },
  };
}
