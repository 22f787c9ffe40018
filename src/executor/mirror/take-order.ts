import type {
  PackageDetail,
  PackageEntry,
  RefusedPackage,
  Sha256,
  Upstream,
} from '../../model/index.ts';
import type { Event, Work } from '../../ports.ts';
import { type Keyring, readKeyring } from '../../rpm/index.ts';
import {
  type ArrivedPackage,
  arrivedPackage,
  type Codec,
  keepArrivedBlock,
} from '../../store/index.ts';
import { downloadPackage, type Examined } from './download-package.ts';
import type { Examining, MirrorJob } from './job.ts';
import type { Excuse } from './judge-package.ts';
import type { OfferedPackage } from './offered-package.ts';
import { watchedFiles } from './transfer-progress.ts';
import { type UpstreamFiles, upstreamFiles } from './upstream-files.ts';

/** By which a thread finds the work of this file. */
export const takeOrderModule = import.meta.url;

/** What is the same for every order of one sync. */
export interface TakeSetup {
  /** The state directory. */
  readonly root: string;
  readonly upstream: Upstream;
  readonly keys: MirrorJob['keys'];
  readonly now: number;
  /** Addresses of the upstream, the one to begin with first. */
  readonly addresses: readonly string[];
  /** Packages that are under way together. */
  readonly atOnce: number;
  /** How the metadata of whole blocks is compressed at once. */
  readonly codecs: readonly Codec[];
}

export interface TakeOrder {
  readonly packages: readonly OfferedPackage[];
  /** They are all the packages of this block, in its order. */
  readonly block?: Sha256;
}

export type TakeNews =
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'event'; readonly event: Event }
  | {
      readonly kind: 'staged';
      readonly path: string;
      readonly entry: PackageEntry;
      readonly excused: readonly Excuse[];
    }
  | { readonly kind: 'refused'; readonly refused: RefusedPackage };

/**
 * Takes the packages of one order: each is fetched, examined and staged in one pass. Headers are read on the way, and
 * what metadata and the closure check need of a whole block is derived at once, so that nobody reads them again.
 */
export const work: Work<TakeSetup, TakeOrder, TakeNews> = async (
  ports,
  { setup, order, signal, tell },
) => {
  const { root, upstream, now, addresses, atOnce, codecs } = setup;
  const store = { disk: ports.disk, root };
  const keyring = await keyringOf(setup);
  const examining: Examining = { ports, store, upstream, keyring, now };
  const stop = new AbortController();
  const log = { emit: (event: Event) => tell({ kind: 'event', event }) };
  const plain = upstreamFiles({ fetch: ports.fetch, log }, upstream, {
    addresses,
    signal: AbortSignal.any([stop.signal, signal]),
  });
  const { watched, flush } = watchedFiles(plain, (bytes) => tell({ kind: 'bytes', bytes }));
  const arrivals = arrivalsOf(order);
  const queue = order.packages.values();
  const lane = async (): Promise<void> => {
    for (const offered of queue) {
      signal.throwIfAborted();
      if (stop.signal.aborted) return;
      const { detail, ...news } = await one(examining, watched, offered);
      tell(news);
      if (news.kind === 'staged') arrivals.add(news.entry, detail);
    }
  };
  const lanes = Array.from({ length: atOnce }, () => lane().catch((error) => stop.abort(error)));
  await Promise.all(lanes);
  if (stop.signal.aborted) throw stop.signal.reason;
  flush();
  await arrivals.keep(store, codecs);
};

type OneNews = Extract<TakeNews, { readonly kind: 'staged' | 'refused' }>;

async function one(
  examining: Examining,
  files: UpstreamFiles,
  offered: OfferedPackage,
): Promise<OneNews & { readonly detail: PackageDetail }> {
  const { stagedPath, detail, ...examined } = await downloadPackage(examining, files, offered);
  if (examined.judgement.kind === 'refused') {
    return { kind: 'refused', refused: refusedOf({ ...examined, detail }), detail };
  }
  const { entry, judgement } = examined;
  return { kind: 'staged', path: stagedPath, entry, excused: judgement.excused, detail };
}

/** A package that may not enter, as it is remembered. */
export function refusedOf({ entry, judgement }: Examined): RefusedPackage {
  if (judgement.kind !== 'refused') throw new Error('an accepted package was refused');
  const { sha256, name, epoch, version, release, arch } = entry;
  const nevra = { name, epoch, version, release, arch };
  return { nevra, sha256, fault: judgement.fault.toJSON() };
}

/** What is derived of the packages of a block, until all are there; nothing of packages that make no block. */
function arrivalsOf({ packages, block: key }: TakeOrder) {
  const arrived = new Map<Sha256, ArrivedPackage>();
  const entries = new Map<Sha256, PackageEntry>();
  return {
    add: (entry: PackageEntry, detail: PackageDetail): void => {
      if (key === undefined) return;
      entries.set(entry.sha256, entry);
      arrived.set(entry.sha256, arrivedPackage(detail));
    },
    keep: async (store: Examining['store'], codecs: readonly Codec[]): Promise<void> => {
      if (key === undefined || arrived.size < packages.length) return;
      const block = { key, packages: packages.flatMap((p) => entries.get(p.sha256) ?? []) };
      await keepArrivedBlock(store, block, { packages: arrived, codecs });
    },
  };
}

/** Keys of one sync are read once in each thread. */
const keyrings = new WeakMap<TakeSetup, Promise<Keyring>>();

function keyringOf(setup: TakeSetup): Promise<Keyring> {
  const keyring = keyrings.get(setup) ?? readKeyring(setup.keys);
  keyrings.set(setup, keyring);
  return keyring;
}
