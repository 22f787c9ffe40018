import { Fault, type SignatureException, type Weakness } from '../model/index.ts';
import { type ArmoredBlock, armoredBlocks, armoredBytes } from './armor.ts';
import { excuses } from './exceptions.ts';
import type { Keyring } from './keyring.ts';
import { isUnreadable, type Packet, packetTags, readPackets } from './openpgp-packet.ts';
import { parseSignature, signatureTypes } from './openpgp-signature.ts';
import { signedDigest } from './openpgp-verify.ts';
import { asBuffer } from './package-layout.ts';
import { judgeSignature } from './signature-verdict.ts';

const maxSignatures = 32;
const maxCharacters = 256 * 1024;

export interface DetachedRules {
  /** Seconds since 1970. */
  readonly now: number;
  readonly exceptions: readonly SignatureException[];
  /** What is signed, for messages. */
  readonly object?: string;
}

/**
 * Verifies a detached, armored signature over repository metadata, and resolves only when a pinned key that is good
 * today made it; `excused` names the weaknesses that exceptions allowed. Throws `MetadataUnsigned`, `SignatureInvalid`,
 * `SignatureWeak`, `KeyNotPinned`, `KeyUnusable`.
 */
export async function verifyDetached(
  { armored, bytes }: { readonly armored: string; readonly bytes: Uint8Array },
  keyring: Keyring,
  rules: DetachedRules,
): Promise<{ readonly fingerprint: string; readonly excused: readonly Weakness[] }> {
  const object = rules.object ?? 'repomd.xml';
  if (armored.trim() === '') throw unsigned(object);
  if (armored.length > maxCharacters) throw notDetached(object, `${armored.length} characters`);
  const excused = (weakness: Weakness): boolean =>
    excuses(rules.exceptions, weakness, { names: [], now: rules.now });
  const inline = excused('inline-metadata-signature') ? signatureOfClearText(armored) : undefined;
  const packets: Packet[] = [];
  for (const block of detachedBlocks(inline ?? armored, object)) {
    packets.push(...signaturePackets(block, object));
  }
  const signed = inline === undefined ? bytes : canonicalText(bytes);
  const verdicts = packets.map(({ body }) => {
    const signature = parseSignature(body);
    const digest = isUnreadable(signature) ? undefined : signedDigest(signature, [signed]);
    const type = inline === undefined ? signatureTypes.binary : signatureTypes.text;
    const subject = { object, signature, digest, type, now: rules.now, excused };
    return judgeSignature(keyring, { ...subject, keyMustBeGood: 'now' });
  });
  const good = verdicts.find((v) => v.kind === 'counts');
  if (good !== undefined) {
    const more: readonly Weakness[] = inline === undefined ? [] : ['inline-metadata-signature'];
    const { fingerprint } = good.key.primary.key;
    return { fingerprint, excused: [...good.weaknesses, ...more] };
  }
  const faults = verdicts.flatMap((v) => (v.kind === 'refused' ? [v.fault] : []));
  // Beside a key that is not pinned, a complaint about one that is tells more.
  throw faults.find((f) => f.code !== 'KeyNotPinned') ?? faults[0] ?? unsigned(object);
}

/**
 * The signature block of a clear-signed message; undefined for anything else. Its text is not looked at: what must be
 * signed is the metadata that was fetched, and nothing that the message says instead.
 */
function signatureOfClearText(armored: string): string | undefined {
  if (armoredBlocks(armored)[0]?.label !== 'SIGNED MESSAGE') return undefined;
  const at = armored.lastIndexOf('\n-----BEGIN PGP SIGNATURE-----');
  return at < 0 ? undefined : armored.slice(at + 1);
}

/** Text as a clear-text signature covers it (RFC 9580, section 7.2): CRLF between lines, no space at their ends. */
function canonicalText(bytes: Uint8Array): Buffer {
  const lines = asBuffer(bytes)
    .toString('latin1')
    .replace(/\r?\n$/, '')
    .split('\n');
  return Buffer.from(lines.map(withoutSpaceAtEnd).join('\r\n'), 'latin1');
}

function withoutSpaceAtEnd(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}

function detachedBlocks(armored: string, object: string): readonly ArmoredBlock[] {
  const blocks = armoredBlocks(armored);
  const other = blocks.find((b) => b.label !== 'SIGNATURE');
  if (other !== undefined) throw notDetached(object, `a PGP ${other.label}`);
  if (blocks.length === 0) throw notDetached(object, 'no armored block');
  return blocks;
}

function signaturePackets(block: ArmoredBlock, object: string): readonly Packet[] {
  const bytes = armoredBytes(block);
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
