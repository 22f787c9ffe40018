import { Fault } from '../model/index.ts';
import { armoredBlocks, armoredBytes } from './armor.ts';
import { type Certificate, type CertifiedKey, readCertificate } from './certificate.ts';
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
  const keys: PinnedKey[] = [];
  for (const file of files) {
    for (const certificate of await readKeyFile(file)) {
      const { primary, subkeys } = certificate;
      keys.push(...[primary, ...subkeys].map((k) => ({ ...k, primary, file: file.path })));
    }
  }
  return { keys };
}

/** Full fingerprints of the primary keys, in the order of the files. */
export function keyringFingerprints(keyring: Keyring): readonly string[] {
  return keyring.keys.filter((k) => k.key === k.primary.key).map((k) => k.key.fingerprint);
}

/** A full fingerprint as people write it, in upper case without spaces; undefined for key ids and anything else. */
export function fullFingerprint(text: string): string | undefined {
  const hex = text.replace(/[\s:]/g, '').replace(/^0x/i, '').toUpperCase();
  return /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(hex) ? hex : undefined;
}

async function readKeyFile(file: {
  readonly path: string;
  readonly text: string;
}): Promise<readonly Certificate[]> {
  if (file.text.length > maxFileCharacters) {
    throw invalid(file.path, 'key file has a reasonable size', `${file.text.length} characters`);
  }
  const blocks = armoredBlocks(file.text);
  if (blocks.length === 0) throw invalid(file.path, 'key file holds an armored public key');
  const certificates: Certificate[] = [];
  for (const [n, block] of blocks.entries()) {
    if (block.label.includes('PRIVATE')) throw privateKey(file.path);
    if (block.label !== 'PUBLIC KEY BLOCK') {
      throw invalid(file.path, 'key file holds only public keys', `a PGP ${block.label}`);
    }
    const bytes = await armoredBytes(block);
    if (bytes === undefined) throw invalid(file.path, `block ${n + 1} can be decoded`);
    certificates.push(...certificatesOf(bytes, file.path));
  }
  return certificates;
}

function certificatesOf(bytes: Buffer, path: string): readonly Certificate[] {
  const packets = readPackets(bytes, maxPacketsOfFile);
  if (isUnreadable(packets)) throw invalid(path, 'key file is well-formed', packets.problem);
  const secret = packets.some(
    (p) => p.tag === packetTags.secretKey || p.tag === packetTags.secretSubkey,
  );
  if (secret) throw privateKey(path);
  const starts = packets.flatMap((p, n) => (p.tag === packetTags.publicKey ? [n] : []));
  if (starts[0] !== 0) throw invalid(path, 'every block starts with a public key');
  return starts.map((start, n) => {
    const certificate = readCertificate(known(packets.slice(start, starts[n + 1])));
    if (certificate === undefined) throw invalid(path, 'every public key can be read');
    return certificate;
  });
}

const meaningful: ReadonlySet<number> = new Set([
  packetTags.publicKey,
  packetTags.signature,
  packetTags.userId,
  packetTags.userAttribute,
  packetTags.publicSubkey,
]);

/** Without trust, marker and padding packets, which say nothing. */
const known = (packets: readonly Packet[]): readonly Packet[] =>
  packets.filter((p) => meaningful.has(p.tag));

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
      `Replace ${path} by the public half. If anybody else could ever read this file, the key is no longer secret: ` +
      'revoke it and make a new one.',
  });
}
