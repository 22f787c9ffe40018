import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Weakness } from '../model/index.ts';
import { keyAlgorithmLabel, minimumRsaBits } from './openpgp-algorithms.ts';
import { readIntegers, takeIntegers } from './openpgp-packet.ts';

/** Numbers of a DSA key; node:crypto cannot verify DSA over a finished digest. */
export interface DsaNumbers {
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  readonly y: bigint;
}

/** How signatures of a key are verified, or why they never count. */
export type KeyMaterial =
  | { readonly kind: 'rsa'; readonly key: KeyObject; readonly bits: number }
  | { readonly kind: 'ed25519'; readonly key: KeyObject }
  | { readonly kind: 'dsa'; readonly numbers: DsaNumbers }
  | { readonly kind: 'unsupported'; readonly problem: string };

/** One public key or subkey packet. */
export interface PublicKey {
  /** Upper-case hex: 40 digits of a version 4 key, 64 of a version 6 key. */
  readonly fingerprint: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly algorithm: number;
  readonly material: KeyMaterial;
  readonly body: Buffer;
}

/** Reads a public key packet's body; undefined when it is damaged beyond having a fingerprint. */
export function parsePublicKey(body: Buffer): PublicKey | undefined {
  const version = body[0];
  if (body.length < 6 || version === undefined) return undefined;
  const created = body.readUInt32BE(1);
  const algorithm = body.readUInt8(5);
  if (version !== 4) {
    const material = unsupported(`OpenPGP version ${version} key`);
    return { fingerprint: otherFingerprint(body, version), created, algorithm, material, body };
  }
  const fingerprint = createHash('sha1').update(keyFrame(body)).update(body).digest('hex');
  const material = materialOf(algorithm, body.subarray(6));
  return { fingerprint: fingerprint.toUpperCase(), created, algorithm, material, body };
}

/** What stands before a version 4 key wherever it is hashed. */
export function keyFrame(body: Buffer): Buffer {
  return Buffer.from([0x99, body.length >> 8, body.length & 0xff]);
}

const unsupported = (problem: string): KeyMaterial => ({ kind: 'unsupported', problem });

function otherFingerprint(body: Buffer, version: number): string {
  const frame = Buffer.alloc(5);
  frame.writeUInt8(version === 6 ? 0x9b : 0x9a);
  frame.writeUInt32BE(body.length, 1);
  return createHash('sha256').update(frame).update(body).digest('hex').toUpperCase();
}

function materialOf(algorithm: number, values: Buffer): KeyMaterial {
  if (algorithm === 1 || algorithm === 3) return rsaOf(values);
  if (algorithm === 17) return dsaOf(values);
  if (algorithm === 22) return ed25519Of(values);
  return unsupported(`${keyAlgorithmLabel(algorithm)} key`);
}

function rsaOf(values: Buffer): KeyMaterial {
  const [n, e] = readIntegers(values, 2) ?? [];
  if (n === undefined || e === undefined || n.length > 2048 || e.length > 8) {
    return unsupported('damaged RSA key');
  }
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') };
  const key = keyObject(jwk);
  const bits = key?.asymmetricKeyDetails?.modulusLength;
  if (key === undefined || bits === undefined) return unsupported('damaged RSA key');
  return { kind: 'rsa', key, bits };
}

/** Object identifier of Ed25519 in the older OpenPGP form, with its length. */
const ed25519Oid = Buffer.from('092b06010401da470f01', 'hex');

function ed25519Of(values: Buffer): KeyMaterial {
  if (!values.subarray(0, ed25519Oid.length).equals(ed25519Oid)) {
    return unsupported('EdDSA key on a curve other than Ed25519');
  }
  const [point] = readIntegers(values.subarray(ed25519Oid.length), 1) ?? [];
  if (point?.length !== 33 || point[0] !== 0x40) return unsupported('damaged EdDSA key');
  const x = point.subarray(1).toString('base64url');
  const key = keyObject({ kty: 'OKP', crv: 'Ed25519', x });
  return key === undefined ? unsupported('damaged EdDSA key') : { kind: 'ed25519', key };
}

function keyObject(jwk: Readonly<Record<string, string>>): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function dsaOf(values: Buffer): KeyMaterial {
  const { integers, rest } = takeIntegers(values, 4);
  const [p, q, g, y] = integers;
  const whole = rest.length === 0 && p !== undefined && q !== undefined;
  if (!whole || g === undefined || y === undefined || p.length > 512 || q.length > 64) {
    return unsupported('damaged DSA key');
  }
  const numbers = { p: bigOf(p), q: bigOf(q), g: bigOf(g), y: bigOf(y) };
  const sane = numbers.q > 1n && numbers.p > numbers.q && numbers.g > 1n && numbers.y > 1n;
  return sane ? { kind: 'dsa', numbers } : unsupported('damaged DSA key');
}

export function bigOf(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}

/** What is below the floor about a key's algorithm. */
export function keyWeakness(key: PublicKey): Weakness | undefined {
  if (key.material.kind === 'dsa') return 'dsa';
  if (key.material.kind === 'rsa' && key.material.bits < minimumRsaBits) return 'short-rsa';
  return undefined;
}
