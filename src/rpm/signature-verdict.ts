import { type Code, Fault, type Weakness } from '../model/index.ts';
import { type CertifiedKey, notForSigning } from './certificate.ts';
import { type Keyring, keyringFingerprints, type PinnedKey } from './keyring.ts';
import {
  hashAlgorithmLabel,
  hashAlgorithms,
  keyAlgorithmLabel,
  minimumRsaBits,
} from './openpgp-algorithms.ts';
import { keyWeakness } from './openpgp-key.ts';
import { isUnreadable, type Unreadable } from './openpgp-packet.ts';
import { type Signature, signatureTypes } from './openpgp-signature.ts';
import { verifies } from './openpgp-verify.ts';

/** One signature and what it should sign. */
export interface SignatureCase {
  readonly object: string;
  readonly signature: Signature | Unreadable;
  readonly digest: Buffer | undefined;
  /** The signature type that is expected: over binary data, but for clear-signed metadata. */
  readonly type?: number;
  /** Seconds since 1970. */
  readonly now: number;
  /** `now`: the key must be good today. `then`: a key that has expired since may have signed before. */
  readonly keyMustBeGood: 'now' | 'then';
  readonly excused: (weakness: Weakness) => boolean;
}

export type SignatureVerdict =
  | { readonly kind: 'counts'; readonly key: PinnedKey; readonly weaknesses: readonly Weakness[] }
  | { readonly kind: 'refused'; readonly fault: Fault };

/** Clocks of signers may be this much ahead. */
const clockToleranceSeconds = 86_400;

/**
 * Judges one signature against the pinned keys, by our own floor and not by that of a library (rpm 4.18 accepts expired
 * and revoked keys). It counts only if a pinned key made it, the key was usable, and each weakness is excused by name.
 */
export function judgeSignature(keyring: Keyring, subject: SignatureCase): SignatureVerdict {
  const { signature } = subject;
  if (isUnreadable(signature)) {
    return refuse(subject, 'SignatureInvalid', {
      check: 'signature is understood',
      found: signature.problem,
    });
  }
  const form = formFault(signature, subject);
  if (form !== undefined) return { kind: 'refused', fault: form };
  const [first, ...others] = keyring.keys.filter((k) => mayHaveMade(k, signature));
  if (first === undefined) return refuse(subject, 'KeyNotPinned', notPinned(keyring, signature));
  const usable = [first, ...others].filter((k) => k.key.material.kind !== 'unsupported');
  if (usable.length === 0) return refuse(subject, 'KeyUnusable', problemOf(first));
  const maker = usable.find(
    (k) => subject.digest !== undefined && verifies(k.key, signature, subject.digest),
  );
  if (maker === undefined) {
    return refuse(subject, 'SignatureInvalid', {
      check: `signature by key ${usable[0]?.key.fingerprint} is over these bytes`,
      fix: 'Do not use this file. Fetch it again from another mirror; if it stays like this, tell the vendor.',
    });
  }
  return judgeMaker({ maker, signature, subject });
}

interface Complaint {
  readonly check: string;
  readonly expected?: string;
  readonly found?: string;
  readonly fix?: string;
}

function refuse(subject: SignatureCase, code: Code, complaint: Complaint): SignatureVerdict {
  return { kind: 'refused', fault: faultOf(subject, code, complaint) };
}

function faultOf(subject: SignatureCase, code: Code, complaint: Complaint): Fault {
  const fix =
    'Ask the vendor for a signature that counts, or name an exception in the upstream file.';
  return new Fault(code, { object: subject.object, fix, ...complaint });
}

/** What can be said before any key is known. */
function formFault(signature: Signature, subject: SignatureCase): Fault | undefined {
  if (signature.type !== (subject.type ?? signatureTypes.binary)) {
    const found =
      signature.type === signatureTypes.text ? 'a text-mode signature' : `type ${signature.type}`;
    const expected = 'a signature over binary data';
    return faultOf(subject, 'SignatureInvalid', { check: 'signature type', expected, found });
  }
  if (hashAlgorithms[signature.hashAlgorithm] === undefined) {
    const found = hashAlgorithmLabel(signature.hashAlgorithm);
    return faultOf(subject, 'SignatureWeak', {
      check: 'hash algorithm of the signature',
      expected: 'SHA-256, SHA-384 or SHA-512',
      found,
    });
  }
  if (![1, 3, 17, 22].includes(signature.keyAlgorithm)) {
    return faultOf(subject, 'SignatureWeak', {
      check: 'public-key algorithm of the signature',
      expected: 'RSA or EdDSA',
      found: keyAlgorithmLabel(signature.keyAlgorithm),
    });
  }
  return dateFault(signature, subject);
}

function dateFault(signature: Signature, subject: SignatureCase): Fault | undefined {
  if (signature.created > subject.now + clockToleranceSeconds) {
    const found = day(signature.created);
    return faultOf(subject, 'SignatureInvalid', {
      check: 'signature is not from the future',
      found,
    });
  }
  const end = signature.created + (signature.expiresAfter ?? Number.POSITIVE_INFINITY);
  if (end > subject.now) return undefined;
  return faultOf(subject, 'SignatureInvalid', {
    check: 'signature has not expired',
    found: day(end),
  });
}

