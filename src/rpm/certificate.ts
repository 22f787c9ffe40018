import { keyFrame, type PublicKey, parsePublicKey } from './openpgp-key.ts';
import { isUnreadable, type Packet, packetTags } from './openpgp-packet.ts';
import { parseSignature, type Signature, signatureTypes } from './openpgp-signature.ts';
import { signedDigest, verifies } from './openpgp-verify.ts';

/** A revocation: `hard` voids everything the key ever signed, `soft` what it signed afterwards. */
export interface Revocation {
  readonly kind: 'hard' | 'soft';
  /** `compromised`, `superseded`, `retired`, `no reason given`. */
  readonly reason: string;
  /** Seconds since 1970. */
  readonly at: number;
}

/** A key or subkey that may have made a signature, with everything its owner said about it. */
export interface CertifiedKey {
  readonly key: PublicKey;
  /** Seconds since 1970; absent = no end. */
  readonly expires?: number;
  readonly revoked?: Revocation;
  /** Why its signatures never count. */
  readonly problem?: string;
}

/** An OpenPGP certificate: a primary key and its subkeys. */
export interface Certificate {
  readonly primary: CertifiedKey;
  readonly subkeys: readonly CertifiedKey[];
}

/** Problem of a key that its owner means for something else. */
export const notForSigning = 'not a signing key';

/** Key flag: may sign data (RFC 9580, section 5.2.3.29). */
const signs = 0x02;

/**
 * Reads one certificate from all copies of it, each beginning with the same primary key: what any copy says counts, so a
 * revocation cannot hide behind an older copy. A self-signature counts when it verifies, whatever its hash: that the key
 * file itself is genuine is what pinning it says. Subkeys need a binding in both directions.
 */
export function readCertificate(copies: readonly (readonly Packet[])[]): Certificate | undefined {
  const first = copies[0]?.[0];
  const key = first?.tag === packetTags.publicKey ? parsePublicKey(first.body) : undefined;
  if (key === undefined) return undefined;
  const rests = copies.map((copy) => copy.slice(1));
  const sections = mergeSections(rests.flatMap(sectionsOf));
  return {
    primary: certifyPrimary(key, rests.flatMap(direct), sections),
    subkeys: sections.flatMap((s) => {
      const subkey =
        s.head.tag === packetTags.publicSubkey ? parsePublicKey(s.head.body) : undefined;
      return subkey === undefined ? [] : [certifySubkey(key, subkey, s.signatures)];
    }),
  };
}

interface Section {
  readonly head: Packet;
  readonly signatures: readonly Signature[];
}

const readable = (packets: readonly Packet[]): readonly Signature[] =>
  packets.flatMap((packet) => {
    if (packet.tag !== packetTags.signature) return [];
    const signature = parseSignature(packet.body);
    return isUnreadable(signature) ? [] : [signature];
  });

/** Signatures right after the primary key. */
function direct(rest: readonly Packet[]): readonly Signature[] {
  const end = rest.findIndex((packet) => packet.tag !== packetTags.signature);
  return readable(end < 0 ? rest : rest.slice(0, end));
}

/** Every user id or subkey with the signatures that follow it. */
function sectionsOf(rest: readonly Packet[]): readonly Section[] {
  const starts = rest.flatMap((packet, n) => (packet.tag === packetTags.signature ? [] : [n]));
  return starts.flatMap((start, n) => {
    const head = rest[start];
    if (head === undefined) return [];
    return [{ head, signatures: readable(rest.slice(start + 1, starts[n + 1])) }];
  });
}

/** A user id or subkey that is there several times, once with all signatures. */
function mergeSections(sections: readonly Section[]): readonly Section[] {
  const merged = new Map<string, Section>();
  for (const { head, signatures } of sections) {
    const name = `${head.tag} ${head.body.toString('latin1')}`;
    const before = merged.get(name)?.signatures ?? [];
    merged.set(name, { head, signatures: [...before, ...signatures] });
  }
  return [...merged.values()];
}

