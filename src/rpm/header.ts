import { Fault } from '../model/index.ts';

/** Data types of header entries (`rpmtypes.h`). */
export const entryTypes = {
  char: 1,
  int8: 2,
  int16: 3,
  int32: 4,
  int64: 5,
  text: 6,
  bytes: 7,
  texts: 8,
  i18n: 9,
};
export const entryWidths: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

const magic = 0x8eade801;
const introBytes = 16;
const entryBytes = 16;

/**
 * Entries as rpm allows them (`hdrblobRead`, `header.h`); data of a main header only to a quarter of what rpm allows, as
 * it becomes objects of several times that size before any signature is judged.
 */
const limits = {
  signature: { region: 62, entries: 32, dataBytes: 64 * 1024 * 1024 },
  main: { region: 63, entries: 0xffff, dataBytes: 64 * 1024 * 1024 },
} as const;

export type HeaderKind = keyof typeof limits;

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly offset: number;
  readonly count: number;
  /** Bytes that the data takes in the store. */
  readonly lengthBytes: number;
}

/** A header whose every offset, count and terminator has been checked against its own bytes. */
export interface Header {
  readonly kind: HeaderKind;
  readonly object: string;
  readonly entries: ReadonlyMap<number, Entry>;
  /** False in packages of rpm 2 and 3. */
  readonly hasRegion: boolean;
  readonly store: Buffer;
}

/** `found` and `expected` are what people need to compare, where there is something to compare. */
export function notAPackage(
  object: string,
  check: string,
  values: { readonly expected?: string; readonly found?: string } = {},
): Fault {
  return new Fault('PackageInvalid', {
    object,
    check: `not a complete RPM: ${check}`,
    ...values,
    fix: 'Fetch the file again; if it stays like this, report it to whoever publishes it.',
  });
}

/** Whole length in bytes of the header that starts with these 16 bytes, judged before anything is allocated for it. */
export function headerLength(intro: Buffer, kind: HeaderKind, object: string): number {
  if (intro.readUInt32BE(0) !== magic || intro.readUInt32BE(4) !== 0) {
    throw notAPackage(object, `${kind} header starts with its magic number`);
  }
  const entries = intro.readUInt32BE(8);
  const dataBytes = intro.readUInt32BE(12);
  const limit = limits[kind];
  if (entries < 1 || entries > limit.entries) {
    throw notAPackage(object, `${kind} header has 1 to ${limit.entries} entries`, {
      found: `${entries}`,
    });
  }
  if (dataBytes > limit.dataBytes) {
    const check = `${kind} header data is at most ${limit.dataBytes} bytes`;
    throw notAPackage(object, check, { found: `${dataBytes}` });
  }
  return introBytes + entries * entryBytes + dataBytes;
}

/**
 * Reads a whole header, magic included. Checks what rpm checks (`hdrblobInit`, `hdrblobVerifyInfo`): region and its
 * trailer, types, alignment, order without overlap, data inside the store. Throws `PackageInvalid`.
 */
export function parseHeader(bytes: Buffer, kind: HeaderKind, object: string): Header {
  if (bytes.length !== headerLength(bytes, kind, object)) {
    throw notAPackage(object, `${kind} header is as long as it says`);
  }
  const total = bytes.readUInt32BE(8);
  const store = bytes.subarray(introBytes + total * entryBytes);
  const raw = (index: number): Omit<Entry, 'lengthBytes'> => {
    const at = introBytes + index * entryBytes;
    return {
      tag: bytes.readInt32BE(at),
      type: bytes.readUInt32BE(at + 4),
      offset: bytes.readInt32BE(at + 8),
      count: bytes.readUInt32BE(at + 12),
    };
  };
  const reader = { kind, object, store, total };
  const trailer = findTrailer(raw(0), reader);
  const entries = new Map<number, Entry>();
  let end = 0;
  for (let index = trailer === undefined ? 0 : 1; index < total; index += 1) {
    const entry = checkEntry(raw(index), end, reader);
    end = entry.offset + entry.lengthBytes;
    if (trailer !== undefined && end > trailer.start && entry.offset < trailer.end) {
      throw badHeader(reader, `tag ${entry.tag} leaves the region trailer alone`);
    }
    if (entries.has(entry.tag)) throw badHeader(reader, `tag ${entry.tag} appears once`);
    entries.set(entry.tag, entry);
  }
  return { kind, object, entries, hasRegion: trailer !== undefined, store };
}

