import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import type { Digested, FileRange, Piece } from '../ports.ts';

/** Below this a thread costs more than it saves: one that has to be started, and one that is there. */
const threadFromBytes = 64 << 20;
const keptFromBytes = 4 << 20;
const bufferBytes = 1 << 20;

/** What a thread is started with, and how it knows that it is one. */
const role = 'digest-pieces';
const mostThreads = availableParallelism();

/**
 * SHA-256 over pieces; many bytes are read and hashed by a thread of this file, so that the caller goes on. Whoever holds
 * the function holds its threads.
 */
export function pieceDigester(): (pieces: readonly Piece[]) => Promise<Digested> {
  const threads = digestThreads();
  return async (pieces) => {
    const sizeBytes = pieces.reduce((sum, piece) => sum + bytesOf(piece), 0);
    const from = threads.areStarted() ? keptFromBytes : threadFromBytes;
    return sizeBytes < from ? digestHere(pieces) : await threads.digest(pieces);
  };
}

/** Started when they are needed and kept for the next order: starting one takes as long as hashing 60 MB. */
function digestThreads() {
  const idle: Worker[] = [];
  const waiting: ((thread: Worker) => void)[] = [];
  let started = 0;

  async function freeThread(): Promise<Worker> {
    const free = idle.pop();
    if (free) return free;
    if (started >= mostThreads) return await new Promise((resolve) => waiting.push(resolve));
    started += 1;
    return newThread();
  }

  function giveBack(thread: Worker): void {
    const next = waiting.shift();
    if (next) next(thread);
    else idle.push(thread);
  }

  return {
    areStarted: () => started > 0,
    digest: async (pieces: readonly Piece[]): Promise<Digested> => {
      const thread = await freeThread();
      try {
        const digested = await ordered(thread, pieces);
        giveBack(thread);
        return digested;
      } catch (error) {
        // It is dead, and somebody may be waiting for it.
        giveBack(newThread());
        throw error;
      }
    },
  };
}

function newThread(): Worker {
  const thread = new Worker(new URL(import.meta.url), { workerData: role });
  thread.unref();
  return thread;
}

/** Only while it has something to do does a thread keep the process alive. */
async function ordered(thread: Worker, pieces: readonly Piece[]): Promise<Digested> {
  thread.ref();
  try {
    return await new Promise((resolve, reject) => {
      const ended = (code: number) => reject(new Error(`a digest thread ended with ${code}`));
      thread.once('error', reject).once('exit', ended);
      thread.once('message', (answer: Digested) => {
        thread.off('error', reject).off('exit', ended);
        resolve(answer);
      });
      thread.postMessage(pieces);
    });
  } finally {
    thread.unref();
  }
}

const bytesOf = (piece: Piece): number =>
  'bytes' in piece ? piece.bytes.byteLength : piece.sizeBytes;

/** Reads synchronously: a thousand small files are read in the time of a hundred asynchronous ones. */
function digestHere(pieces: readonly Piece[]): Digested {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(bufferBytes);
  const damaged: number[] = [];
  let sizeBytes = 0;
  const open = openedOnce();
  try {
    for (const [n, piece] of pieces.entries()) {
      sizeBytes += bytesOf(piece);
      if ('bytes' in piece) hash.update(piece.bytes);
      else if (!addFile(piece, { hash, buffer, open })) damaged.push(n);
    }
  } finally {
    open.close();
  }
  return { sha256: hash.digest('hex'), sizeBytes, damaged };
}

/** The pieces of one file mostly follow each other. */
function openedOnce() {
  let last: { readonly path: string; readonly file: number } | undefined;
  const close = (): void => {
    if (last) closeSync(last.file);
    last = undefined;
  };
  return {
    close,
    file: (path: string): number => {
      if (last?.path !== path) {
        close();
        last = { path, file: openSync(path, 'r') };
      }
      return last.file;
    },
  };
}

interface Reading {
  readonly hash: Hash;
  readonly buffer: Buffer;
  readonly open: ReturnType<typeof openedOnce>;
}

function addFile(range: FileRange, { hash, buffer, open }: Reading): boolean {
  const { path, offset = 0, sizeBytes } = range;
  let sum = 0;
  let done = 0;
  try {
    const file = open.file(path);
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
  }
  return range.crc32 === undefined || sum === range.crc32;
}

const port = workerData === role ? parentPort : null;
port?.on('message', (pieces: readonly Piece[]) => port.postMessage(digestHere(pieces)));
