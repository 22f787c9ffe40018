import type { Sha256 } from '../../model/index.ts';
import { keepDerivedLines, keptLines, type Store } from '../../store/index.ts';
import type { OfferedPackage } from './offered-package.ts';

/** What the `<package>` elements of an upstream's last primary say, by the digest of their bytes. */
export interface OfferIndex {
  /** Digest of what stood before them. */
  readonly head: Sha256;
  readonly size: number;
  has(slice: Sha256): boolean;
  /** Made when it is asked for: there may be a hundred thousand, and most of them are asked for once. */
  get(slice: Sha256): OfferedPackage | undefined;
}

/** Raised when reading the same element would give something else. */
const format = 3;
const placeOf = (upstream: string) => ({ path: `offers/${upstream}`, format });

/** A line for each package: as objects, most of the file would be names of keys. */
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

const newline = 0x0a;
const sliceStart = '["'.length;
const sliceLength = 64;

/** Derived: without it, the next sync reads every element anew. The first line is the head. */
export async function keptOffers(store: Store, upstream: string): Promise<OfferIndex | undefined> {
  const lines = await keptLines(store, placeOf(upstream));
  if (lines === undefined) return undefined;
  const lineAt = (start: number): string =>
    lines.toString('utf8', start, lines.indexOf(newline, start));
  const head = lineAt(0);
  const starts = new Map<string, number>();
  for (let at = head.length + 1; at < lines.length; at = lines.indexOf(newline, at) + 1) {
    const from = at + sliceStart;
    starts.set(lines.toString('latin1', from, from + sliceLength), at);
  }
  return {
    // The digest vouches for the shape: only this program writes it.
    head: head as Sha256,
    size: starts.size,
    has: (slice) => starts.has(slice),
    get: (slice) => {
      const start = starts.get(slice);
      return start === undefined ? undefined : packageOf(JSON.parse(lineAt(start)) as Row);
    },
  };
}

export async function keepOffers(
  store: Store,
  upstream: string,
  { head, packages }: { readonly head: Sha256; readonly packages: Iterable<OfferedSlice> },
): Promise<void> {
  await keepDerivedLines(store, placeOf(upstream), offerLines(head, packages));
}

/** A package, and the digest of its element. */
export type OfferedSlice = readonly [slice: Sha256, offered: OfferedPackage];

function* offerLines(head: Sha256, packages: Iterable<OfferedSlice>): Generator<string> {
  yield head;
  for (const [slice, offered] of packages) {
    const { sha256, sizeBytes, href, buildTime, nevra } = offered;
    const { name, epoch, version, release, arch } = nevra;
    const row: Row = [
      slice,
      sha256,
      sizeBytes,
      href,
      name,
      epoch,
      version,
      release,
      arch,
      buildTime,
    ];
    yield JSON.stringify(row);
  }
}

function packageOf(row: Row): OfferedPackage {
  const [, sha256, sizeBytes, href, name, epoch, version, release, arch, buildTime] = row;
  const nevra = { name, epoch, version, release, arch };
  return { nevra, sha256, checksum: { type: 'sha256', hex: sha256 }, sizeBytes, href, buildTime };
}
