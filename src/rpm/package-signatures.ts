import { createHash, type Hash } from 'node:crypto';
import type { Header } from './header.ts';
import { bytesOf, textsOf } from './header-values.ts';
import { hashAlgorithms } from './openpgp-algorithms.ts';
import { isUnreadable, type Unreadable } from './openpgp-packet.ts';
import { readSignature, type Signature } from './openpgp-signature.ts';
import { signedDigest } from './openpgp-verify.ts';
import { asBuffer, parseHead } from './package-layout.ts';
import { signatureTags } from './tags.ts';

/** A signature of a package as it was found; nothing about it has been judged. */
export interface RawSignature {
  readonly tag: number;
  readonly covers: 'header' | 'header+payload';
  readonly signature: Signature | Unreadable;
  /** Over what it covers and its own trailer; undefined when the signature or its hash algorithm is not understood. */
  readonly digest: Buffer | undefined;
}

const binaryTags = [
  { tag: signatureTags.rsaHeader, covers: 'header' },
  { tag: signatureTags.dsaHeader, covers: 'header' },
  { tag: signatureTags.pgp, covers: 'header+payload' },
  { tag: signatureTags.gpg, covers: 'header+payload' },
] as const;

/** Hashes what the signatures cover while the file passes by. */
export interface SignatureHashing {
  update(chunk: Uint8Array): void;
  finish(): readonly RawSignature[];
}

export function hashSignatures(signatureHeader: Header, mainBytes: Buffer): SignatureHashing {
  const found = foundSignatures(signatureHeader);
  const running = new Map<number, Hash>();
  for (const { covers, signature } of found) {
    if (covers === 'header' || isUnreadable(signature)) continue;
    const algorithm = hashAlgorithms[signature.hashAlgorithm];
    if (algorithm === undefined || running.has(signature.hashAlgorithm)) continue;
    running.set(signature.hashAlgorithm, createHash(algorithm.name).update(mainBytes));
  }
  const digest = ({ covers, signature }: Found): Buffer | undefined => {
    if (isUnreadable(signature)) return undefined;
    if (covers === 'header') return signedDigest(signature, [mainBytes]);
    return running.get(signature.hashAlgorithm)?.copy().update(signature.trailer).digest();
  };
  return {
    update: (chunk) => {
      for (const hash of running.values()) hash.update(chunk);
    },
    finish: () => found.map((f) => ({ ...f, digest: digest(f) })),
  };
}

type Found = Omit<RawSignature, 'digest'>;

function foundSignatures(header: Header): readonly Found[] {
  const binary = binaryTags.flatMap(({ tag, covers }): Found[] => {
    const bytes = bytesOf(header, tag);
    return bytes === undefined ? [] : [{ tag, covers, signature: readSignature(bytes) }];
  });
  // rpm 6 keeps any number of header signatures as base64 texts.
  const texts = textsOf(header, signatureTags.openpgp).map((text): Found => {
    const signature = readSignature(Buffer.from(text, 'base64'));
    return { tag: signatureTags.openpgp, covers: 'header', signature };
  });
  return [...binary, ...texts];
}

/** Who the signatures in a package's head name as their makers: fingerprints, or the last 16 digits of them. */
export function signersNamed(head: Uint8Array, object: string): readonly string[] {
  return foundSignatures(parseHead(asBuffer(head), object).signature).flatMap(({ signature }) => {
    if (isUnreadable(signature)) return [];
    return signature.issuerFingerprint ?? signature.issuerKeyId ?? [];
  });
}
