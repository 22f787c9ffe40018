import { createHash } from 'node:crypto';
import type { Sha256 } from '../model/index.ts';

/** Marks of names (`nameMark`) and where each was found; a mark may stand at several places. */
export interface Marks {
  readonly marks: Uint32Array;
  /** Beside each mark. What a place means is up to whoever keeps them. */
  readonly places: Uint16Array;
}

/** Raised when the same packages would give other marks. Read on a machine of another byte order it is another number. */
const format = 1;
const digestBytes = 32;
const keyBytes = 32;
const headBytes = digestBytes + 12;

/** SHA-256 over the rest, format, numbers of keys and of marks, the keys, the marks, their places; machine byte order. */
export function marksBytes({ marks, places }: Marks, keys: readonly string[] = []): Uint8Array {
  const sizeBytes = headBytes + keys.length * keyBytes + marks.length * 6;
  const bytes = new Uint8Array(sizeBytes);
  new Uint32Array(bytes.buffer, digestBytes, 3).set([format, keys.length, marks.length]);
  bytes.set(Buffer.from(keys.join(''), 'hex'), headBytes);
  const marksAt = headBytes + keys.length * keyBytes;
  new Uint32Array(bytes.buffer, marksAt, marks.length).set(marks);
  new Uint16Array(bytes.buffer, marksAt + marks.length * 4, places.length).set(places);
  bytes.set(digest(bytes.subarray(digestBytes)));
  return bytes;
}

/** undefined when the bytes are not whole and up to date. */
export function readMarks(
  given: Uint8Array | undefined,
): { readonly keys: readonly Sha256[]; readonly found: Marks } | undefined {
  if (given === undefined || given.length < headBytes) return undefined;
  // A copy of its own: the views below need its alignment, and stay.
  const bytes = Uint8Array.from(given);
  if (digest(bytes.subarray(digestBytes)).compare(bytes, 0, digestBytes) !== 0) return undefined;
  const [kept, keyCount = 0, count = 0] = new Uint32Array(bytes.buffer, digestBytes, 3);
  if (kept !== format) return undefined;
  const marksAt = headBytes + keyCount * keyBytes;
  const hex = Buffer.from(bytes.buffer, headBytes, keyCount * keyBytes).toString('hex');
  return {
    keys: Array.from({ length: keyCount }, (_, n) => hex.slice(n * 64, n * 64 + 64) as Sha256),
    found: {
      marks: new Uint32Array(bytes.buffer, marksAt, count),
      places: new Uint16Array(bytes.buffer, marksAt + count * 4, count),
    },
  };
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** A set of marks that is asked for millions of them: nearly all are told apart by one bit. */
export function markFilter(wanted: Iterable<number>): (mark: number) => boolean {
  const set = new Set(wanted);
  const bits = new Uint32Array(2048);
  for (const mark of set) {
    const at = mark >>> 21;
    bits[at] = (bits[at] ?? 0) | (1 << ((mark >>> 16) & 31));
  }
  return (mark) => ((bits[mark >>> 21] ?? 0) & (1 << ((mark >>> 16) & 31))) !== 0 && set.has(mark);
}
