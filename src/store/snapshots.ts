import { basename, dirname } from 'node:path';
import {
  canonicalJson,
  channelSnapshot,
  digestOf,
  Fault,
  type PackageEntry,
  type Sha256,
  type SnapshotId,
  type TreeContent,
  upstreamSnapshot,
} from '../model/index.ts';
import {
  heldAdvisory,
  knowObjects,
  type ObjectContents,
  objectsOf,
  type Snapshot,
  type SnapshotManifest,
  type SnapshotObject,
  type TreeManifest,
  takeApart,
  treesOf,
} from './manifest.ts';
import { missingPackages } from './packages.ts';
import {
  hexOf,
  manifestFile,
  manifestPath,
  objectFile,
  objectPath,
  type Store,
  stagingDirectory,
} from './paths.ts';

/** Reads snapshots and keeps the last ones it read: their equal blocks are one list in memory. */
export interface SnapshotReader {
  /** undefined when it is not held here; throws `SnapshotDamaged` when it is and does not have its digest. */
  read(id: SnapshotId): Promise<Snapshot | undefined>;
}

/** Each write waits for the disk twice, and several wait as long as one. */
const writesAtOnce = 16;

/** Stores a snapshot: objects first, manifest last; what is known already is not written again. */
export async function writeSnapshot(store: Store, snapshot: Snapshot): Promise<void> {
  // Written last, so whatever it names is there.
  if (await store.disk.stat(manifestPath(store.root, snapshot.id))) return;
  const { manifest, objects } = takeApart(snapshot);
  const missing = await missingObjects(store, objects);
  for (let at = 0; at < missing.length; at += writesAtOnce) {
    const some = missing.slice(at, at + writesAtOnce);
    await Promise.all(
      some.map((o) => writeOnce(store, objectPath(store.root, o.digest), o.text())),
    );
  }
  await writeOnce(store, manifestPath(store.root, snapshot.id), canonicalJson(manifest));
}

/** Looks into each folder once: a snapshot of a distribution has thousands of objects, nearly all of them there. */
async function missingObjects(
  store: Store,
  objects: readonly SnapshotObject[],
): Promise<readonly SnapshotObject[]> {
  const byFolder = Map.groupBy(objects, (o) => dirname(objectPath(store.root, o.digest)));
  const missing: SnapshotObject[] = [];
  await Promise.all(
    [...byFolder].map(async ([folder, list]) => {
      const present = new Set(await store.disk.list(folder));
      missing.push(...list.filter((o) => !present.has(basename(objectPath(store.root, o.digest)))));
    }),
  );
  return missing;
}

async function writeOnce(store: Store, path: string, text: string): Promise<void> {
  if (await store.disk.stat(path)) return;
  const staged = await store.disk.stage(stagingDirectory(store.root));
  await staged.write(Buffer.from(text));
  await staged.keep(path);
}

export async function readSnapshot(store: Store, id: SnapshotId): Promise<Snapshot | undefined> {
  return await snapshotReader(store).read(id);
}

interface Kept {
  readonly snapshot: Snapshot;
  readonly objects: ReadonlySet<Sha256>;
}

/** A controller runs for months and must not hold every content that it ever published. */
export interface KeptLimits {
  readonly snapshots: number;
  /** In all of them together; each costs a pointer, since neighbours share what it points to. */
  readonly packages: number;
}

const keptLimits: KeptLimits = { snapshots: 500, packages: 5_000_000 };

/** The cache lives as long as the reader that the caller holds. */
export function snapshotReader(store: Store, limits = keptLimits): SnapshotReader {
  const objects = new Map<Sha256, object>();
  const kept = new Map<SnapshotId, Kept>();
  let packages = 0;
  return {
    read: async (id) => {
      const known = kept.get(id) ?? (await readKept(store, id, { objects, kept }));
      if (!known) return undefined;
      // The one that was read last stands last.
      packages += kept.delete(id) ? 0 : sizeOf(known);
      kept.set(id, known);
      while (kept.size > 1 && (kept.size > limits.snapshots || packages > limits.packages)) {
        packages -= forgetFirst(kept, objects);
      }
      return known.snapshot;
    },
  };
}

