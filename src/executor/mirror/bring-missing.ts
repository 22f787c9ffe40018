import type { PackageEntry, RefusedPackage } from '../../model/index.ts';
import { keepPackages, type StagedPackage, type Store } from '../../store/index.ts';
import type { Sync } from './job.ts';
import type { Excuse } from './judge-package.ts';
import type { OfferedPackage } from './offered-package.ts';
import { type TakeNews, type TakeSetup, takeOrderModule, work } from './take-order.ts';
import { takeOrders } from './take-orders.ts';
import type { TakenPackages } from './take-packages.ts';
import { transferProgress } from './transfer-progress.ts';

/** From here on threads are worth their start. */
const manyPackages = 128;
/** Packages that are under way together, and of them in one thread. */
const atOnce = { here: 8, inThread: 4 };

/**
 * Downloads packages and puts them into the store, block by block. The first thing that goes wrong ends every transfer;
 * what was complete until then is kept, and held by its digest.
 */
export async function bringMissing(
  sync: Sync,
  {
    addresses,
    wanted,
    missing,
  }: {
    readonly addresses: readonly string[];
    readonly wanted: readonly OfferedPackage[];
    readonly missing: readonly OfferedPackage[];
  },
): Promise<TakenPackages> {
  const { ports, store, upstream, job, now } = sync;
  const isMany = missing.length >= manyPackages;
  const { keys, codecs = [] } = job;
  const lanes = isMany ? atOnce.inThread : atOnce.here;
  const setup: TakeSetup = {
    ...{ root: store.root, upstream, keys, now, addresses, codecs },
    atOnce: lanes,
  };
  const orders = takeOrders(wanted, missing);
  const progress = transferProgress(sync, missing);
  const arrivals = arrivalsInto(sync, progress.count);
  try {
    if (isMany) {
      await ports.threads.run({ module: takeOrderModule, setup, orders, told: arrivals.hear });
    } else {
      const { signal } = new AbortController();
      for (const order of orders) await work(ports, { setup, order, signal, tell: arrivals.hear });
    }
  } finally {
    await arrivals.keepRest();
  }
  progress.end();
  return arrivals.taken;
}

/** So much is flushed to the disk together, and lost at most when everything ends abruptly. */
const batch = { packages: 2048, bytes: 256 << 20 };

/** What becomes of the news: packages enter the store a batch at a time, while others are still on their way. */
function arrivalsInto({ ports, store }: Sync, count: (bytes: number) => void) {
  const entries: PackageEntry[] = [];
  const refused: RefusedPackage[] = [];
  const excused: Excuse[] = [];
  const warned = new Set<string>();
  const batches = batchesInto(store);
  return {
    taken: { entries, refused, excused },
    keepRest: batches.end,
    hear: (news: TakeNews): void => {
      if (news.kind === 'bytes') count(news.bytes);
      else if (news.kind === 'refused') refused.push(news.refused);
      else if (news.kind === 'staged') {
        batches.add(news);
        entries.push(news.entry);
        excused.push(...news.excused);
      } else if (news.event.kind !== 'warning') ports.log.emit(news.event);
      else if (!warned.has(news.event.text)) {
        // Several threads may meet the same trouble.
        warned.add(news.event.text);
        ports.log.emit(news.event);
      }
    },
  };
}

function batchesInto(store: Store) {
  let waiting: StagedPackage[] = [];
  let waitingBytes = 0;
  let failed: { readonly error: unknown } | undefined;
  let keeping = Promise.resolve();
  const keep = (): void => {
    const staged = waiting;
    waiting = [];
    waitingBytes = 0;
    keeping = keeping.then(async () => {
      if (failed !== undefined) return await discard(store, staged);
      await keepPackages(store, staged).catch((error: unknown) => {
        failed = { error };
      });
    });
  };
  return {
    /** Throws when an earlier one could not be kept. */
    add: ({ path, entry }: StagedPackage): void => {
      waiting.push({ path, entry });
      waitingBytes += entry.sizeBytes;
      if (waiting.length >= batch.packages || waitingBytes >= batch.bytes) keep();
      if (failed !== undefined) throw failed.error;
    },
    end: async (): Promise<void> => {
      keep();
      await keeping;
      if (failed !== undefined) throw failed.error;
    },
  };
}

async function discard(store: Store, staged: readonly StagedPackage[]): Promise<void> {
  for (const { path } of staged) await store.disk.remove(path);
}
