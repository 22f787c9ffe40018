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
import { keepWhole } from './whole-manifests.ts';

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
  const text = canonicalJson(manifest);
  await writeOnce(store, manifestPath(store.root, snapshot.id), text);
  await keepWhole(store, snapshot.id, text);
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

/**
 * Works every digest out again. undefined when it is not held here; throws `SnapshotDamaged` when it is and does not have
 * its digest.
 */
export async function readSnapshot(store: Store, id: SnapshotId): Promise<Snapshot | undefined> {
  const text = await manifestText(store, id);
  if (text === undefined) return undefined;
  const objects = new Map<Sha256, object>();
  return await putTogether(parseManifest(id, text), (digests) =>
    readObjects(store, digests, objects),
  );
}

/** The manifest as it lies on disk; nothing of it was looked at. */
export async function manifestText(store: Store, id: SnapshotId): Promise<string | undefined> {
  const bytes = await store.disk.read(manifestPath(store.root, id));
  return bytes && Buffer.from(bytes).toString();
}

export function parseManifest(id: SnapshotId, text: string): SnapshotManifest {
  try {
    // What the manifest is compared with next vouches for the shape: the digest of the content, or of its text.
    const manifest = JSON.parse(text) as SnapshotManifest;
    if (manifest.v === 1 && manifest.id === id) return manifest;
  } catch {}
  throw damaged(id, 'its manifest is not readable');
}

/** Files one after the other: a snapshot of a distribution has thousands of small objects. */
export async function readObjects(
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
export type ReadObjects = (digests: readonly Sha256[]) => Promise<readonly object[]>;

/** The snapshot of a manifest, which has to have the digest that the manifest is called by. */
export async function putTogether(
  manifest: SnapshotManifest,
  read: ReadObjects,
): Promise<Snapshot> {
  const trees = await readTrees(manifest, read);
  const snapshot =
    manifest.kind === 'channel'
      ? channelSnapshot(trees)
      : upstreamSnapshot(onlyTree(manifest, trees));
  if (snapshot.id === manifest.id) return snapshot;
  throw damaged(manifest.id, `its content has the digest ${snapshot.id}`);
}

/** The same of a manifest of which somebody knows that it has its digest: the lists are in order as they are. */
export async function takenAsWhole(
  manifest: SnapshotManifest,
  read: ReadObjects,
): Promise<Snapshot> {
  const trees = await readTrees(manifest, read);
  return manifest.kind === 'channel'
    ? { kind: 'channel', id: manifest.id, trees }
    : { kind: 'upstream', id: manifest.id, ...onlyTree(manifest, trees) };
}

function onlyTree({ id }: SnapshotManifest, trees: ReadonlyMap<string, TreeContent>): TreeContent {
  const only = trees.get('');
  if (!only) throw damaged(id, 'its manifest names no tree');
  return only;
}

async function readTrees(
  manifest: SnapshotManifest,
  read: ReadObjects,
): Promise<ReadonlyMap<string, TreeContent>> {
  const trees = new Map<string, TreeContent>();
  for (const [name, tree] of Object.entries(manifest.trees)) {
    trees.set(name, await readTree(tree, read));
  }
  return trees;
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
  const text = await manifestText(store, id);
  if (text === undefined) throw damaged(id, 'it is not held here');
  const manifest = parseManifest(id, text);
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
