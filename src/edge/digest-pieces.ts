import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import type { Digested, FileRange, Piece } from '../ports.ts';

/** Below this a thread costs more than it saves. */
const threadFromBytes = 64 << 20;
const bufferBytes = 1 << 20;

/** What the thread is started with, and how it knows that it is one. */
interface Order {
  readonly digestPieces: readonly Piece[];
}

/** SHA-256 over the pieces; many bytes are read and hashed by a thread of this file, so that the caller goes on. */
export async function digestPieces(pieces: readonly Piece[]): Promise<Digested> {
  const sizeBytes = pieces.reduce((sum, piece) => sum + bytesOf(piece), 0);
  if (sizeBytes < threadFromBytes) return digestHere(pieces);
  const order: Order = { digestPieces: pieces };
  return await new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: order });
    thread.once('message', resolve).once('error', reject);
    thread.once('exit', (code) => reject(new Error(`a digest thread ended with ${code}`)));
  });
}

const bytesOf = (piece: Piece): number =>
  'bytes' in piece ? piece.bytes.byteLength : piece.sizeBytes;

/** Reads synchronously: a thousand small files are read in the time of a hundred asynchronous ones. */
function digestHere(pieces: readonly Piece[]): Digested {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(bufferBytes);
  const damaged: string[] = [];
  let sizeBytes = 0;
  for (const piece of pieces) {
    sizeBytes += bytesOf(piece);
    if ('bytes' in piece) hash.update(piece.bytes);
    else if (!addFile(hash, piece, buffer)) damaged.push(piece.path);
  }
  return { sha256: hash.digest('hex'), sizeBytes, damaged };
}

function addFile(hash: Hash, range: FileRange, buffer: Buffer): boolean {
  const { offset = 0, sizeBytes } = range;
  let sum = 0;
  let done = 0;
  let file: number | undefined;
  try {
    file = openSync(range.path, 'r');
    if (range.offset === undefined && fstatSync(file).size !== sizeBytes) return false;
    while (done < sizeBytes) {
      const wanted = Math.min(bufferBytes, sizeBytes - done);
      const length = readSync(file, buffer, 0, wanted, offset + done);
      if (length === 0) return false;
      const bytes = buffer.subarray(0, length);
      hash.update(bytes);
      if (range.crc32 !== undefined) sum = crc32(bytes, sum);
      done += length;
    }
  } catch {
    // Absent, a folder or unreadable: whatever it is, it is not the file that is wanted.
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return range.crc32 === undefined || sum === range.crc32;
}

function isOrder(value: unknown): value is Order {
  return typeof value === 'object' && value !== null && 'digestPieces' in value;
}

const order: unknown = workerData;
if (parentPort && isOrder(order)) parentPort.postMessage(digestHere(order.digestPieces));
