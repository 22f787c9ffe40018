/** One OpenPGP packet (RFC 9580, section 4.2). */
export interface Packet {
  /** `signature` is 2, a public key 6, its subkey 14, a user id 13 … */
  readonly tag: number;
  readonly body: Buffer;
}

export const packetTags = {
  signature: 2,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  userId: 13,
  publicSubkey: 14,
  userAttribute: 17,
} as const;

/** What could not be read, in words for people. */
export interface Unreadable {
  readonly problem: string;
}

export const isUnreadable = (value: object): value is Unreadable => 'problem' in value;

/** Splits bytes into packets, all of them or none; partial and open-ended lengths are refused. */
export function readPackets(bytes: Buffer, limit: number): readonly Packet[] | Unreadable {
  const packets: Packet[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (packets.length === limit) return { problem: `more than ${limit} OpenPGP packets` };
    const border = packetBorder(bytes, at);
    if (border === undefined || border.end > bytes.length) {
      return { problem: 'damaged OpenPGP packet' };
    }
    packets.push({ tag: border.tag, body: bytes.subarray(border.start, border.end) });
    at = border.end;
  }
  return packets;
}

interface Border {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

function packetBorder(bytes: Buffer, at: number): Border | undefined {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  if ((first & 0x40) === 0) {
    const width = [1, 2, 4][first & 3];
    if (width === undefined || at + 1 + width > bytes.length) return undefined;
    const start = at + 1 + width;
    return { tag: (first >> 2) & 0xf, start, end: start + bytes.readUIntBE(at + 1, width) };
  }
  const length = newLength(bytes, at + 1);
  if (length === undefined) return undefined;
  return { tag: first & 0x3f, start: length.next, end: length.next + length.value };
}

/** A packet or subpacket length of one, two or five bytes. */
export function newLength(
  bytes: Buffer,
  at: number,
  // Subpackets have no partial lengths, so their two-byte form reaches further.
  twoByteEnd = 224,
): { readonly value: number; readonly next: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 192) return { value: first, next: at + 1 };
  if (first < twoByteEnd) {
    const second = bytes[at + 1];
    if (second === undefined) return undefined;
    return { value: ((first - 192) << 8) + second + 192, next: at + 2 };
  }
  if (first !== 255 || at + 5 > bytes.length) return undefined;
  return { value: bytes.readUInt32BE(at + 1), next: at + 5 };
}

/** Reads exactly `count` multiprecision integers that fill the bytes; undefined when they do not. */
export function readIntegers(bytes: Buffer, count: number): readonly Buffer[] | undefined {
  const { integers, rest } = takeIntegers(bytes, count);
  return integers.length === count && rest.length === 0 ? integers : undefined;
}

/** Reads up to `count` multiprecision integers from the front. */
export function takeIntegers(
  bytes: Buffer,
  count: number,
): { readonly integers: readonly Buffer[]; readonly rest: Buffer } {
  const integers: Buffer[] = [];
  let at = 0;
  while (integers.length < count && at + 2 <= bytes.length) {
    const end = at + 2 + ((bytes.readUInt16BE(at) + 7) >> 3);
    if (end > bytes.length) break;
    integers.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return { integers, rest: bytes.subarray(at) };
}