function certifyPrimary(
  key: PublicKey,
  directSignatures: readonly Signature[],
  sections: readonly Section[],
): CertifiedKey {
  const framed = [keyFrame(key.body), key.body];
  const own = (signature: Signature, parts: readonly Uint8Array[]): boolean =>
    madeBy(key, signature, parts);
  const directOnes = directSignatures.filter(
    (s) => s.type === signatureTypes.directKey && own(s, framed),
  );
  const certifications = sections.flatMap(({ head, signatures }) => {
    if (head.tag !== packetTags.userId) return [];
    const isCertification = (s: Signature): boolean => s.type >= 0x10 && s.type <= 0x13;
    return signatures.filter((s) => isCertification(s) && own(s, certified(framed, head.body, s)));
  });
  const revocations = directSignatures.filter(
    (s) => s.type === signatureTypes.keyRevocation && own(s, framed),
  );
  return state(key, [...directOnes, ...certifications], revocations);
}

function certifySubkey(
  primary: PublicKey,
  subkey: PublicKey,
  signatures: readonly Signature[],
): CertifiedKey {
  const parts = [keyFrame(primary.body), primary.body, keyFrame(subkey.body), subkey.body];
  const bindings = signatures.filter(
    (s) => s.type === signatureTypes.subkeyBinding && madeBy(primary, s, parts),
  );
  const revocations = signatures.filter(
    (s) => s.type === signatureTypes.subkeyRevocation && madeBy(primary, s, parts),
  );
  const newest = newestOf(bindings);
  const certified = state(subkey, bindings, revocations);
  if (newest === undefined || certified.problem !== undefined) return certified;
  if (((newest.keyFlags ?? 0) & signs) === 0) return { ...certified, problem: notForSigning };
  // Without the subkey's own word anybody's subkey could be claimed (CVE-2021-3521).
  if (!bindsBack(subkey, newest, parts)) {
    return { ...certified, problem: 'its binding to the primary key is not mutual' };
  }
  return certified;
}

function bindsBack(subkey: PublicKey, binding: Signature, parts: readonly Uint8Array[]): boolean {
  if (binding.embedded === undefined) return false;
  const back = parseSignature(binding.embedded);
  if (isUnreadable(back) || back.type !== signatureTypes.primaryBinding) return false;
  return madeBy(subkey, back, parts);
}

function state(
  key: PublicKey,
  statements: readonly Signature[],
  revocations: readonly Signature[],
): CertifiedKey {
  const revoked = worstOf(revocations);
  const base = { key, ...(revoked === undefined ? {} : { revoked }) };
  if (key.material.kind === 'unsupported') return { ...base, problem: key.material.problem };
  const newest = newestOf(statements);
  if (newest === undefined) {
    return { ...base, problem: 'it has no valid signature by its primary key' };
  }
  const after = newest.keyExpiresAfter;
  const dated = { ...base, ...(after === undefined ? {} : { expires: key.created + after }) };
  const maySign = newest.keyFlags === undefined || (newest.keyFlags & signs) !== 0;
  return maySign ? dated : { ...dated, problem: notForSigning };
}

function madeBy(key: PublicKey, signature: Signature, parts: readonly Uint8Array[]): boolean {
  const issuer = signature.issuerFingerprint ?? signature.issuerKeyId;
  // Other people's certifications need not be tried.
  if (issuer !== undefined && !key.fingerprint.endsWith(issuer)) return false;
  if (signature.created < key.created) return false;
  const digest = signedDigest(signature, parts);
  return digest !== undefined && verifies(key, signature, digest);
}

/** What a certification hashes: the key and the user id, framed only since version 4. */
function certified(
  framed: readonly Uint8Array[],
  userId: Buffer,
  signature: Signature,
): readonly Uint8Array[] {
  if (signature.version === 3) return [...framed, userId];
  const frame = Buffer.alloc(5);
  frame.writeUInt8(0xb4);
  frame.writeUInt32BE(userId.length, 1);
  return [...framed, frame, userId];
}

function newestOf(signatures: readonly Signature[]): Signature | undefined {
  return signatures.toSorted((a, b) => b.created - a.created)[0];
}

/** Reasons for revocation (RFC 9580, section 5.2.3.31); what is not known to be harmless is hard. */
const softReasons: Readonly<Record<number, string>> = { 1: 'superseded', 3: 'retired' };

function worstOf(revocations: readonly Signature[]): Revocation | undefined {
  const all = revocations.map((s): Revocation => {
    const soft = s.revocationReason === undefined ? undefined : softReasons[s.revocationReason];
    if (soft !== undefined) return { kind: 'soft', reason: soft, at: s.created };
    const reason = s.revocationReason === 2 ? 'compromised' : 'no reason given';
    return { kind: 'hard', reason, at: s.created };
  });
  return all.find((r) => r.kind === 'hard') ?? all.toSorted((a, b) => a.at - b.at)[0];
}
