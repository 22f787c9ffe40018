import { Fault } from '../model/index.ts';
import { armoredBlocks, armoredBytes } from './armor.ts';
import { type CertifiedKey, readCertificate } from './certificate.ts';
import { isUnreadable, type Packet, packetTags, readPackets } from './openpgp-packet.ts';

/** One pinned key or subkey. */
export interface PinnedKey extends CertifiedKey {
  /** The key it belongs to: itself, or the primary key of a subkey. */
  readonly primary: CertifiedKey;
  /** Path of the key file in the policy repository. */
  readonly file: string;
}

/** All keys that an upstream's signatures may come from. */
export interface Keyring {
  readonly keys: readonly PinnedKey[];
}

/** A key file with more than this is refused before it is decoded. */
const maxFileCharacters = 1024 * 1024;
const maxPacketsOfFile = 2000;

/**
 * Loads public keys, every armored block of every file, or throws `KeyFileInvalid`. Keys that can never verify anything
 * here (version 6, unsupported algorithms) are kept, so that refusals can name them.
 */
export async function readKeyring(
  files: readonly { readonly path: string; readonly text: string }[],
): Promise<Keyring> {
  const copies = new Map<string, { readonly file: string; readonly packets: Packet[][] }>();
  for (const { path, text } of files) {
    for (const packets of readKeyFile({ path, text })) {
      const name = packets[0]?.body.toString('latin1') ?? '';
      const known = copies.get(name);
      if (known === undefined) copies.set(name, { file: path, packets: [packets] });
      else known.packets.push(packets);
    }
  }
  const keys = [...copies.values()].flatMap(({ file, packets }): PinnedKey[] => {
    const certificate = readCertificate(packets);
    if (certificate === undefined) throw invalid(file, 'every public key can be read');
    const { primary, subkeys } = certificate;
    return [primary, ...subkeys].map((k) => ({ ...k, primary, file }));
  });
  return { keys };
}

/** Full fingerprints of the primary keys, in the order of the files. */
export function keyringFingerprints(keyring: Keyring): readonly string[] {
  return keyring.keys.filter((k) => k.key === k.primary.key).map((k) => k.key.fingerprint);
}

/** Keys whose owner took back everything that they ever signed, with the reason. */
export function compromisedKeys(
  keyring: Keyring,
): readonly { readonly fingerprint: string; readonly reason: string }[] {
  return keyring.keys.flatMap(({ key, revoked, primary }) => {
    const hard = [revoked, primary.revoked].find((r) => r?.kind === 'hard');
    return hard === undefined ? [] : [{ fingerprint: key.fingerprint, reason: hard.reason }];
  });
}

/** A full fingerprint as people write it, in upper case without spaces; undefined for key ids and anything else. */
export function fullFingerprint(text: string): string | undefined {
  const hex = text.replace(/[\s:]/g, '').replace(/^0x/i, '').toUpperCase();
  return /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(hex) ? hex : undefined;
}

function readKeyFile(file: { readonly path: string; readonly text: string }): readonly Packet[][] {
  if (file.text.length > maxFileCharacters) {
    throw invalid(file.path, 'key file has a reasonable size', `${file.text.length} characters`);
  }
  const blocks = armoredBlocks(file.text);
  if (blocks.length === 0) throw invalid(file.path, 'key file holds an armored public key');
  const certificates: Packet[][] = [];
  for (const [n, block] of blocks.entries()) {
    if (block.label.includes('PRIVATE')) throw privateKey(file.path);
    if (block.label !== 'PUBLIC KEY BLOCK') {
      throw invalid(file.path, 'key file holds only public keys', `a PGP ${block.label}`);
    }
    const bytes = armoredBytes(block);
    if (bytes === undefined) throw invalid(file.path, `block ${n + 1} can be decoded`);
    certificates.push(...certificatesOf(bytes, file.path));
  }
  return certificates;
}

/** Packets of each certificate in a block, the primary key first. */
function certificatesOf(bytes: Buffer, path: string): readonly Packet[][] {
  const packets = readPackets(bytes, maxPacketsOfFile);
  if (isUnreadable(packets)) throw invalid(path, 'key file is well-formed', packets.problem);
  const secret = packets.some(
    (p) => p.tag === packetTags.secretKey || p.tag === packetTags.secretSubkey,
  );
  if (secret) throw privateKey(path);
  // Trust, marker and padding packets say nothing.
  const meant = packets.filter((p) => meaningful.has(p.tag));
  const starts = meant.flatMap((p, n) => (p.tag === packetTags.publicKey ? [n] : []));
  if (starts[0] !== 0) throw invalid(path, 'every block starts with a public key');
  return starts.map((start, n) => meant.slice(start, starts[n + 1]));
}

const meaningful: ReadonlySet<number> = new Set([
  packetTags.publicKey,
  packetTags.signature,
  packetTags.userId,
  packetTags.userAttribute,
  packetTags.publicSubkey,
]);

function invalid(path: string, check: string, found?: string): Fault {
  return new Fault('KeyFileInvalid', {
    object: path,
    check,
    expected: 'armored OpenPGP public keys (-----BEGIN PGP PUBLIC KEY BLOCK-----)',
    ...(found === undefined ? {} : { found }),
    fix: `Put the vendor's public key into ${path}, as gpg --armor --export prints it.`,
  });
}

function privateKey(path: string): Fault {
  return new Fault('KeyFileInvalid', {
    object: path,
    check: 'key file holds only public keys',
    expected: 'public keys',
    found: 'a PRIVATE key',
    fix:
      `Replace ${path} by the public half. If anybody else could ever read this file, ` +
      'revoke that key and make a new one.',
  });
}
