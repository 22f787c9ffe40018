import { Fault, type Sha256 } from '../../model/index.ts';
import { type PrimarySlice, primarySlices, readPrimary } from '../../rpm/index.ts';
import type { Sync } from './job.ts';
import { keptOffers, type OfferIndex } from './offer-index.ts';
import { type OfferedPackage, offeredPackage } from './offered-package.ts';

/** Reads primary from its start, as often as it is asked to. */
type ReadPrimary = <T>(
  read: (source: AsyncIterable<Uint8Array>, what: string) => AsyncIterable<T>,
) => Promise<T[]>;

export interface Offered {
  readonly packages: readonly OfferedPackage[];
  /** What the next sync need not read again; absent when there is nothing new to remember. */
  readonly index?: OfferIndex;
}

/**
 * The packages on offer. Elements whose bytes the last sync has seen are known; only the others go through the parser.
 * Whatever is not plain or not right is read again, whole and by the parser alone: that is the verdict that counts.
 */
export async function readOffered(sync: Sync, read: ReadPrimary): Promise<Offered> {
  const before = await keptOffers(sync.store, sync.upstream.name);
  const found = await slicedOffer(read, before);
  if (found === undefined) return { packages: await read(wholeOffer) };
  const { packages, index, news } = found;
  const isSame = !news && index.packages.size === before?.packages.size;
  return isSame ? { packages } : { packages, index };
}

async function* wholeOffer(
  source: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<OfferedPackage> {
  for await (const record of readPrimary(source, what)) yield offeredPackage(record, what);
}

interface SlicedOffer {
  readonly packages: readonly OfferedPackage[];
  readonly index: OfferIndex;
  /** Some element was not known before. */
  readonly news: boolean;
}

/** undefined: to be read whole. */
async function slicedOffer(
  read: ReadPrimary,
  before: OfferIndex | undefined,
): Promise<SlicedOffer | undefined> {
  try {
    const known = before && {
      head: before.head,
      has: (slice: Sha256) => before.packages.has(slice),
    };
    // As slices come, not as a list of records: those are large, and there are many.
    const slices = await read((source, what) => offers(primarySlices(source, known, what), what));
    return gathered(slices, before);
  } catch (error) {
    if (error instanceof Fault && error.code === 'MetadataInvalid') return undefined;
    throw error;
  }
}

type OfferSlice =
  | Exclude<PrimarySlice, { readonly kind: 'read' }>
  | { readonly kind: 'read'; readonly slice: Sha256; readonly offered: OfferedPackage };

async function* offers(
  slices: AsyncIterable<PrimarySlice>,
  what: string,
): AsyncGenerator<OfferSlice> {
  for await (const one of slices) {
    if (one.kind !== 'read') yield one;
    else yield { kind: 'read', slice: one.slice, offered: offeredPackage(one.record, what) };
  }
}

function gathered(
  slices: readonly OfferSlice[],
  before: OfferIndex | undefined,
): SlicedOffer | undefined {
  const packages: OfferedPackage[] = [];
  const bySlice = new Map<Sha256, OfferedPackage>();
  let head: Sha256 | undefined;
  let news = false;
  for (const one of slices) {
    if (one.kind === 'irregular') return undefined;
    if (one.kind === 'head') {
      head = one.head;
      continue;
    }
    news ||= one.kind === 'read';
    const offered = one.kind === 'read' ? one.offered : before?.packages.get(one.slice);
    if (offered === undefined) return undefined;
    packages.push(offered);
    bySlice.set(one.slice, offered);
  }
  return head && { packages, index: { head, packages: bySlice }, news };
}
