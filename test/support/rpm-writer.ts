import { createHash } from 'node:crypto';

/** One header entry: tag, data type, number of values and their bytes. */
export interface WrittenEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

export const text = (tag: number, value: string): WrittenEntry => ({
  tag,
  type: 6,
  count: 1,
  data: Buffer.from(`${value}\0`),
});
export const texts = (tag: number, values: readonly string[]): WrittenEntry => ({
  tag,
  type: 8,
  count: values.length,
  data: Buffer.from(values.map((value) => `${value}\0`).join('')),
});
/** A text that rpm keeps in several languages; here in one. */
export const localised = (tag: number, value: string): WrittenEntry => ({
  ...texts(tag, [value]),
  type: 9,
});
export const int16 = (tag: number, ...values: readonly number[]): WrittenEntry => {
  const data = Buffer.alloc(values.length * 2);
  for (const [n, value] of values.entries()) data.writeUInt16BE(value, n * 2);
  return { tag, type: 3, count: values.length, data };
};
export const int32 = (tag: number, ...values: readonly number[]): WrittenEntry => {
  const data = Buffer.alloc(values.length * 4);
  for (const [n, value] of values.entries()) data.writeUInt32BE(value, n * 4);
  return { tag, type: 4, count: values.length, data };
};
export const binary = (tag: number, data: Buffer): WrittenEntry => ({
  tag,
  type: 7,
  count: data.length,
  data,
});

const alignments: Readonly<Record<number, number>> = { 3: 2, 4: 4 };

/** A header with its region, as rpm writes it. */
export function writeHeader(region: number, entries: readonly WrittenEntry[]): Buffer {
  const index: number[][] = [];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const entry of entries.toSorted((a, b) => a.tag - b.tag)) {
    const align = alignments[entry.type] ?? 1;
    const padding = (align - (offset % align)) % align;
    parts.push(Buffer.alloc(padding), entry.data);
    index.push([entry.tag, entry.type, offset + padding, entry.count]);
    offset += padding + entry.data.length;
  }
  const rows = [[region, 7, offset, 16], ...index];
  const trailer = [region, 7, -16 * rows.length, 16];
  const intro = [0x8eade801 | 0, 0, rows.length, offset + 16];
  return Buffer.concat([words(intro), ...rows.map(words), ...parts, words(trailer)]);
}

function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [n, value] of values.entries()) bytes.writeInt32BE(value, n * 4);
  return bytes;
}

export interface RpmRecipe {
  readonly name?: string;
  /** The signed header carries a digest of the payload, as since rpm 4.14. */
  readonly payloadDigest?: boolean;
  readonly payload?: Buffer;
  /** Signature header entries made from what there is to sign. */
  readonly sign?: (header: Buffer, payload: Buffer) => readonly WrittenEntry[];
}

export interface WrittenRpm {
  readonly bytes: Buffer;
  readonly headerStart: number;
  readonly payloadStart: number;
}

/** A small package with the digests that rpm writes, and whatever signatures a test wants. */
export function writeRpm(recipe: RpmRecipe = {}): WrittenRpm {
  const { name = 'sample', payloadDigest = true, payload = samplePayload } = recipe;
  const digest = createHash('sha256').update(payload).digest('hex');
  const header = writeHeader(63, [
    texts(100, ['C']),
    text(1000, name),
    text(1001, '1.0'),
    text(1002, '1'),
    { ...texts(1004, ['A sample']), type: 9 },
    { ...texts(1005, ['A sample for tests.']), type: 9 },
    int32(1006, 1_700_000_000),
    int32(1009, 5),
    text(1014, 'MIT'),
    text(1021, 'linux'),
    text(1022, 'noarch'),
    text(1044, `${name}-1.0-1.src.rpm`),
    texts(1047, [name]),
    int32(1112, 8),
    texts(1113, ['1.0-1']),
    text(1124, 'cpio'),
    text(1125, 'gzip'),
    text(1126, '9'),
    ...(payloadDigest ? [texts(5092, [digest]), int32(5093, 8)] : []),
  ]);
  const { sign } = recipe;
  return wrapHeader({ label: `${name}-1.0-1`, header, payload, ...(sign && { sign }) });
}

/** Puts lead, signature header and payload around a header. */
export function wrapHeader(parts: {
  /** `name-version-release`, for the lead; nothing reads it. */
  readonly label: string;
  readonly header: Buffer;
  readonly payload: Buffer;
  readonly sign?: RpmRecipe['sign'];
}): WrittenRpm {
  const { label, header, payload } = parts;
  const signature = writeHeader(62, [
    ...(parts.sign?.(header, payload) ?? []),
    text(269, createHash('sha1').update(header).digest('hex')),
    text(273, createHash('sha256').update(header).digest('hex')),
    int32(1000, header.length + payload.length),
    binary(1004, createHash('md5').update(header).update(payload).digest()),
    int32(1007, payload.length),
  ]);
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  const headerStart = 96 + signature.length + padding.length;
  return {
    bytes: Buffer.concat([lead(label), signature, padding, header, payload]),
    headerStart,
    payloadStart: headerStart + header.length,
  };
}

const samplePayload = Buffer.from('a payload that nobody unpacks, only hashed\n'.repeat(50));

function lead(label: string): Buffer {
  const bytes = Buffer.alloc(96);
  bytes.writeUInt32BE(0xedabeedb);
  bytes.writeUInt16BE(0x0300, 4);
  bytes.writeUInt16BE(1, 8);
  bytes.write(label, 10, 65);
  bytes.writeUInt16BE(1, 76);
  bytes.writeUInt16BE(5, 78);
  return bytes;
}
