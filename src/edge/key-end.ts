import type { Config, PrivateKey, SignaturePacket } from 'openpgp';

/** The subpacket with a key's end (RFC 9580, section 5.2.3.13), and the bit that makes one critical. */
const keyExpiration = 9;
const criticalBit = 0x80;

/**
 * Gives a key another end (seconds after its creation, absent = none) by new certifications of its names, made now.
 * openpgp.js marks the end as critical, and rpm 4.18 takes no key with that: here it is an ordinary statement, as gpg
 * writes it.
 */
export async function setEnd(
  key: PrivateKey,
  { date, expiresAfter }: { readonly date: number; readonly expiresAfter?: number },
): Promise<void> {
  const openpgp = await import('openpgp');
  for (const user of key.users) {
    const before = user.selfCertifications.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
    if (before === undefined || user.userID === null) continue;
    const made = new openpgp.SignaturePacket();
    made.signatureType = before.signatureType;
    made.publicKeyAlgorithm = key.keyPacket.algorithm;
    made.hashAlgorithm = before.hashAlgorithm;
    made.keyFlags = before.keyFlags;
    made.features = before.features;
    made.isPrimaryUserID = before.isPrimaryUserID;
    if (expiresAfter !== undefined) {
      made.keyExpirationTime = expiresAfter;
      made.keyNeverExpires = false;
    }
    const own = made as unknown as Writing;
    const write = own.writeHashedSubPackets.bind(made);
    own.writeHashedSubPackets = () => withoutCriticalEnd(write());
    const data = { userID: user.userID, key: key.keyPacket };
    await own.sign(key.keyPacket, data, new Date(date * 1000), false, unsalted);
    user.selfCertifications = [made];
  }
}

const unsalted: Partial<Config> = { nonDeterministicSignaturesViaNotation: false };

const timeOf = (signature: SignaturePacket): number => signature.created?.getTime() ?? 0;

/** What openpgp.js does and its types do not say. */
interface Writing {
  /** Two bytes of length, then the subpackets. */
  writeHashedSubPackets(): Uint8Array;
  sign(
    key: unknown,
    data: unknown,
    date: Date,
    detached: boolean,
    config: Partial<Config>,
  ): Promise<void>;
}

/** Subpackets here are shorter than 192 bytes, so each has one byte of length. */
function withoutCriticalEnd(area: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(area);
  for (let at = 2; at < bytes.length; at += 1 + (bytes[at] ?? 0)) {
    const type = bytes[at + 1] ?? 0;
    if ((type & ~criticalBit) === keyExpiration) bytes[at + 1] = keyExpiration;
  }
  return bytes;
}
