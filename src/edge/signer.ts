import type { Config, PrivateKey } from 'openpgp';
import type { Signer } from '../ports.ts';
import { publicHalf } from '../rpm/index.ts';
import { setEnd } from './key-end.ts';
import {
  absentKey,
  fingerprintOf,
  keyFiles,
  keysStamp,
  loadKey,
  passphraseIn,
} from './key-files.ts';

/** Equal input must give equal bytes, so nothing random goes into a signature. */
const unsalted: Partial<Config> = { nonDeterministicSignaturesViaNotation: false };

type Keys = ReadonlyMap<string, ReadyKey>;

interface ReadyKey {
  /** Armored public key, with everything that its owner said. */
  readonly text: string;
  /** The copy that signs. */
  signing(): Promise<PrivateKey>;
}

/**
 * Signs with the keys in a directory. Encrypted ones are opened with the passphrase in a file. Throws
 * `KeyMissing` and `KeyUnusable`.
 */
export function realSigner(
  keysDirectory: string,
  options: { readonly passphraseFile?: string } = {},
): Signer {
  let loaded: { readonly stamp: string; readonly keys: Promise<Keys> } | undefined;
  const keys = async (): Promise<Keys> => {
    // Read again when a file has changed: a key may be put there or get another end at any time.
    const stamp = await keysStamp(keysDirectory);
    if (loaded?.stamp !== stamp) {
      loaded = { stamp, keys: readyKeys(keysDirectory, options.passphraseFile) };
    }
    try {
      return await loaded.keys;
    } catch (error) {
      loaded = undefined;
      throw error;
    }
  };
  const own = async (fingerprint: string): Promise<ReadyKey> => {
    const all = await keys();
    const found = all.get(fingerprint);
    if (found) return found;
    throw absentKey(fingerprint, [...all.keys()], keysDirectory);
  };
  return {
    keys: async () => [...(await keys()).keys()],
    publicKey: async (fingerprint) => (await own(fingerprint)).text,
    sign: async ({ key: fingerprint, bytes, dateSeconds }) => {
      const signingKeys = await (await own(fingerprint)).signing();
      const { createMessage, sign } = await import('openpgp');
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

async function readyKeys(directory: string, passphraseFile: string | undefined): Promise<Keys> {
  const ready = new Map<string, ReadyKey>();
  const files = await keyFiles(directory);
  const passphrase = await passphraseIn(passphraseFile);
  for (const file of files) {
    // Most commands only ask which keys there are.
    const half = publicHalf(file.armored);
    const key = half === undefined ? await loadKey(file, passphrase) : undefined;
    let certified: Promise<PrivateKey> | undefined;
    const signing = () => {
      certified ??= fromItsCreation(key ?? loadKey(file, passphrase));
      return certified;
    };
    if (half !== undefined) ready.set(half.fingerprint, { text: half.text, signing });
    if (key !== undefined) ready.set(fingerprintOf(key), { text: key.toPublic().armor(), signing });
  }
  return ready;
}

/**
 * openpgp.js signs only at dates at which it finds a certification in force. Ours are dated by packages and records, and
 * whether a key may sign is decided by the plan; so the copy that signs is certified from its creation on.
 */
async function fromItsCreation(loaded: PrivateKey | Promise<PrivateKey>): Promise<PrivateKey> {
  const key = await loaded;
  await setEnd(key, { date: Math.floor(key.getCreationTime().getTime() / 1000) });
  return key;
}
