import { createHash, generateKeyPairSync, type KeyObject, sign as signWithKey } from 'node:crypto';

/**
 * Writes OpenPGP keys and signatures of every age and algorithm, also such as no tool makes any more: version 3 packets,
 * MD5, keys from the past, bindings that are missing. Only for tests.
 */
export type Algorithm = 'rsa2048' | 'rsa1024' | 'dsa1024' | 'ed25519';

export interface WrittenKey {
  readonly algorithm: number;
  readonly body: Buffer;
  readonly fingerprint: string;
  readonly created: number;
  /** Algorithm-specific values of a signature over this data. */
  readonly values: (hashId: number, data: Buffer) => Buffer;
}

const hashNames: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  3: 'ripemd160',
  8: 'sha256',
  10: 'sha512',
};

const pairs = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>();

/** A key dated `created` (seconds since 1970); `number` tells keys of one algorithm apart. */
export function writeKey(algorithm: Algorithm, created: number, number = 0): WrittenKey {
  const name = `${algorithm} ${number}`;
  const pair = pairs.get(name) ?? generate(algorithm);
  pairs.set(name, pair);
  const id = algorithm === 'ed25519' ? 22 : algorithm === 'dsa1024' ? 17 : 1;
  const head = Buffer.alloc(6);
  head.writeUInt8(4);
  head.writeUInt32BE(created, 1);
  head.writeUInt8(id, 5);
  const body = Buffer.concat([head, publicValues(algorithm, pair.publicKey)]);
  const fingerprint = createHash('sha1').update(framed(body)).digest('hex').toUpperCase();
  return {
    algorithm: id,
    body,
    fingerprint,
    created,
    values: (hashId, data) => signatureValues(id, pair.privateKey, { hashId, data }),
  };
}

function generate(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'ed25519') return generateKeyPairSync('ed25519');
  if (algorithm === 'dsa1024') {
    return generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
  }
  return generateKeyPairSync('rsa', { modulusLength: Number(algorithm.slice(3)) });
}

function publicValues(algorithm: Algorithm, key: KeyObject): Buffer {
  if (algorithm === 'dsa1024') return Buffer.concat(dsaIntegers(key).map(integer));
  const jwk = key.export({ format: 'jwk' });
  const part = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');
  if (algorithm === 'ed25519') {
    const point = Buffer.concat([Buffer.from([0x40]), part(jwk.x)]);
    return Buffer.concat([Buffer.from('092b06010401da470f01', 'hex'), integer(point)]);
  }
  return Buffer.concat([integer(part(jwk.n)), integer(part(jwk.e))]);
}

/** p, q, g and y out of the DER form, the only one that node gives of a DSA key. */
function dsaIntegers(key: KeyObject): readonly Buffer[] {
  const found: Buffer[] = [];
  const walk = (der: Buffer): void => {
    for (let at = 0; at < der.length; ) {
      const wide = (der[at + 1] ?? 0) & 0x80 ? (der[at + 1] ?? 0) & 0x7f : 0;
      const length = wide === 0 ? (der[at + 1] ?? 0) : der.readUIntBE(at + 2, wide);
      const start = at + 2 + wide;
      const content = der.subarray(start, start + length);
      if (der[at] === 0x30) walk(content);
      if (der[at] === 0x03) walk(content.subarray(1));
      if (der[at] === 0x02) found.push(content);
      at = start + length;
    }
  };
  walk(key.export({ format: 'der', type: 'spki' }));
  return found;
}

function signatureValues(
  id: number,
  key: KeyObject,
  { hashId, data }: { readonly hashId: number; readonly data: Buffer },
): Buffer {
  const hash = hashNames[hashId] ?? 'sha256';
  if (id === 1) return integer(signWithKey(hash, data, key));
  const both =
    id === 22
      ? signWithKey(null, createHash(hash).update(data).digest(), key)
      : signWithKey(hash, data, { key, dsaEncoding: 'ieee-p1363' });
  const half = both.length / 2;
  return Buffer.concat([integer(both.subarray(0, half)), integer(both.subarray(half))]);
}

function integer(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const significant = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  const head = Buffer.alloc(2);
  const top = significant[0] ?? 0;
  head.writeUInt16BE(significant.length === 0 ? 0 : significant.length * 8 - Math.clz32(top) + 24);
  return Buffer.concat([head, significant]);
}

export interface SignatureRecipe {
  readonly version?: 3 | 4;
  readonly type?: number;
  readonly hashId?: number;
  /** Seconds since 1970. */
  readonly created: number;
  /** Further hashed subpackets. */
  readonly subpackets?: readonly Buffer[];
  /** Names another key as the issuer. */
  readonly issuer?: string;
}

/** The body of a signature packet over these bytes. */
export function signatureBody(key: WrittenKey, data: Buffer, recipe: SignatureRecipe): Buffer {
  const { version = 4, type = 0, hashId = 8, created, subpackets = [] } = recipe;
  const time = Buffer.alloc(4);
  time.writeUInt32BE(created);
  const issuer = Buffer.from(recipe.issuer ?? key.fingerprint, 'hex');
  const left = Buffer.alloc(2);
  if (version === 3) {
    const trailer = Buffer.concat([Buffer.from([type]), time]);
    const head = Buffer.concat([Buffer.from([3, 5]), trailer, issuer.subarray(-8)]);
    const algorithms = Buffer.from([key.algorithm, hashId]);
    const values = key.values(hashId, Buffer.concat([data, trailer]));
    return Buffer.concat([head, algorithms, left, values]);
  }
  const stated = [subpacket(2, time), subpacket(33, Buffer.concat([Buffer.from([4]), issuer]))];
  const area = Buffer.concat([...stated, ...subpackets]);
  const lengths = Buffer.alloc(2);
  lengths.writeUInt16BE(area.length);
  const hashed = Buffer.concat([Buffer.from([4, type, key.algorithm, hashId]), lengths, area]);
  const trailer = Buffer.alloc(6);
  trailer.writeUInt16BE(0x04ff);
  trailer.writeUInt32BE(hashed.length, 2);
  const values = key.values(hashId, Buffer.concat([data, hashed, trailer]));
  return Buffer.concat([hashed, Buffer.alloc(2), left, values]);
}

export function signaturePacket(key: WrittenKey, data: Buffer, recipe: SignatureRecipe): Buffer {
  return packet(2, signatureBody(key, data, recipe));
}

export function subpacket(type: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([data.length + 1, type]), data]);
}

export function seconds(type: number, value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return subpacket(type, data);
}

export function packet(tag: number, body: Buffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt8(0xc0 | tag);
  head.writeUInt8(0xff, 1);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}

export function framed(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 0xff]), body]);
}

export function length(bytes: Buffer): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(bytes.length);
  return four;
}

export function armor(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PGP ${label}-----\n\n${lines.join('\n')}\n-----END PGP ${label}-----\n`;
}
