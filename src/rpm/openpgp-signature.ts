import {
  isUnreadable,
  newLength,
  packetTags,
  readPackets,
  type Unreadable,
} from './openpgp-packet.ts';

/** Signature types (RFC 9580, section 5.2.1). */
export const signatureTypes = {
  binary: 0x00,
  text: 0x01,
  directKey: 0x1f,
  subkeyBinding: 0x18,
  primaryBinding: 0x19,
  keyRevocation: 0x20,
  subkeyRevocation: 0x28,
} as const;

/** A version 3 or 4 signature, read but not verified. */
export interface Signature {
  readonly version: 3 | 4;
  readonly type: number;
  readonly keyAlgorithm: number;
  readonly hashAlgorithm: number;
  /** Seconds since 1970. */
  readonly created: number;
  /** Seconds after `created`; absent = for ever. */
  readonly expiresAfter?: number;
  /** Lower 64 bits of the fingerprint, upper-case hex. */
  readonly issuerKeyId?: string;
  /** Upper-case hex. */
  readonly issuerFingerprint?: string;
  /** What is hashed after the signed bytes. */
  readonly trailer: Buffer;
  /** Algorithm-specific values, unread. */
  readonly values: Buffer;
  /** Seconds after the key's creation, in self-signatures. */
  readonly keyExpiresAfter?: number;
  readonly keyFlags?: number;
  readonly revocationReason?: number;
  /** Body of the signature by the subkey over the primary key. */
  readonly embedded?: Buffer;
}

/** Reads bytes that hold one signature packet and nothing else. */
export function readSignature(bytes: Buffer): Signature | Unreadable {
  const packets = readPackets(bytes, 1);
  if (isUnreadable(packets)) return packets;
  const [packet] = packets;
  if (packet?.tag !== packetTags.signature) return { problem: 'not an OpenPGP signature' };
  return parseSignature(packet.body);
}

export function parseSignature(body: Buffer): Signature | Unreadable {
  if (body[0] === 3) return parseVersion3(body);
  if (body[0] === 4) return parseVersion4(body);
  return { problem: `OpenPGP signature version ${body[0] ?? 'none'}` };
}

const damaged: Unreadable = { problem: 'damaged OpenPGP signature' };

function parseVersion3(body: Buffer): Signature | Unreadable {
  if (body.length < 19 || body[1] !== 5) return damaged;
  return {
    version: 3,
    type: body.readUInt8(2),
    created: body.readUInt32BE(3),
    issuerKeyId: hex(body.subarray(7, 15)),
    keyAlgorithm: body.readUInt8(15),
    hashAlgorithm: body.readUInt8(16),
    trailer: body.subarray(2, 7),
    values: body.subarray(19),
  };
}

function parseVersion4(body: Buffer): Signature | Unreadable {
  if (body.length < 10) return damaged;
  const hashedEnd = 6 + body.readUInt16BE(4);
  if (hashedEnd + 2 > body.length) return damaged;
  const unhashedEnd = hashedEnd + 2 + body.readUInt16BE(hashedEnd);
  if (unhashedEnd + 2 > body.length) return damaged;
  const hashed = readSubpackets(body.subarray(6, hashedEnd));
  const unhashed = readSubpackets(body.subarray(hashedEnd + 2, unhashedEnd));
  if (hashed === undefined || unhashed === undefined) return damaged;
  const strange = hashed.find((s) => s.critical && !known.has(s.type));
  if (strange !== undefined) return { problem: `critical subpacket ${strange.type} is not known` };
  const created = hashed.find((s) => s.type === subpackets.created)?.data;
  if (created?.length !== 4) return { problem: 'OpenPGP signature without a creation time' };
  const trailer = Buffer.alloc(6);
  trailer.writeUInt16BE(0x04ff);
  trailer.writeUInt32BE(hashedEnd, 2);
  return {
    version: 4,
    type: body.readUInt8(1),
    keyAlgorithm: body.readUInt8(2),
    hashAlgorithm: body.readUInt8(3),
    created: created.readUInt32BE(0),
    trailer: Buffer.concat([body.subarray(0, hashedEnd), trailer]),
    values: body.subarray(unhashedEnd + 2),
    ...issuerOf(hashed, unhashed),
    ...statementsOf(hashed),
    ...embeddedOf([...hashed, ...unhashed]),
  };
}

/** Subpacket types (RFC 9580, section 5.2.3.7). */
const subpackets = {
  created: 2,
  expires: 3,
  keyExpires: 9,
  issuer: 16,
  keyFlags: 27,
  reason: 29,
  embedded: 32,
  issuerFingerprint: 33,
} as const;

/** Those whose meaning is honoured here, or that say nothing about validity. */
const known: ReadonlySet<number> = new Set([
  2, 3, 4, 5, 7, 9, 11, 16, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33,
]);

interface Subpacket {
  readonly type: number;
  readonly critical: boolean;
  readonly data: Buffer;
}

function readSubpackets(area: Buffer): readonly Subpacket[] | undefined {
  const found: Subpacket[] = [];
  let at = 0;
  while (at < area.length) {
    const length = newLength(area, at, 255);
    if (length === undefined || length.value < 1) return undefined;
    const end = length.next + length.value;
    const type = area[length.next];
    if (type === undefined || end > area.length) return undefined;
    const data = area.subarray(length.next + 1, end);
    found.push({ type: type & 0x7f, critical: (type & 0x80) !== 0, data });
    at = end;
  }
  return found;
}

/** The issuer is only a hint where to look, so the part that is not signed may give it too. */
function issuerOf(
  hashed: readonly Subpacket[],
  unhashed: readonly Subpacket[],
): Pick<Signature, 'issuerFingerprint' | 'issuerKeyId'> {
  const all = [...hashed, ...unhashed];
  const fingerprint = all.find((s) => s.type === subpackets.issuerFingerprint)?.data;
  const keyId = all.find((s) => s.type === subpackets.issuer)?.data;
  return {
    ...(fingerprint?.length === 21 ? { issuerFingerprint: hex(fingerprint.subarray(1)) } : {}),
    ...(keyId?.length === 8 ? { issuerKeyId: hex(keyId) } : {}),
  };
}

type Statements = 'expiresAfter' | 'keyExpiresAfter' | 'keyFlags' | 'revocationReason';

function statementsOf(hashed: readonly Subpacket[]): Pick<Signature, Statements> {
  const number = (type: number): number | undefined => {
    const data = hashed.find((s) => s.type === type)?.data;
    // 0 means that there is no end.
    return data?.length === 4 && data.readUInt32BE(0) !== 0 ? data.readUInt32BE(0) : undefined;
  };
  const first = (type: number): number | undefined => {
    const found = hashed.find((s) => s.type === type);
    return found === undefined ? undefined : (found.data[0] ?? 0);
  };
  const expiresAfter = number(subpackets.expires);
  const keyExpiresAfter = number(subpackets.keyExpires);
  const keyFlags = first(subpackets.keyFlags);
  const revocationReason = first(subpackets.reason);
  return {
    ...(expiresAfter === undefined ? {} : { expiresAfter }),
    ...(keyExpiresAfter === undefined ? {} : { keyExpiresAfter }),
    ...(keyFlags === undefined ? {} : { keyFlags }),
    ...(revocationReason === undefined ? {} : { revocationReason }),
  };
}

function embeddedOf(all: readonly Subpacket[]): Pick<Signature, 'embedded'> {
  const embedded = all.find((s) => s.type === subpackets.embedded)?.data;
  return embedded === undefined ? {} : { embedded };
}

const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();
