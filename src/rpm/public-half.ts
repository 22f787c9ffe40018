import { armored, armoredBlocks, armoredBytes } from './armor.ts';
import { minimumRsaBits } from './openpgp-algorithms.ts';
import { parsePublicKey } from './openpgp-key.ts';
import { isUnreadable, packetTags, readPackets, takeIntegers } from './openpgp-packet.ts';

/**
 * Fingerprint and public half of a private key as this program makes them: one key without a passphrase, one name, and
 * one signature that binds the two. undefined for every other key, and for a damaged one; openpgp.js has to be asked
 * then, which takes longer to load than most commands run.
 */
export function publicHalf(
  armoredKey: string,
): { readonly fingerprint: string; readonly text: string } | undefined {
  const [block, second] = armoredBlocks(armoredKey);
  if (block?.label !== 'PRIVATE KEY BLOCK' || second !== undefined) return undefined;
  const bytes = armoredBytes(block);
  const packets = bytes === undefined ? [] : readPackets(bytes, 3);
  if (isUnreadable(packets)) return undefined;
  const [secret, name, certification, ...others] = packets;
  const isPlain = name?.tag === packetTags.userId && certification?.tag === packetTags.signature;
  if (secret?.tag !== packetTags.secretKey || !isPlain || others.length > 0) return undefined;
  const body = publicPart(secret.body);
  const key = body && parsePublicKey(body);
  if (!body || !key) return undefined;
  const { material } = key;
  const isAccepted =
    material.kind === 'ed25519' || (material.kind === 'rsa' && material.bits >= minimumRsaBits);
  if (!isAccepted) return undefined;
  const half = [
    packet(packetTags.publicKey, body),
    packet(packetTags.userId, name.body),
    packet(packetTags.signature, certification.body),
  ];
  const text = armored('PUBLIC KEY BLOCK', Buffer.concat(half), { checksum: true });
  return { fingerprint: key.fingerprint, text };
}

/** How many numbers a key has in public and in secret, and the bytes before them, by its algorithm. */
const shapes: Readonly<Record<number, { before: number; open: number; secret: number }>> = {
  1: { before: 0, open: 2, secret: 4 },
  3: { before: 0, open: 2, secret: 4 },
  // An object identifier of nine bytes behind its length.
  22: { before: 10, open: 1, secret: 1 },
};

/** The front of a version 4 secret key packet, if its end is neither encrypted nor damaged (RFC 9580, section 5.5.3). */
function publicPart(body: Buffer): Buffer | undefined {
  const shape = shapes[body[5] ?? 0];
  if (body[0] !== 4 || shape === undefined) return undefined;
  const { before, open, secret } = shape;
  const { rest } = takeIntegers(body.subarray(6 + before), open);
  if (rest[0] !== 0) return undefined;
  const numbers = takeIntegers(rest.subarray(1), secret);
  if (numbers.integers.length !== secret || numbers.rest.length !== 2) return undefined;
  const sum = rest.subarray(1, -2).reduce((total, byte) => (total + byte) & 0xffff, 0);
  return numbers.rest.readUInt16BE(0) === sum ? body.subarray(0, -rest.length) : undefined;
}

/** A packet with a header of the newer form (RFC 9580, section 4.2.1). */
function packet(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xc0 | tag, ...lengthOf(body.length)]), body]);
}

function lengthOf(size: number): readonly number[] {
  if (size < 192) return [size];
  if (size < 8384) return [((size - 192) >> 8) + 192, (size - 192) & 0xff];
  return [255, size >>> 24, (size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff];
}
