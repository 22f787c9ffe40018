import { Fault, type Sha256, type SnapshotId } from '../model/index.ts';
import { knowObjects, objectsOf, type Snapshot, treesOf } from './manifest.ts';
import type { Store } from './paths.ts';
import {
  manifestText,
  parseManifest,
  putTogether,
  type ReadObjects,
  readObjects,
  takenAsWhole,
} from './snapshots.ts';
import { isKnownWhole, keepWhole } from './whole-manifests.ts';

/** Reads snapshots and keeps the last ones it read: their equal blocks are one list in memory. */
export interface SnapshotReader {
  /** undefined when it is not held here; throws `SnapshotDamaged` when it is and does not have its digest. */
  read(id: SnapshotId): Promise<Snapshot | undefined>;
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

/** The cache lives as long as the reader that the caller holds. Several may ask at once: what they share is read once. */
export function snapshotReader(store: Store, limits = keptLimits): SnapshotReader {
  const objects = new Map<Sha256, object>();
  const kept = new Map<SnapshotId, Kept>();
  let packages = 0;
  let last: Promise<unknown> = Promise.resolve();
  const read = async (id: SnapshotId) => {
    const known = kept.get(id) ?? (await readKept(store, id, objects));
    if (!known) return undefined;
    // The one that was read last stands last.
    packages += kept.delete(id) ? 0 : sizeOf(known);
    kept.set(id, known);
    while (kept.size > 1 && (kept.size > limits.snapshots || packages > limits.packages)) {
      packages -= forgetFirst(kept, objects);
    }
    return known.snapshot;
  };
  return {
    read: (id) => {
      const reading = last.then(() => read(id));
      last = reading.catch(() => undefined);
      return reading;
    },
  };
}

async function readKept(
  store: Store,
  id: SnapshotId,
  cache: Map<Sha256, object>,
): Promise<Kept | undefined> {
  const text = await manifestText(store, id);
  if (text === undefined) return undefined;
  const manifest = parseManifest(id, text);
  const read: ReadObjects = (digests) => readObjects(store, digests, cache);
  const isWhole = await isKnownWhole(store, id, text);
  const snapshot = await (isWhole ? takenAsWhole : putTogether)(manifest, read);
  if (!isWhole) await keepWhole(store, id, text).catch(slowerNextTime);
  knowObjects(manifest, (digest) => cache.get(digest));
  return { snapshot, objects: new Set(objectsOf(manifest)) };
}

/** Who only reads may not be allowed to write. */
function slowerNextTime(error: unknown): void {
  if (!(error instanceof Fault)) throw error;
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
