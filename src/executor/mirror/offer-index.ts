import type { Sha256 } from '../../model/index.ts';
import { keepDerivedJson, keptJson, type Store } from '../../store/index.ts';
import type { OfferedPackage } from './offered-package.ts';

/** What the `<package>` elements of an upstream's last primary say, by the digest of their bytes. */
export interface OfferIndex {
  readonly head: Sha256;
  readonly packages: ReadonlyMap<Sha256, OfferedPackage>;
}

/** Raised when reading the same element would give something else. */
const format = 2;
const placeOf = (upstream: string) => ({ path: `offers/${upstream}.json`, format });

/** A row for each package: as objects, most of the file would be names of keys. */
type Row = readonly [
  slice: Sha256,
  sha256: Sha256,
  sizeBytes: number,
  href: string,
  name: string,
  epoch: number,
  version: string,
  release: string,
  arch: string,
  buildTime: number,
];

interface Kept {
  readonly head: Sha256;
  readonly rows: readonly Row[];
}

/** Derived: without it, the next sync reads every element anew. */
export async function keptOffers(store: Store, upstream: string): Promise<OfferIndex | undefined> {
  const kept = await keptJson<Kept>(store, placeOf(upstream));
  if (kept === undefined) return undefined;
  return { head: kept.head, packages: new Map(kept.rows.map((row) => [row[0], packageOf(row)])) };
}

export async function keepOffers(
  store: Store,
  upstream: string,
  { head, packages }: OfferIndex,
): Promise<void> {
  const rows = [...packages].map(([slice, offered]): Row => {
    const { sha256, sizeBytes, href, buildTime } = offered;
    const { name, epoch, version, release, arch } = offered.nevra;
    return [slice, sha256, sizeBytes, href, name, epoch, version, release, arch, buildTime];
  });
  const kept: Kept = { head, rows };
  await keepDerivedJson(store, placeOf(upstream), kept);
}

function packageOf(row: Row): OfferedPackage {
  const [, sha256, sizeBytes, href, name, epoch, version, release, arch, buildTime] = row;
  const nevra = { name, epoch, version, release, arch };
  return { nevra, sha256, checksum: { type: 'sha256', hex: sha256 }, sizeBytes, href, buildTime };
}
