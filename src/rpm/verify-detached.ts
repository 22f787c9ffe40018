import { Fault, type SignatureException } from '../model/index.ts';
import { type ArmoredBlock, armoredBlocks, armoredBytes } from './armor.ts';
import { excuses } from './exceptions.ts';
import type { Keyring } from './keyring.ts';
import { isUnreadable, type Packet, packetTags, readPackets } from './openpgp-packet.ts';
import { parseSignature } from './openpgp-signature.ts';
import { signedDigest } from './openpgp-verify.ts';
import { judgeSignature } from './signature-verdict.ts';

const maxSignatures = 32;
const maxCharacters = 256 * 1024;

/**
 * Verifies a detached, armored signature over repository metadata, and resolves only when a pinned key that is good
 * today made it. Throws `MetadataUnsigned`, `SignatureInvalid`, `SignatureWeak`, `KeyNotPinned`, `KeyUnusable`.
 */
export async function verifyDetached(
  { armored, bytes }: { readonly armored: string; readonly bytes: Uint8Array },
  keyring: Keyring,
  rules: {
    /** Seconds since 1970. */
    readonly now: number;
    readonly exceptions: readonly SignatureException[];
    /** What is signed, for messages. */
    readonly object?: string;
  },
): Promise<{ readonly fingerprint: string }> {
  const object = rules.object ?? 'repomd.xml';
  if (armored.trim() === '') throw unsigned(object);
  if (armored.length > maxCharacters) throw notDetached(object, `${armored.length} characters`);
  const packets: Packet[] = [];
  for (const block of detachedBlocks(armored, object)) {
    packets.push(...(await signaturePackets(block, object)));
  }
  const verdicts = packets.map(({ body }) => {
    const signature = parseSignature(body);
    const digest = isUnreadable(signature) ? undefined : signedDigest(signature, [bytes]);
    return judgeSignature(keyring, {
      object,
      signature,
      digest,
      now: rules.now,
      keyMustBeGood: 'now',
      excused: (weakness) => excuses(rules.exceptions, weakness, { names: [], now: rules.now }),
    });
  });
  const good = verdicts.find((v) => v.kind === 'counts');
  if (good !== undefined) return { fingerprint: good.key.primary.key.fingerprint };
  const faults = verdicts.flatMap((v) => (v.kind === 'refused' ? [v.fault] : []));
  // Beside a key that is not pinned, a complaint about one that is tells more.
  throw faults.find((f) => f.code !== 'KeyNotPinned') ?? faults[0] ?? unsigned(object);
}

function detachedBlocks(armored: string, object: string): readonly ArmoredBlock[] {
  const blocks = armoredBlocks(armored);
  const other = blocks.find((b) => b.label !== 'SIGNATURE');
  if (other !== undefined) throw notDetached(object, `a PGP ${other.label}`);
  if (blocks.length === 0) throw notDetached(object, 'no armored block');
  return blocks;
}

async function signaturePackets(block: ArmoredBlock, object: string): Promise<readonly Packet[]> {
  const bytes = await armoredBytes(block);
  if (bytes === undefined) throw notDetached(object, 'armor that cannot be decoded');
  const packets = readPackets(bytes, maxSignatures);
  if (isUnreadable(packets)) throw notDetached(object, packets.problem);
  if (packets.some((p) => p.tag !== packetTags.signature)) {
    throw notDetached(object, 'an inline-signed message');
  }
  return packets;
}

function unsigned(object: string): Fault {
  return new Fault('MetadataUnsigned', {
    object,
    check: 'metadata is signed',
    expected: 'a detached signature beside it (.asc)',
    found: 'no signature',
    fix: 'Ask the vendor to sign the repository, or set require.metadataSignature: false for this upstream.',
  });
}

function notDetached(object: string, found: string): Fault {
  return new Fault('SignatureInvalid', {
    object,
    check: 'detached signature expected',
    expected: '-----BEGIN PGP SIGNATURE-----',
    found,
    fix: 'Fetch the signature again; if it stays like this, tell the vendor how repositories are signed.',
  });
}
