import { Fault, type Sha256 } from '../../model/index.ts';
import { type PrimarySlice, primarySlices, readPrimary } from '../../rpm/index.ts';
import type { Sync } from './job.ts';
import { keptOffers, type OfferedSlice, type OfferIndex } from './offer-index.ts';
import { type OfferedPackage, offeredPackage } from './offered-package.ts';

/** Reads primary from its start, as often as it is asked to. */
type ReadPrimary = <T>(
  read: (source: AsyncIterable<Uint8Array>, what: string) => AsyncIterable<T>,
) => Promise<T[]>;

export interface Offered {
  readonly packages: readonly OfferedPackage[];
  /** What the next sync need not read again; absent when there is nothing new to remember. */
  readonly index?: NewIndex;
}

interface NewIndex {
  readonly head: Sha256;
  readonly packages: readonly OfferedSlice[];
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
  const isSame = !news && index.packages.length === before?.size;
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
  readonly index: NewIndex;
  /** Some element was not known before. */
  readonly news: boolean;
}

/** undefined: to be read whole. */
async function slicedOffer(
  read: ReadPrimary,
  before: OfferIndex | undefined,
): Promise<SlicedOffer | undefined> {
  try {
    // As slices come, not as a list of records: those are large, and there are many.
    const slices = await read((source, what) =>
      offers(primarySlices(source, before, what), { what, before }),
    );
    return gathered(slices);
  } catch (error) {
    if (error instanceof Fault && error.code === 'MetadataInvalid') return undefined;
    throw error;
  }
}

type OfferSlice =
  | Extract<PrimarySlice, { readonly kind: 'head' | 'irregular' }>
  | { readonly kind: 'known' | 'read'; readonly of: OfferedSlice };

async function* offers(
  slices: AsyncIterable<PrimarySlice>,
  { what, before }: { readonly what: string; readonly before: OfferIndex | undefined },
): AsyncGenerator<OfferSlice> {
  for await (const one of slices) {
    if (one.kind === 'read') {
      yield { kind: 'read', of: [one.slice, offeredPackage(one.record, what)] };
    } else if (one.kind === 'known') {
      const offered = before?.get(one.slice);
      yield offered === undefined
        ? { kind: 'irregular' }
        : { kind: 'known', of: [one.slice, offered] };
    } else yield one;
  }
}

function gathered(slices: readonly OfferSlice[]): SlicedOffer | undefined {
  const bySlice: OfferedSlice[] = [];
  let head: Sha256 | undefined;
  let news = false;
  for (const one of slices) {
    if (one.kind === 'irregular') return undefined;
    if (one.kind === 'head') head = one.head;
    else bySlice.push(one.of);
    news ||= one.kind === 'read';
  }
  const packages = bySlice.map(([, offered]) => offered);
  return head && { packages, index: { head, packages: bySlice }, news };
}