async function readKept(
  store: Store,
  id: SnapshotId,
  known: {
    readonly objects: Map<Sha256, object>;
    readonly kept: ReadonlyMap<SnapshotId, Kept>;
  },
): Promise<Kept | undefined> {
  const manifest = await readManifest(store, id);
  if (!manifest) return undefined;
  const objects = new Set(objectsOf(manifest));
  const read: ReadObjects = (digests) => readObjects(store, digests, known.objects);
  const near = nearest(objects, manifest.kind, known.kept.values());
  const snapshot = await putTogether(manifest, read, near);
  if (snapshot.id !== id) throw damaged(id, `its content has the digest ${snapshot.id}`);
  knowObjects(manifest, (digest) => known.objects.get(digest));
  return { snapshot, objects };
}

const samples = 16;

/** The kept snapshot that has most of some of the objects: most of its content is probably the same. */
function nearest(
  objects: ReadonlySet<Sha256>,
  kind: Snapshot['kind'],
  kept: Iterable<Kept>,
): Snapshot | undefined {
  const step = Math.max(1, Math.floor(objects.size / samples));
  const sample = [...objects].filter((_, at) => at % step === 0);
  let best: { readonly snapshot: Snapshot; readonly shared: number } | undefined;
  for (const { snapshot, objects: others } of kept) {
    const shared = sample.filter((o) => others.has(o)).length;
    if (snapshot.kind === kind && shared > (best?.shared ?? 0)) best = { snapshot, shared };
  }
  return best?.snapshot;
}

const sizeOf = ({ snapshot }: Kept): number =>
  [...treesOf(snapshot).values()].reduce((sum, tree) => sum + tree.packages.length, 0);

/** Tells how many packages it had. */
function forgetFirst(kept: Map<SnapshotId, Kept>, objects: Map<Sha256, object>): number {
  const [first] = kept;
  if (first === undefined) return 0;
  const [id, forgotten] = first;
  kept.delete(id);
  const left = [...kept.values()];
  for (const digest of forgotten.objects) {
    if (!left.some((k) => k.objects.has(digest))) objects.delete(digest);
  }
  return sizeOf(forgotten);
}

async function readManifest(store: Store, id: SnapshotId): Promise<SnapshotManifest | undefined> {
  const bytes = await store.disk.read(manifestPath(store.root, id));
  return bytes && parseManifest(id, Buffer.from(bytes).toString());
}

function parseManifest(id: SnapshotId, text: string): SnapshotManifest {
  try {
    // The digest of the content, which is checked once it is put together, vouches for the shape.
    const manifest = JSON.parse(text) as SnapshotManifest;
    if (manifest.v === 1 && manifest.id === id) return manifest;
  } catch {}
  throw damaged(id, 'its manifest is not readable');
}

/** Files one after the other: a snapshot of a distribution has thousands of small objects. */
async function readObjects(
  store: Store,
  digests: readonly Sha256[],
  cache: Map<Sha256, object>,
): Promise<readonly object[]> {
  const missing = digests.filter((digest) => !cache.has(digest));
  let at = 0;
  for await (const bytes of store.disk.readEach(missing.map((d) => objectPath(store.root, d)))) {
    const digest = missing[at];
    if (digest) cache.set(digest, JSON.parse(checkedText(digest, bytes)) as object);
    at += 1;
  }
  return digests.map((digest) => cache.get(digest)).filter((value) => value !== undefined);
}

async function objectText(store: Store, digest: Sha256): Promise<string> {
  return checkedText(digest, await store.disk.read(objectPath(store.root, digest)));
}

