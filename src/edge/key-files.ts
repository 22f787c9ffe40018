import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrivateKey } from 'openpgp';
import { Fault } from '../model/index.ts';
import type { Disk } from '../ports.ts';
import { realDisk } from './disk.ts';
import { setEnd } from './key-end.ts';

const minimumBits = 2048;

/** File name of the site's first key in a keys directory; others are `<fingerprint>.key.asc`. */
export const siteKeyFile = 'site.key.asc';

export interface NewKey {
  readonly name: string;
  /** Its creation, seconds since 1970. */
  readonly date: number;
  readonly email?: string;
  /** Seconds after its creation; absent = no end. */
  readonly expiresAfter?: number;
}

export interface MadeKey {
  readonly fingerprint: string;
  /** Armored public key. */
  readonly text: string;
}

/** One private key as it lies in a keys directory. */
export interface KeyFile {
  readonly path: string;
  readonly armored: string;
}

/** The private keys of a directory, the site's first one first. Throws `KeyMissing` and `KeyUnusable`. */
export async function keyFiles(directory: string): Promise<readonly KeyFile[]> {
  const names = (await readdir(directory).catch(() => [])).filter((n) => n.endsWith('.key.asc'));
  const others = names.filter((n) => n !== siteKeyFile).toSorted();
  const first = names.includes(siteKeyFile) || others.length === 0 ? [siteKeyFile] : [];
  const files: KeyFile[] = [];
  for (const name of [...first, ...others]) {
    const path = join(directory, name);
    files.push({ path, armored: await readSecret(path, 'key') });
  }
  return files;
}

/** What opens encrypted keys; undefined where no file is named. */
export async function passphraseIn(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await readSecret(file, 'passphrase')).trimEnd();
}

/** Differs whenever one of the files in a keys directory was put, taken or written. */
export async function keysStamp(directory: string): Promise<string> {
  const names = (await readdir(directory).catch(() => [])).filter((n) => n.endsWith('.key.asc'));
  const stamps = names.toSorted().map(async (name) => {
    const found = await lstat(join(directory, name)).catch(() => undefined);
    return `${name} ${found?.ino} ${found?.mtimeMs} ${found?.mode}`;
  });
  return (await Promise.all(stamps)).join('\n');
}

export const fingerprintOf = (key: PrivateKey): string => key.getFingerprint().toUpperCase();

/**
 * Makes the site's key (RSA-4096) as `<keys directory>/site.key.asc`, mode 0600; refuses to replace one. `text` is the
 * armored public key.
 */
export async function createSiteKey(
  directory: string,
  owner: NewKey,
  disk: Pick<Disk, 'stat' | 'replace'> = realDisk(),
): Promise<MadeKey> {
  const path = join(directory, siteKeyFile);
  if ((await disk.stat(path)) !== undefined) {
    throw new Fault('KeyUnusable', {
      object: path,
      check: 'there is no signing key yet',
      fix: 'Keep it, or move it away first; a new key does not replace an old one silently.',
    });
  }
  const { privateKey, made } = await generate(owner);
  await disk.replace(path, privateKey.armor(), { mode: 0o600 });
  return made;
}

/** Makes one more key beside those that are there, as `<fingerprint>.key.asc`, with its public half in `….asc`. */
export async function createFurtherKey(
  directory: string,
  owner: NewKey,
  disk: Pick<Disk, 'replace'> = realDisk(),
): Promise<MadeKey> {
  const { privateKey, made } = await generate(owner);
  await disk.replace(join(directory, `${made.fingerprint}.asc`), made.text);
  const path = join(directory, `${made.fingerprint}.key.asc`);
  await disk.replace(path, privateKey.armor(), { mode: 0o600 });
  return made;
}

/** Gives a key another end, seconds since 1970, absent = none; its fingerprint stays. */
export async function extendKey(
  directory: string,
  change: { readonly fingerprint: string; readonly date: number; readonly expiresAt?: number },
  disk: Pick<Disk, 'replace'> = realDisk(),
): Promise<MadeKey> {
  const files = await keyFiles(directory);
  const loaded = await Promise.all(files.map((file) => loadKey(file, undefined)));
  const keys = new Map(loaded.map((key) => [fingerprintOf(key), key]));
  const key = keys.get(change.fingerprint);
  if (key === undefined) throw absentKey(change.fingerprint, [...keys.keys()], directory);
  const [first] = keys.keys();
  const created = Math.floor(key.getCreationTime().getTime() / 1000);
  const { date, expiresAt } = change;
  await setEnd(key, {
    date,
    ...(expiresAt === undefined ? {} : { expiresAfter: expiresAt - created }),
  });
  const text = key.toPublic().armor();
  const isSite = first === change.fingerprint && (await isFile(join(directory, siteKeyFile)));
  const stem = isSite ? 'site' : change.fingerprint;
  await disk.replace(join(directory, `${stem}.key.asc`), key.armor(), { mode: 0o600 });
  await disk.replace(join(directory, `${stem}.asc`), text);
  return { fingerprint: change.fingerprint, text };
}

