import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Config,
  createMessage,
  generateKey,
  type PrivateKey,
  readPrivateKey,
  sign,
} from 'openpgp';
import { Fault } from '../model/index.ts';
import type { Disk, Signer } from '../ports.ts';
import { realDisk } from './disk.ts';

/** Equal input must give equal bytes, so nothing random goes into a signature. */
const unsalted: Partial<Config> = { nonDeterministicSignaturesViaNotation: false };
const minimumBits = 2048;

/** File name of the site's key in the keys directory of a state directory. */
const keyFile = 'site.key.asc';

/**
 * Signs with the site's own key, `<keys directory>/site.key.asc`, read once. RSA and the older EdDSA keys only: rpm, gpg
 * and librepo of today's distributions read nothing newer. Throws `KeyMissing` and `KeyUnusable`.
 */
export function realSigner(keysDirectory: string): Signer {
  const path = join(keysDirectory, keyFile);
  let loading: Promise<PrivateKey> | undefined;
  const key = async (): Promise<PrivateKey> => {
    loading ??= loadKey(path);
    try {
      return await loading;
    } catch (error) {
      // The next call looks again: the operator may have put the key there meanwhile.
      loading = undefined;
      throw error;
    }
  };
  const own = async (fingerprint: string): Promise<PrivateKey> => {
    const found = await key();
    if (fingerprintOf(found) === fingerprint) return found;
    throw new Fault('KeyMissing', {
      object: `key ${fingerprint}`,
      check: 'signing key is here',
      found: `only ${fingerprintOf(found)}`,
      fix: `Put that private key at ${path}, or name the present key under sign.metadata.`,
    });
  };
  return {
    keys: async () => [fingerprintOf(await key())],
    publicKey: async (fingerprint) => (await own(fingerprint)).toPublic().armor(),
    sign: async ({ key: fingerprint, bytes, dateSeconds }) => {
      const signingKeys = await own(fingerprint);
      const created = signingKeys.getCreationTime().getTime();
      return await sign({
        message: await createMessage({ binary: bytes }),
        signingKeys,
        detached: true,
        date: new Date(Math.max(dateSeconds * 1000, created)),
        config: unsalted,
      });
    },
  };
}

/**
 * Makes the site's key (RSA-4096, no expiry) as `<keys directory>/site.key.asc`, mode 0600; refuses to replace one.
 * `date`: its creation, seconds since 1970. `text` is the armored
 * public key.
 */
export async function createSiteKey(
  keysDirectory: string,
  owner: { readonly name: string; readonly date: number; readonly email?: string },
  disk: Pick<Disk, 'stat' | 'replace'> = realDisk(),
): Promise<{ readonly fingerprint: string; readonly text: string }> {
  const path = join(keysDirectory, keyFile);
  if ((await disk.stat(path)) !== undefined) {
    throw new Fault('KeyUnusable', {
      object: path,
      check: 'there is no signing key yet',
      fix: 'Keep it, or move it away first; a new key does not replace an old one silently.',
    });
  }
  const { privateKey, publicKey } = await generateKey({
    type: 'rsa',
    rsaBits: 4096,
    userIDs: [{ name: owner.name, ...(owner.email === undefined ? {} : { email: owner.email }) }],
    date: new Date(owner.date * 1000),
    subkeys: [],
    format: 'object',
  });
  await disk.replace(path, privateKey.armor(), { mode: 0o600 });
  return { fingerprint: fingerprintOf(privateKey), text: publicKey.armor() };
}

const fingerprintOf = (key: PrivateKey): string => key.getFingerprint().toUpperCase();

async function loadKey(path: string): Promise<PrivateKey> {
  const armored = await readSecret(path);
  let key: PrivateKey;
  try {
    key = await readPrivateKey({ armoredKey: armored });
  } catch {
    // The parser's words may quote the key; they go nowhere.
    throw unusable(path, 'site key is an armored OpenPGP private key');
  }
  if (!key.isDecrypted())
    throw unusable(path, 'site key has no passphrase', { found: 'an encrypted key' });
  const { algorithm, bits = 0 } = key.getAlgorithmInfo();
  const rsa = algorithm === 'rsaEncryptSign' || algorithm === 'rsaSign';
  const accepted = (rsa && bits >= minimumBits) || algorithm === 'eddsaLegacy';
  if (key.keyPacket.version !== 4 || !accepted) {
    const found = `version ${key.keyPacket.version} ${algorithm}${bits === 0 ? '' : ` ${bits}`}`;
    throw unusable(path, `site key is version 4 RSA-${minimumBits} or longer, or ed25519`, {
      found,
    });
  }
  return key;
}

async function readSecret(path: string): Promise<string> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) {
    throw new Fault('KeyMissing', {
      object: path,
      check: "the site's signing key is here",
      fix: 'Restore <state>/keys from the backup; `sluice init DIR` makes a key where there never was one.',
    });
  }
  if (!stat.isFile()) throw unusable(path, 'site key is a regular file');
  if ((stat.mode & 0o077) !== 0) {
    const found = `mode ${(stat.mode & 0o777).toString(8)}`;
    throw unusable(path, 'site key is readable by its owner only', {
      found,
      fix: `Run: chmod 600 ${path}`,
    });
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
