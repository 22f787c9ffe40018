import { isUtf8 } from 'node:buffer';
import { Fault } from '../model/index.ts';

/** Data types of header entries (`rpmtypes.h`). */
const types = {
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
const widths: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

const magic = 0x8eade801;
const introBytes = 16;
const entryBytes = 16;

/** rpm's own bounds for a signature header (`hdrblobRead`) and a main header (`header.h`). */
const limits = {
  signature: { region: 62, entries: 32, dataBytes: 64 * 1024 * 1024 },
  main: { region: 63, entries: 0xffff, dataBytes: 0x0fffffff },
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
      throw bad(reader, `tag ${entry.tag} leaves the region trailer alone`);
    }
    if (entries.has(entry.tag)) throw bad(reader, `tag ${entry.tag} appears once`);
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

const bad = (
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
    if (first.tag < 100) throw bad(reader, 'region tag is known');
    return undefined;
  }
  const { store, kind, total } = reader;
  const start = first.offset;
  const end = start + entryBytes;
  if (first.type !== types.bytes || first.count !== entryBytes || start < 0 || end > store.length) {
    throw bad(reader, 'region is well-formed');
  }
  const tag = store.readInt32BE(start);
  const regionBytes = -store.readInt32BE(start + 8);
  const wholeHeader = regionBytes === total * entryBytes && end === store.length;
  const partOfHeader = regionBytes > 0 && regionBytes <= total * entryBytes;
  if (
    // Packages of rpm 4.0 carry 61 in the trailer of a signature header.
    (tag !== region && !(kind === 'signature' && tag === 61)) ||
    store.readUInt32BE(start + 4) !== types.bytes ||
    store.readUInt32BE(start + 12) !== entryBytes ||
    !(kind === 'main' ? wholeHeader : partOfHeader)
  ) {
    throw bad(reader, 'region trailer covers the header');
  }
  return { start, end };
}

function checkEntry(raw: Omit<Entry, 'lengthBytes'>, previousEnd: number, reader: Reader): Entry {
  const { tag, type, offset, count } = raw;
  const limit = reader.store.length;
  if (tag < 100) throw bad(reader, `tag ${tag} is not a region`);
  if (type < types.char || type > types.i18n) throw bad(reader, `tag ${tag} has a known type`);
  if (count === 0) throw bad(reader, `tag ${tag} is not empty`);
  if (offset < previousEnd || offset >= limit) throw bad(reader, `tag ${tag} lies in the header`);
  const width = widths[type];
  if (width !== undefined) {
    if (type !== types.bytes && offset % width !== 0) throw bad(reader, `tag ${tag} is aligned`);
    if (count > (limit - offset) / width) throw bad(reader, `tag ${tag} ends in the header`);
    return { ...raw, lengthBytes: count * width };
  }
  if (type === types.text && count !== 1) throw bad(reader, `tag ${tag} is one text`);
  let end = offset;
  for (let n = 0; n < count; n += 1) {
    const nul = reader.store.indexOf(0, end);
    if (nul < 0 || nul >= limit) throw bad(reader, `tag ${tag} ends in the header`);
    end = nul + 1;
  }
  return { ...raw, lengthBytes: end - offset };
}

/** Texts of a tag, the only one of a single text; empty when the tag is absent. */
export function textsOf(header: Header, tag: number): readonly string[] {
  const entry = header.entries.get(tag);
  if (entry === undefined) return [];
  if (entry.type !== types.text && entry.type !== types.texts && entry.type !== types.i18n) {
    throw bad(header, `tag ${tag} is text`);
  }
  const data = header.store.subarray(entry.offset, entry.offset + entry.lengthBytes - 1);
  if (isUtf8(data)) return data.toString('utf8').split('\0');
  return splitAtNul(data).map(decodeText);
}

/** The text of a tag, or its first one; undefined when the tag is absent. */
export function textOf(header: Header, tag: number): string | undefined {
  const entry = header.entries.get(tag);
  if (entry === undefined || entry.type !== types.text) return textsOf(header, tag)[0];
  return decodeText(header.store.subarray(entry.offset, entry.offset + entry.lengthBytes - 1));
}

/** Whole numbers of a tag of any width; empty when the tag is absent. */
export function numbersOf(header: Header, tag: number): readonly number[] {
  const entry = header.entries.get(tag);
  if (entry === undefined) return [];
  const width = widths[entry.type];
  if (width === undefined || entry.type === types.bytes)
    throw bad(header, `tag ${tag} is a number`);
  const numbers: number[] = [];
  for (let n = 0; n < entry.count; n += 1) {
    const at = entry.offset + n * width;
    numbers.push(width === 8 ? longAt(header, at) : header.store.readUIntBE(at, width));
  }
  return numbers;
}

function longAt(header: Header, at: number): number {
  const value = Number(header.store.readBigUInt64BE(at));
  if (!Number.isSafeInteger(value)) throw bad(header, 'numbers are below 2^53');
  return value;
}

export function numberOf(header: Header, tag: number): number | undefined {
  return numbersOf(header, tag)[0];
}

/** Raw bytes of a binary tag; undefined when the tag is absent. */
export function bytesOf(header: Header, tag: number): Buffer | undefined {
  const entry = header.entries.get(tag);
  if (entry === undefined) return undefined;
  if (entry.type !== types.bytes) throw bad(header, `tag ${tag} is binary`);
  return header.store.subarray(entry.offset, entry.offset + entry.lengthBytes);
}

/**
 * Header text has no declared encoding. What is not UTF-8 is taken for ISO 8859-1 without 0x80–0xBF, as createrepo_c
 * does, so that both describe a package alike.
 */
function decodeText(data: Buffer): string {
  if (isUtf8(data)) return data.toString('utf8');
  return Buffer.from(data.filter((byte) => byte < 0x80 || byte > 0xbf)).toString('latin1');
}

function splitAtNul(data: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let nul = data.indexOf(0); nul >= 0; nul = data.indexOf(0, start)) {
    parts.push(data.subarray(start, nul));
    start = nul + 1;
  }
  return [...parts, data.subarray(start)];
}