interface Reader {
  readonly kind: HeaderKind;
  readonly object: string;
  readonly store: Buffer;
  readonly total: number;
}

export const badHeader = (
  reader: { readonly kind: HeaderKind; readonly object: string },
  check: string,
): Fault => notAPackage(reader.object, `${reader.kind} header: ${check}`);

/** Where the region's trailer lies in the store: 16 bytes that belong to no entry. */
interface Trailer {
  readonly start: number;
  readonly end: number;
}

/**
 * The first entry names the region that was built and signed as one piece; its trailer points back at the first entry.
 * In a main header nothing may lie outside it, as that would not be signed; signature headers get entries added.
 */
function findTrailer(first: Omit<Entry, 'lengthBytes'>, reader: Reader): Trailer | undefined {
  const { region } = limits[reader.kind];
  if (first.tag !== region) {
    if (first.tag < 100) throw badHeader(reader, 'region tag is known');
    return undefined;
  }
  const { store, kind, total } = reader;
  const start = first.offset;
  const end = start + entryBytes;
  if (
    first.type !== entryTypes.bytes ||
    first.count !== entryBytes ||
    start < 0 ||
    end > store.length
  ) {
    throw badHeader(reader, 'region is well-formed');
  }
  const tag = store.readInt32BE(start);
  const regionBytes = -store.readInt32BE(start + 8);
  const wholeHeader = regionBytes === total * entryBytes && end === store.length;
  const partOfHeader = regionBytes > 0 && regionBytes <= total * entryBytes;
  if (
    // Packages of rpm 4.0 carry 61 in the trailer of a signature header.
    (tag !== region && !(kind === 'signature' && tag === 61)) ||
    store.readUInt32BE(start + 4) !== entryTypes.bytes ||
    store.readUInt32BE(start + 12) !== entryBytes ||
    !(kind === 'main' ? wholeHeader : partOfHeader)
  ) {
    throw badHeader(reader, 'region trailer covers the header');
  }
  return { start, end };
}

function checkEntry(raw: Omit<Entry, 'lengthBytes'>, previousEnd: number, reader: Reader): Entry {
  const { tag, type, offset, count } = raw;
  const limit = reader.store.length;
  if (tag < 100) throw badHeader(reader, `tag ${tag} is not a region`);
  if (type < entryTypes.char || type > entryTypes.i18n)
    throw badHeader(reader, `tag ${tag} has a known type`);
  if (count === 0) throw badHeader(reader, `tag ${tag} is not empty`);
  if (offset < previousEnd || offset >= limit)
    throw badHeader(reader, `tag ${tag} lies in the header`);
  const width = entryWidths[type];
  if (width !== undefined) {
    if (type !== entryTypes.bytes && offset % width !== 0)
      throw badHeader(reader, `tag ${tag} is aligned`);
    if (count > (limit - offset) / width) throw badHeader(reader, `tag ${tag} ends in the header`);
    return { ...raw, lengthBytes: count * width };
  }
  if (type === entryTypes.text && count !== 1) throw badHeader(reader, `tag ${tag} is one text`);
  let end = offset;
  for (let n = 0; n < count; n += 1) {
    const nul = reader.store.indexOf(0, end);
    if (nul < 0) throw badHeader(reader, `tag ${tag} ends in the header`);
    end = nul + 1;
  }
  return { ...raw, lengthBytes: end - offset };
}
