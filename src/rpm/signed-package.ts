import { Fault } from '../model/index.ts';
import { armoredBlocks, armoredBytes } from './armor.ts';
import { entryTypes, entryWidths, type Header } from './header.ts';
import { numberOf, textOf } from './header-values.ts';
import { hashAlgorithms } from './openpgp-algorithms.ts';
import { isUnreadable, packetTags, readPackets } from './openpgp-packet.ts';
import { parseSignature } from './openpgp-signature.ts';
import { asBuffer, headBorders, parseHead } from './package-layout.ts';
import { signatureTags, tags } from './tags.ts';

/**
 * The bytes of a package that its signature is over: the main header, which carries the digest of the payload. Throws
 * `NotSignable` for packages of rpm before 4.14 that have no such digest, as a signature would not reach their payload.
 */
export function bytesToSign(head: Uint8Array, object: string): Uint8Array {
  const { main, mainBytes } = parseHead(asBuffer(head), object);
  const algorithm = hashAlgorithms[numberOf(main, tags.payloadDigestAlgorithm) ?? 8];
  const covered = textOf(main, tags.payloadDigest) !== undefined;
  if (covered && algorithm !== undefined && algorithm.weakness === undefined) return mainBytes;
  throw new Fault('NotSignable', {
    object,
    check: 'main header has a strong digest of the payload, so that its signature covers both',
    found: 'a package in the format before rpm 4.14',
    fix: 'Leave the package out with a policy (action: skip), rebuild it, or write sign.packages: keep in the channel.',
  });
}

/** The one binary packet in an armored signature. Throws `SignatureInvalid`. */
export function signaturePacket(armored: string): Buffer {
  const [block] = armoredBlocks(armored);
  const bytes = block && armoredBytes(block);
  const packets = bytes && readPackets(bytes, 1);
  if (!bytes || !packets || isUnreadable(packets) || packets[0]?.tag !== packetTags.signature) {
    throw notOneSignature('an armored block with one signature packet');
  }
  return bytes;
}

function notOneSignature(expected: string): Fault {
  return new Fault('SignatureInvalid', {
    object: 'signature',
    check: 'what the signer answered',
    expected,
    fix: 'Check the signer and its key: sluice key list',
  });
}

/** Tags of signatures by anybody; what else stands in a signature header (digests, sizes, IMA) stays. */
const replaced: ReadonlySet<number> = new Set([
  signatureTags.dsaHeader,
  signatureTags.rsaHeader,
  signatureTags.openpgp,
  signatureTags.pgp,
  signatureTags.gpg,
]);

/**
 * Everything before a package's payload, with one signature over the main header instead of all that were there. The
 * space that rpmbuild reserves for signatures gives way, so that the file stays as long as it was; without reserve, or
 * with too little, it grows. `rpmsign --delsign` takes the signature out again. Bytes in, bytes out.
 */
export function withSignature(head: Uint8Array, packet: Uint8Array, object: string): Buffer {
  const bytes = asBuffer(head);
  const parsed = parseHead(bytes, object);
  const kept = entriesOf(parsed.signature).filter((e) => !replaced.has(e.tag));
  const signature = { tag: tagFor(packet), type: entryTypes.bytes, count: packet.length };
  const entries = [...kept, { ...signature, data: asBuffer(packet) }];
  const written = fittedHeader(entries, signatureHeaderBytes(bytes, object));
  const padding = Buffer.alloc((8 - (written.length % 8)) % 8);
  return Buffer.concat([bytes.subarray(0, leadBytes), written, padding, parsed.mainBytes]);
}

const leadBytes = 96;

function signatureHeaderBytes(bytes: Buffer, object: string): number {
  const borders = headBorders(bytes, object);
  return borders.kind === 'known' ? borders.signatureEnd - leadBytes : 0;
}

/** Where rpm looks for a signature over the main header, by its algorithm (`rpmtag.h`). */
function tagFor(packet: Uint8Array): number {
  const packets = readPackets(asBuffer(packet), 1);
  const body = isUnreadable(packets) ? undefined : packets[0]?.body;
  const signature = body && parseSignature(body);
  if (signature === undefined || isUnreadable(signature)) {
    throw notOneSignature('an OpenPGP signature of version 4');
  }
  if (signature.keyAlgorithm === 1) return signatureTags.rsaHeader;
  if (signature.keyAlgorithm === 22) return signatureTags.dsaHeader;
  throw notOneSignature('a signature by RSA or EdDSA');
}

interface WrittenEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

function entriesOf(header: Header): readonly WrittenEntry[] {
  return [...header.entries.values()].map(({ tag, type, count, offset, lengthBytes }) => ({
    ...{ tag, type, count },
    data: header.store.subarray(offset, offset + lengthBytes),
  }));
}

/** Takes from the reserve what the header is too long, or gives to it what it is too short. */
function fittedHeader(entries: readonly WrittenEntry[], wantedBytes: number): Buffer {
  const written = headerBytes(entries);
  const reserve = entries.find((e) => e.tag === signatureTags.reservedSpace);
  if (reserve === undefined) return written;
  const count = reserve.count - (written.length - wantedBytes);
  const others = entries.filter((e) => e !== reserve);
  if (count < 1) return headerBytes(others);
  return headerBytes([...others, { ...reserve, count, data: Buffer.alloc(count) }]);
}

const magic = Buffer.from('8eade80100000000', 'hex');

/** A signature header as rpm writes it (rpm manual, "RPM V4 header format"): region first, its trailer last. */
function headerBytes(unsorted: readonly WrittenEntry[]): Buffer {
  const entries = unsorted.toSorted((a, b) => a.tag - b.tag);
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  const put = (bytes: Buffer): void => {
    data.push(bytes);
    offset += bytes.length;
  };
  for (const entry of entries) {
    const width = entry.type === entryTypes.bytes ? 1 : (entryWidths[entry.type] ?? 1);
    put(Buffer.alloc((width - (offset % width)) % width));
    index.push(indexEntry(entry.tag, entry.type, [offset, entry.count]));
    put(entry.data);
  }
  const region = indexEntry(signatureTags.region, entryTypes.bytes, [offset, 16]);
  const trailer = [-16 * (entries.length + 1), 16] as const;
  put(indexEntry(signatureTags.region, entryTypes.bytes, trailer));
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(entries.length + 1, 0);
  sizes.writeUInt32BE(offset, 4);
  return Buffer.concat([magic, sizes, region, ...index, ...data]);
}

function indexEntry(tag: number, type: number, [offset, count]: readonly [number, number]): Buffer {
  const entry = Buffer.alloc(16);
  for (const [i, value] of [tag, type, offset, count].entries()) entry.writeInt32BE(value, i * 4);
  return entry;
}
