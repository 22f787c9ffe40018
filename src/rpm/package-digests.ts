import { createHash, type Hash } from 'node:crypto';
import { notAPackage } from './header.ts';
import { bytesOf, numberOf, textOf } from './header-values.ts';
import { hashAlgorithms } from './openpgp-algorithms.ts';
import type { PackageHead } from './package-layout.ts';
import { signatureTags, tags } from './tags.ts';

const headerDigests = [
  { tag: signatureTags.sha1Header, name: 'sha1' },
  { tag: signatureTags.sha256Header, name: 'sha256' },
  { tag: signatureTags.sha3Header, name: 'sha3-256' },
] as const;

/** Compares the digests of the main header that the signature header names. Throws `PackageInvalid`. */
export function checkHeaderDigests(head: PackageHead, object: string): readonly string[] {
  return headerDigests.flatMap(({ tag, name }) => {
    const expected = textOf(head.signature, tag);
    if (expected === undefined) return [];
    const found = createHash(name).update(head.mainBytes).digest('hex');
    if (found !== expected) throw notAPackage(object, `header ${name}`, { expected, found });
    return [name];
  });
}

interface Running {
  readonly what: string;
  readonly hash: Hash;
  readonly expected: string;
}

/** Hashes the payload while it passes by and compares at the end. */
export interface PayloadDigests {
  /** The signed header carries a digest of the payload that is strong enough to stand for it. */
  readonly strongInHeader: boolean;
  update(chunk: Uint8Array): void;
  /** `payloadBytes`: how many came. Throws `PackageInvalid`. */
  finish(payloadBytes: number): void;
}

export function hashPayload(head: PackageHead, object: string): PayloadDigests {
  const inHeader = digestInHeader(head, object);
  const inSignature = digestInSignature(head);
  const running = [inHeader, inSignature].filter((r) => r !== undefined);
  if (running.length === 0) {
    throw notAPackage(object, 'some digest covers the payload');
  }
  return {
    strongInHeader: inHeader !== undefined,
    update: (chunk) => {
      for (const { hash } of running) hash.update(chunk);
    },
    finish: (payloadBytes) => {
      checkSize(head, payloadBytes, object);
      for (const { what, hash, expected } of running) {
        const found = hash.digest('hex');
        if (found !== expected) throw notAPackage(object, what, { expected, found });
      }
    },
  };
}

function digestInHeader(head: PackageHead, object: string): Running | undefined {
  const expected = textOf(head.main, tags.payloadDigest);
  if (expected === undefined) return undefined;
  const id = numberOf(head.main, tags.payloadDigestAlgorithm) ?? 8;
  const algorithm = hashAlgorithms[id];
  if (algorithm === undefined || algorithm.weakness !== undefined) {
    throw notAPackage(object, 'payload digest has a supported algorithm', {
      found: `algorithm ${id}`,
    });
  }
  const hash = createHash(algorithm.name);
  return { what: `payload ${algorithm.name}`, hash, expected };
}

/** MD5 over header and payload is all that packages before rpm 4.14 have; it finds damage, not malice. */
function digestInSignature(head: PackageHead): Running | undefined {
  const expected = bytesOf(head.signature, signatureTags.md5)?.toString('hex');
  if (expected === undefined) return undefined;
  return { what: 'file md5', hash: createHash('md5').update(head.mainBytes), expected };
}

function checkSize(head: PackageHead, payloadBytes: number, object: string): void {
  const expected =
    numberOf(head.signature, signatureTags.longSize) ??
    numberOf(head.signature, signatureTags.size);
  const found = head.mainBytes.length + payloadBytes;
  if (expected === undefined || expected === found) return;
  throw notAPackage(object, 'size of header and payload', {
    expected: `${expected} bytes`,
    found: `${found} bytes`,
  });
}