function checkedText(digest: Sha256, bytes: Uint8Array | undefined): string {
  if (bytes === undefined) throw damaged(digest, 'the object is missing');
  if (digestOf(bytes) !== digest) throw damaged(digest, 'the object has other bytes');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** In the order of the digests; each has been checked against its own. */
type ReadObjects = (digests: readonly Sha256[]) => Promise<readonly object[]>;

async function putTogether(
  manifest: SnapshotManifest,
  read: ReadObjects,
  near?: Snapshot,
): Promise<Snapshot> {
  const trees = new Map<string, TreeContent>();
  for (const [name, tree] of Object.entries(manifest.trees)) {
    trees.set(name, await readTree(tree, read));
  }
  if (manifest.kind === 'channel') {
    return channelSnapshot(trees, near?.kind === 'channel' ? near : undefined);
  }
  const only = trees.get('');
  if (!only) throw damaged(manifest.id, 'its manifest names no tree');
  return upstreamSnapshot(only, near?.kind === 'upstream' ? near : undefined);
}

async function readTree(tree: TreeManifest, read: ReadObjects): Promise<TreeContent> {
  // Objects were written by `takeApart`, so they have the shape of their list.
  const get = async <K extends keyof ObjectContents>(list: K) =>
    (await read(tree[list])) as readonly ObjectContents[K][];
  const advisories = await get('advisories');
  return {
    packages: (await get('blocks')).flat(),
    advisories: tree.advisories.flatMap((digest, i) => {
      const advisory = advisories[i];
      return advisory ? [heldAdvisory(digest, advisory)] : [];
    }),
    groups: await get('groups'),
    modules: await get('modules'),
  };
}

/** The files that the generation log keeps of a snapshot: those of its objects that it lacks, then its manifest. */
export async function* snapshotFiles(
  store: Store,
  id: SnapshotId,
  present: ReadonlySet<string> = new Set(),
): AsyncIterable<{ readonly path: string; readonly text: string }> {
  const manifest = await readManifest(store, id);
  if (!manifest) throw damaged(id, 'it is not held here');
  for (const digest of objectsOf(manifest)) {
    const path = objectFile(digest);
    if (!present.has(path)) yield { path, text: await objectText(store, digest) };
  }
  yield { path: manifestFile(id), text: canonicalJson(manifest) };
}

/** Rebuilds a snapshot from the files of the generation log; throws `SnapshotDamaged` when they are not all there. */
export async function restoreSnapshot(
  store: Store,
  readText: (path: string) => Promise<string | undefined>,
  id: SnapshotId,
): Promise<Snapshot> {
  const text = await readText(manifestFile(id));
  if (text === undefined) throw damaged(id, 'the generation log does not have it');
  const read = async (digest: Sha256): Promise<object> => {
    const object = await readText(objectFile(digest));
    if (object === undefined || digestOf(object) !== digest) {
      throw damaged(digest, 'the generation log lacks the object or has other bytes');
    }
    return JSON.parse(object) as object;
  };
  const readAll: ReadObjects = async (digests) => {
    const values: object[] = [];
    for (const digest of digests) values.push(await read(digest));
    return values;
  };
  const snapshot = await putTogether(parseManifest(id, text), readAll);
  if (snapshot.id !== id) throw damaged(id, `its content has the digest ${snapshot.id}`);
  await writeSnapshot(store, snapshot);
  return snapshot;
}

/** Packages of a snapshot whose bytes are not here. */
export async function* missingBytes(store: Store, snapshot: Snapshot): AsyncIterable<PackageEntry> {
  for (const tree of treesOf(snapshot).values()) yield* await missingPackages(store, tree.packages);
}

function damaged(object: string, found: string): Fault {
  const name = object.startsWith('sha256:') ? `snapshot ${hexOf(object as SnapshotId)}` : object;
  return new Fault('SnapshotDamaged', {
    object: name,
    check: 'digest of a stored snapshot',
    found,
    fix: 'Restore <state>/snapshots from a backup, or remove the damaged file and run `sluice reconcile --sync`.',
  });
}
