import { digestOf, type Sha256, type SnapshotId } from '../model/index.ts';
import { type DerivedPlace, keepDerivedJson, keptJson } from './derived-json.ts';
import { hexOf, type Store } from './paths.ts';

/** Raised when other manifests count as whole. */
const format = 1;

const placeOf = (id: SnapshotId): DerivedPlace => ({ path: `manifests/${hexOf(id)}.json`, format });

/** The digest of a manifest's text that was found to describe the content with the snapshot's digest. */
interface Whole {
  readonly manifest: Sha256;
}

/**
 * Tells whether the manifest of a snapshot is, to the byte, one that was compared with the snapshot's digest. Its objects
 * are named by their digests, so who checks those need not digest the packages in them once more.
 */
export async function isKnownWhole(store: Store, id: SnapshotId, text: string): Promise<boolean> {
  const known = await keptJson<Whole>(store, placeOf(id));
  return known?.manifest === digestOf(text);
}

/** Remembers it of a manifest that was compared, or made of the snapshot. */
export async function keepWhole(store: Store, id: SnapshotId, text: string): Promise<void> {
  await keepDerivedJson(store, placeOf(id), { manifest: digestOf(text) } satisfies Whole);
}
