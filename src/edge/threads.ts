import { availableParallelism } from 'node:os';
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import { Fault, type FaultReport } from '../model/index.ts';
import type { Threads, Work } from '../ports.ts';
import { realDisk } from './disk.ts';
import { type FetchOptions, realFetch } from './fetch/index.ts';
import { waitingCalls } from './file-calls.ts';

/** What a thread is started with, and how this file knows that it is one. */
interface Start {
  readonly workModule: string;
  readonly setup: unknown;
  readonly fetch: FetchOptions;
}

type Asked = { readonly kind: 'order'; readonly order: unknown } | { readonly kind: 'stop' };
type Said =
  | { readonly kind: 'news'; readonly news: readonly unknown[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'fault'; readonly fault: FaultReport }
  | { readonly kind: 'error'; readonly error: unknown };

const mostThreads = 8;

/** Threads of this file; each has a disk and upstreams of its own, whose calls make it alone wait. */
export function threads(fetch: FetchOptions = {}): Threads {
  return {
    run: async ({ module, setup, orders, told }) => {
      const start: Start = { workModule: module, setup, fetch };
      const queue = orders.values();
      const count = Math.min(availableParallelism(), mostThreads, orders.length);
      const running: Worker[] = Array.from(
        { length: count },
        () => new Worker(new URL(import.meta.url), { workerData: start }),
      );
      let failed: { readonly error: unknown } | undefined;
      const stop = (error: unknown): void => {
        if (failed !== undefined) return;
        failed = { error };
        for (const thread of running) thread.postMessage({ kind: 'stop' } satisfies Asked);
      };
      const all = running.map(async (thread) => {
        for (const order of queue) {
          if (failed !== undefined) break;
          try {
            // The shape of news is the work's own affair.
            await ordered(thread, order, (news) => told(news as Parameters<typeof told>[0]));
          } catch (error) {
            stop(error);
          }
        }
        await thread.terminate();
      });
      await Promise.all(all);
      if (failed !== undefined) throw failed.error;
    },
  };
}

/** Has one thread do one order. */
async function ordered(
  thread: Worker,
  order: unknown,
  told: (news: unknown) => void,
): Promise<void> {
  let heard: (said: Said) => void = () => undefined;
  let died: (error: unknown) => void = () => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const hear = (news: readonly unknown[]): void => {
        try {
          for (const one of news) told(one);
        } catch (error) {
          reject(error);
        }
      };
      heard = (said) => {
        if (said.kind === 'done') resolve();
        else if (said.kind === 'fault') reject(new Fault(said.fault.code, said.fault));
        else if (said.kind === 'error') reject(said.error);
        else hear(said.news);
      };
      died = (error) =>
        reject(error instanceof Error ? error : new Error(`a thread ended with ${error}`));
      thread.on('message', heard).on('error', died).on('exit', died);
      thread.postMessage({ kind: 'order', order } satisfies Asked);
    });
  } finally {
    thread.off('message', heard).off('error', died).off('exit', died);
  }
}

/** The other side: does what it is asked, one order after the other. */
async function obey(port: MessagePort, { workModule, setup, fetch }: Start): Promise<void> {
  const ports = { disk: realDisk(waitingCalls), fetch: realFetch(fetch, waitingCalls) };
  const stop = new AbortController();
  const say = (said: Said): void => port.postMessage(said);
  const news = gatheredNews((list) => say({ kind: 'news', news: list }));
  const loaded = import(workModule) as Promise<{ work: Work<unknown, unknown, unknown> }>;
  port.on('message', async (asked: Asked) => {
    if (asked.kind === 'stop') return stop.abort(new Error('another order failed'));
    try {
      const { work } = await loaded;
      const { order } = asked;
      await work(ports, {
        ...{ setup, order, signal: stop.signal },
        tell: news.tell,
      });
      news.flush();
      say({ kind: 'done' });
    } catch (error) {
      news.flush();
      say(
        error instanceof Fault
          ? { kind: 'fault', fault: error.toJSON() }
          : { kind: 'error', error },
      );
    }
  });
}

/** A message for each piece of news would cost more than most of them are worth. */
const newsAtOnce = 64;

function gatheredNews(send: (news: readonly unknown[]) => void) {
  let waiting: unknown[] = [];
  const flush = (): void => {
    if (waiting.length > 0) send(waiting);
    waiting = [];
  };
  return {
    flush,
    tell: (news: unknown): void => {
      waiting.push(news);
      if (waiting.length >= newsAtOnce) flush();
    },
  };
}

function isStart(value: unknown): value is Start {
  return typeof value === 'object' && value !== null && 'workModule' in value;
}

const start: unknown = workerData;
if (parentPort && isStart(start)) await obey(parentPort, start);