export function absentKey(fingerprint: string, known: readonly string[], directory: string): Fault {
  return new Fault('KeyMissing', {
    object: `key ${fingerprint}`,
    check: 'signing key is here',
    found: `only ${known.join(', ') || 'none'}`,
    fix: `Put that private key into ${directory}, or name a key that is there under sign: in the channel.`,
  });
}

async function generate(owner: NewKey) {
  const { name, email, date, expiresAfter } = owner;
  const { generateKey } = await import('openpgp');
  const { privateKey } = await generateKey({
    type: 'rsa',
    rsaBits: 4096,
    userIDs: [{ name, ...(email === undefined ? {} : { email }) }],
    date: new Date(date * 1000),
    subkeys: [],
    format: 'object',
  });
  if (expiresAfter !== undefined) await setEnd(privateKey, { date, expiresAfter });
  const made = { fingerprint: fingerprintOf(privateKey), text: privateKey.toPublic().armor() };
  return { privateKey, made };
}

const isFile = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isFile() === true;

/** The key, opened; `passphrase` where it needs one. Throws `KeyUnusable`. */
export async function loadKey(
  { path, armored }: KeyFile,
  passphrase: string | undefined,
): Promise<PrivateKey> {
  const { decryptKey, readPrivateKey } = await import('openpgp');
  let key: PrivateKey;
  try {
    key = await readPrivateKey({ armoredKey: armored });
  } catch {
    // The parser's words may quote the key; they go nowhere.
    throw unusable(path, 'site key is an armored OpenPGP private key');
  }
  refuseNewer(path, key);
  if (key.isDecrypted()) return key;
  if (passphrase === undefined) {
    throw unusable(path, 'site key has no passphrase, or signer.passphraseFile names it', {
      found: 'an encrypted key',
      fix: 'Name a file with the passphrase (mode 0600) under signer.passphraseFile in controller.yaml.',
    });
  }
  try {
    return await decryptKey({ privateKey: key, passphrase });
  } catch {
    const fix = 'Correct the file that signer.passphraseFile names.';
    throw unusable(path, 'the passphrase opens the key', { found: 'another passphrase', fix });
  }
}

/** RSA and the older EdDSA keys only: rpm, gpg and librepo of today's distributions read nothing newer. */
function refuseNewer(path: string, key: PrivateKey): void {
  const { algorithm, bits = 0 } = key.getAlgorithmInfo();
  const rsa = algorithm === 'rsaEncryptSign' || algorithm === 'rsaSign';
  const accepted = (rsa && bits >= minimumBits) || algorithm === 'eddsaLegacy';
  if (key.keyPacket.version === 4 && accepted) return;
  const found = `version ${key.keyPacket.version} ${algorithm}${bits === 0 ? '' : ` ${bits}`}`;
  throw unusable(path, `site key is version 4 RSA-${minimumBits} or longer, or ed25519`, { found });
}

async function readSecret(path: string, what: 'key' | 'passphrase'): Promise<string> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) {
    throw new Fault('KeyMissing', {
      object: path,
      check: what === 'key' ? "the site's signing key is here" : 'the file with the passphrase',
      fix: 'Restore <state>/keys from the backup; `sluice init DIR` makes a key where there never was one.',
    });
  }
  if (!stat.isFile()) throw unusable(path, `site ${what} is a regular file`);
  if ((stat.mode & 0o077) !== 0) {
    const found = `mode ${(stat.mode & 0o777).toString(8)}`;
    const fix = `Run: chmod 600 ${path}`;
    throw unusable(path, `site ${what} is readable by its owner only`, { found, fix });
  }
  return await readFile(path, 'utf8');
}

function unusable(
  path: string,
  check: string,
  more: { readonly found?: string; readonly fix?: string } = {},
): Fault {
  const fix = 'Restore the key from its backup.';
  return new Fault('KeyUnusable', { object: path, check, fix, ...more });
}
