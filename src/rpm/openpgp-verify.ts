import { constants, createHash, publicDecrypt, verify } from 'node:crypto';
import { hashAlgorithms } from './openpgp-algorithms.ts';
import { bigOf, type DsaNumbers, type PublicKey } from './openpgp-key.ts';
import { readIntegers } from './openpgp-packet.ts';
import type { Signature } from './openpgp-signature.ts';

/** Digest of the signed parts and the signature's own trailer; undefined when the hash algorithm is not supported. */
export function signedDigest(
  signature: Signature,
  parts: readonly Uint8Array[],
): Buffer | undefined {
  const algorithm = hashAlgorithms[signature.hashAlgorithm];
  if (algorithm === undefined) return undefined;
  const hash = createHash(algorithm.name);
  for (const part of parts) hash.update(part);
  return hash.update(signature.trailer).digest();
}

/**
 * True only if the key made this signature over this digest. Works on digests, not messages, so that a payload is
 * hashed once while it is downloaded; openpgp.js can do neither that nor version 3 signatures.
 */
export function verifies(key: PublicKey, signature: Signature, digest: Buffer): boolean {
  const { material } = key;
  if (material.kind === 'unsupported' || signature.keyAlgorithm !== key.algorithm) return false;
  if (material.kind === 'rsa') {
    const [value] = readIntegers(signature.values, 1) ?? [];
    const prefix = hashAlgorithms[signature.hashAlgorithm]?.prefix;
    if (value === undefined || prefix === undefined) return false;
    const expected = Buffer.concat([Buffer.from(prefix, 'hex'), digest]);
    return rsaOpens({ key: material.key, bits: material.bits, value, expected });
  }
  const [r, s] = readIntegers(signature.values, 2) ?? [];
  if (r === undefined || s === undefined) return false;
  if (material.kind === 'dsa') return dsaVerifies(material.numbers, digest, [bigOf(r), bigOf(s)]);
  if (r.length > 32 || s.length > 32) return false;
  return verify(null, digest, material.key, Buffer.concat([padded(r, 32), padded(s, 32)]));
}

/** RSASSA-PKCS1-v1_5 over a finished digest: what the signature opens to must be exactly the expected DigestInfo. */
function rsaOpens(check: {
  readonly key: Parameters<typeof publicDecrypt>[0];
  readonly bits: number;
  readonly value: Buffer;
  readonly expected: Buffer;
}): boolean {
  const widthBytes = Math.ceil(check.bits / 8);
  if (check.value.length > widthBytes) return false;
  try {
    const options = { key: check.key, padding: constants.RSA_PKCS1_PADDING };
    const opened = publicDecrypt(
      options as Parameters<typeof publicDecrypt>[0],
      padded(check.value, widthBytes),
    );
    return opened.equals(check.expected);
  } catch {
    return false;
  }
}

function padded(bytes: Buffer, widthBytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(widthBytes - bytes.length), bytes]);
}

/** FIPS 186-4, section 4.7. Only public numbers take part, so timing tells nothing. */
function dsaVerifies(
  { p, q, g, y }: DsaNumbers,
  digest: Buffer,
  [r, s]: readonly [bigint, bigint],
): boolean {
  if (r <= 0n || r >= q || s <= 0n || s >= q) return false;
  const surplus = digest.length * 8 - q.toString(2).length;
  const z = surplus > 0 ? bigOf(digest) >> BigInt(surplus) : bigOf(digest);
  const w = power(s, q - 2n, q);
  const v = (power(g, (z * w) % q, p) * power(y, (r * w) % q, p)) % p;
  return v % q === r;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