/** Key ids only say where to look: any number of keys may share one, and the signature decides. */
function mayHaveMade(pinned: PinnedKey, signature: Signature): boolean {
  const { fingerprint } = pinned.key;
  if (signature.issuerFingerprint !== undefined) return fingerprint === signature.issuerFingerprint;
  return signature.issuerKeyId === undefined || fingerprint.endsWith(signature.issuerKeyId);
}

function notPinned(keyring: Keyring, signature: Signature): Complaint {
  const pinned = keyringFingerprints(keyring);
  const more = pinned.length > 3 ? ` and ${pinned.length - 3} more` : '';
  const found = signature.issuerFingerprint ?? signature.issuerKeyId ?? 'no issuer named';
  return {
    check: 'signature is by a pinned key',
    expected: `${pinned.slice(0, 3).join(', ') || 'a key in the upstream file'}${more}`,
    found,
    fix: `If the vendor really signs with ${found}, add that public key to the upstream's keys.`,
  };
}

function problemOf(pinned: CertifiedKey): Complaint {
  return {
    check: `key ${pinned.key.fingerprint} can be used`,
    found: pinned.problem ?? 'unsupported',
  };
}

/** A genuine signature, its maker and the circumstances. */
interface Made {
  readonly maker: PinnedKey;
  readonly signature: Signature;
  readonly subject: SignatureCase;
}

/** The signature is genuine; now its maker must be good enough. */
function judgeMaker(made: Made): SignatureVerdict {
  const { maker, signature, subject } = made;
  // A subkey is worth no more than the key that vouches for it.
  const chain = maker.key === maker.primary.key ? [maker] : [maker, maker.primary];
  const weaknesses = new Set<Weakness>();
  for (const link of chain) {
    const complaint = keyComplaint(link, made);
    if (complaint === 'expired') weaknesses.add('expired-key');
    else if (complaint !== undefined) return refuse(subject, 'KeyUnusable', complaint);
    const weakness = keyWeakness(link.key);
    if (weakness !== undefined) weaknesses.add(weakness);
  }
  const hash = hashAlgorithms[signature.hashAlgorithm]?.weakness;
  if (hash !== undefined) weaknesses.add(hash);
  const unexcused = [...weaknesses].find((w) => !tolerated(w, made));
  if (unexcused === undefined) return { kind: 'counts', key: maker, weaknesses: [...weaknesses] };
  return refuse(subject, weaknessCode(unexcused), weaknessComplaint(unexcused, maker, signature));
}

function keyComplaint(link: CertifiedKey, made: Made): Complaint | 'expired' | undefined {
  const { maker, signature, subject } = made;
  const { fingerprint, created } = link.key;
  // A primary key that only certifies may still vouch for a signing subkey.
  if (link.problem !== undefined && (link === maker || link.problem !== notForSigning)) {
    return problemOf(link);
  }
  if (signature.created < created) {
    const check = `signature is younger than its key ${fingerprint}`;
    return { check, expected: day(created), found: day(signature.created) };
  }
  const { revoked } = link;
  const voids = subject.keyMustBeGood === 'now' || revoked?.kind === 'hard';
  if (revoked !== undefined && (voids || signature.created >= revoked.at)) {
    return {
      check: `key ${fingerprint} is not revoked`,
      found: `revoked on ${day(revoked.at)}: ${revoked.reason}`,
      fix: "Take the key out of the upstream's keys and ask the vendor which one replaces it.",
    };
  }
  return link.expires !== undefined && link.expires <= subject.now ? 'expired' : undefined;
}

function tolerated(weakness: Weakness, { maker, signature, subject }: Made): boolean {
  if (subject.excused(weakness)) return true;
  if (weakness !== 'expired-key' || subject.keyMustBeGood === 'now') return false;
  return signature.created < endOf(maker);
}

function endOf(maker: PinnedKey): number {
  const never = Number.POSITIVE_INFINITY;
  return Math.min(maker.expires ?? never, maker.primary.expires ?? never);
}

const weaknessCode = (weakness: Weakness): Code =>
  weakness === 'sha1' || weakness === 'md5' ? 'SignatureWeak' : 'KeyUnusable';

function weaknessComplaint(weakness: Weakness, maker: PinnedKey, signature: Signature): Complaint {
  const { fingerprint, algorithm, material } = maker.key;
  const fix = `Ask the vendor to sign anew, or add {allow: ${weakness}, until: …, reason: …} to the upstream's exceptions.`;
  if (weakness === 'expired-key') {
    const end = endOf(maker);
    const found = `expired on ${day(end)}, signed on ${day(signature.created)}`;
    const renew = `If the vendor extended the key, replace ${maker.file} by the new copy. ${fix}`;
    return { check: `key ${fingerprint} has not expired`, found, fix: renew };
  }
  if (weakness === 'dsa' || weakness === 'short-rsa') {
    const bits = material.kind === 'rsa' ? `-${material.bits}` : '';
    const expected = `RSA of ${minimumRsaBits} bits or more, or EdDSA`;
    const found = `${keyAlgorithmLabel(algorithm)}${bits}`;
    return { check: `key ${fingerprint} is strong enough`, expected, found, fix };
  }
  const found = hashAlgorithmLabel(signature.hashAlgorithm);
  const expected = 'SHA-256, SHA-384 or SHA-512';
  return { check: 'hash algorithm of the signature', expected, found, fix };
}

const day = (seconds: number): string =>
  Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString().slice(0, 10) : 'never';
