import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { decompressor } from '../../src/edge/decompress.ts';
import { realDisk } from '../../src/edge/disk.ts';
import { type FetchOptions, realFetch } from '../../src/edge/fetch/index.ts';
import { threads } from '../../src/edge/threads.ts';
import type { Mirrored, MirrorJob } from '../../src/executor/mirror/job.ts';
import { mirrorUpstream } from '../../src/executor/mirror/mirror-upstream.ts';
import type { Fault, Upstream } from '../../src/model/index.ts';
import type { Event, Fetch } from '../../src/ports.ts';
import { readSnapshot, type Store, verifyPackageBytes } from '../../src/store/index.ts';
import { type Behaviour, notFound } from './bad-server.ts';
import { faultOf } from './fault-of.ts';
import { type Gpg, type GpgKey, keyFile, makeGpg } from './gpg.ts';
import { treeDigest } from './tree-digest.ts';
import {
  buildPackages,
  makeUpstream,
  type PackageRecipe,
  type UpstreamRecipe,
} from './upstream.ts';

/** A state directory, vendors with real keys and packages, and syncs between them. */
export interface MirrorWorld {
  readonly root: string;
  readonly state: string;
  readonly store: Store;
  readonly gpg: Gpg;
  readonly vendor: GpgKey;
  readonly events: Event[];
  /** Addresses that were read, in order. */
  readonly read: string[];
  /** Builds packages and signs them with the vendor's key, or as told. */
  packages(recipes: readonly PackageRecipe[], key?: GpgKey | 'unsigned'): readonly string[];
  /** A repository in `<root>/<name>`, signed by the vendor unless told otherwise. */
  repository(name: string, recipe: Omit<UpstreamRecipe, 'directory'>): string;
  sync(job: SyncRecipe): Promise<Mirrored>;
  /** A sync that must be refused; the state directory is the same bytes afterwards. */
  refused(job: SyncRecipe): Promise<Fault>;
  dispose(): void;
}

export interface SyncRecipe extends Omit<Partial<MirrorJob>, 'upstream'> {
  readonly url: string;
  readonly upstream?: Partial<Upstream>;
  /** The last sync, to go on from. */
  readonly after?: Mirrored;
  readonly now?: number;
}

const quick: FetchOptions = {
  connectSeconds: 2,
  firstByteSeconds: 1,
  idleSeconds: 0.4,
  totalSeconds: 5,
  rateWindowSeconds: 0.3,
  attempts: 2,
  retryDelaySeconds: 0.01,
};

export function mirrorWorld(): MirrorWorld {
  const root = mkdtempSync(join(tmpdir(), 'sluice-mirror-'));
  const state = join(root, 'state');
  const gpg = makeGpg();
  const vendor = gpg.makeKey('vendor');
  const store: Store = { disk: realDisk(), root: state };
  const events: Event[] = [];
  const read: string[] = [];
  const fetch = watched(realFetch(quick), read);
  let builds = 0;
  const sync = async (recipe: SyncRecipe): Promise<Mirrored> => {
    const now = recipe.now ?? Math.floor(Date.now() / 1000);
    const clock = { now: () => now };
    const log = { emit: (event: Event) => void events.push(event) };
    const ports = {
      ...{ disk: store.disk, fetch, decompress: decompressor() },
      ...{ threads: threads(quick), clock, log },
    };
    return await mirrorUpstream(ports, store, jobOf(recipe, vendor));
  };
  return {
    root,
    state,
    store,
    gpg,
    vendor,
    events,
    read,
    packages(recipes, key = vendor) {
      builds += 1;
      const paths = buildPackages(join(root, `pool-${builds}`), recipes);
      if (key !== 'unsigned') key.signPackages(paths);
      return paths;
    },
    repository: (name, recipe) =>
      makeUpstream({ key: vendor, ...recipe, directory: join(root, name) }),
    sync,
    async refused(recipe) {
      const before = await treeDigest(state);
      const fault = await faultOf(() => sync(recipe));
      expect(await treeDigest(state)).toBe(before);
      expect(readdirSync(join(state, 'staging'))).toEqual([]);
      if (recipe.after !== undefined) await isWhole(store, recipe.after);
      return fault;
    },
    dispose() {
      gpg.dispose();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The snapshot reads back equal and every one of its packages has its digest. */
export async function isWhole(store: Store, { snapshot }: Mirrored): Promise<void> {
  expect(await readSnapshot(store, snapshot.id)).toEqual(snapshot);
  for (const entry of snapshot.packages) await verifyPackageBytes(store, entry);
}

function jobOf({ url, after, now: _, ...job }: SyncRecipe, vendor: GpgKey): MirrorJob {
  const upstream: Upstream = {
    name: 'vendor',
    url,
    tree: 'x86_64',
    keys: ['keys/vendor.asc'],
    require: { metadataSignature: true, packageSignatures: true },
    exceptions: [],
    include: [],
    exclude: [],
    verifyTags: {},
    limits: { maxPackageBytes: 1 << 30 },
    at: { file: 'upstreams/vendor.yaml', line: 1, col: 1 },
    ...job.upstream,
  };
  const history =
    after === undefined
      ? {}
      : { previous: after.taken, previousSnapshot: after.snapshot, floor: after.taken.floor };
  return { keys: [keyFile(vendor)], ...history, ...job, upstream };
}

function watched(fetch: Fetch, read: string[]): Fetch {
  return {
    open(url, limits) {
      read.push(url);
      return fetch.open(url, limits);
    },
  };
}

/** Answers from a directory, but for the paths that `instead` answers. */
export function serving(
  directory: () => string,
  instead: (path: string, nth: number) => Behaviour | undefined = () => undefined,
): (path: string, nth: number) => Promise<Behaviour> {
  return async (path, nth) =>
    instead(path, nth) ??
    (await readFile(join(directory(), decodeURIComponent(path))).then(
      (body): Behaviour => ({ kind: 'file', body }),
      () => notFound,
    ));
}
