import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { Digested, Disk, Piece } from '../ports.ts';
import { byteRing, ringBytes } from './byte-ring.ts';
import { bytesOf, type GivenAway, readLists } from './read-lists.ts';

/** Below this a thread costs more than it saves: one that has to be started, a second one for a list, one that is there. */
const threadFromBytes = 64 << 20;
const secondFromBytes = 256 << 20;
const keptFromBytes = 4 << 20;

/** What a thread is started with, and how it knows that it is one. */
const role = 'digest-pieces';
const mostThreads = availableParallelism();

type Lists = readonly (readonly Piece[])[];

/** What a thread is asked for, and answers with. */
type Order =
  | { readonly kind: 'lists'; readonly lists: Lists; readonly given?: GivenAway }
  | { readonly kind: 'hash'; readonly ring: SharedArrayBuffer };
type Answer = readonly Digested[] | string;

/**
 * SHA-256 over lists of pieces that are read side by side. Many bytes are read by a thread of this file, so that the caller
 * goes on, and another hashes the longest list: one alone would be reading, checking and hashing in turn. Whoever holds the
 * function holds its threads.
 */
export function pieceDigester(): Disk['digest'] {
  const threads = digestThreads();
  const digest = async (lists: Lists): Promise<readonly Digested[]> => {
    const sizes = lists.map((pieces) => pieces.reduce((sum, piece) => sum + bytesOf(piece), 0));
    const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
    const from = threads.areThere() ? keptFromBytes : threadFromBytes;
    if (sizeBytes < from) return readLists(lists);
    const largest = Math.max(...sizes);
    return await threads.digest(lists, largest < secondFromBytes ? -1 : sizes.indexOf(largest));
  };
  // One answer for each list, in their order.
  return digest as Disk['digest'];
}

/** Started when they are needed and kept for the next order: starting one takes as long as hashing 60 MB. */
function digestThreads() {
  const idle: Worker[] = [];
  const waiting: ((thread: Worker) => void)[] = [];
  let started = 0;

  function threadNow(): Worker | undefined {
    if (idle.length > 0 || started >= mostThreads) return idle.pop();
    started += 1;
    return newThread();
  }

  const freeThread = async (): Promise<Worker> =>
    threadNow() ?? (await new Promise((resolve) => waiting.push(resolve)));

  function giveBack(thread: Worker): void {
    const next = waiting.shift();
    if (next) next(thread);
    else idle.push(thread);
  }

  /** Threads of a failed order are dead, or wait for one that is; and somebody may be waiting for them. */
  async function having<T>(threads: readonly Worker[], act: () => Promise<T>): Promise<T> {
    try {
      const done = await act();
      for (const thread of threads) giveBack(thread);
      return done;
    } catch (error) {
      for (const thread of threads) {
        await thread.terminate();
        giveBack(newThread());
      }
      throw error;
    }
  }

  return {
    /** None has to be started for an order; it may have to wait for one. */
    areThere: () => idle.length > 0 || started >= mostThreads,
    /** `long`: the list that is worth a second thread, where one is free; none below 0. */
    digest: async (lists: Lists, long: number): Promise<readonly Digested[]> => {
      const thread = await freeThread();
      const second = long < 0 ? undefined : threadNow();
      if (!second) return await having([thread], () => readBy(thread, lists));
      const given = { list: long, ring: byteRing() };
      return await having([thread, second], async () => {
        const [digested, sha256] = await Promise.all([
          readBy(thread, lists, given),
          hashedBy(second, given.ring),
        ]);
        return digested.map((one, n) => (n === long ? { ...one, sha256 } : one));
      });
    },
  };
}

// A thread answers an order in the order's own way.
const readBy = async (thread: Worker, lists: Lists, given?: GivenAway) =>
  (await ordered(thread, { kind: 'lists', lists, ...(given && { given }) })) as readonly Digested[];
const hashedBy = async (thread: Worker, ring: SharedArrayBuffer) =>
  (await ordered(thread, { kind: 'hash', ring })) as string;

function newThread(): Worker {
  const thread = new Worker(new URL(import.meta.url), { workerData: role });
  thread.unref();
  return thread;
}

/** Only while it has something to do does a thread keep the process alive. */
async function ordered(thread: Worker, order: Order): Promise<Answer> {
  thread.ref();
  try {
    return await new Promise((resolve, reject) => {
      const ended = (code: number) => reject(new Error(`a digest thread ended with ${code}`));
      thread.once('error', reject).once('exit', ended);
      thread.once('message', (answer: Answer) => {
        thread.off('error', reject).off('exit', ended);
        resolve(answer);
      });
      thread.postMessage(order);
    });
  } finally {
    thread.unref();
  }
}

function answer(order: Order): Answer {
  if (order.kind === 'lists') return readLists(order.lists, order.given);
  const hash = createHash('sha256');
  for (const bytes of ringBytes(order.ring)) hash.update(bytes);
  return hash.digest('hex');
}

const port = workerData === role ? parentPort : null;
port?.on('message', (order: Order) => port.postMessage(answer(order)));
