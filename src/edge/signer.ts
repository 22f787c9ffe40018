import { type Config, createMessage, type PrivateKey, sign } from 'openpgp';
import type { Signer } from '../ports.ts';
import { absentKey, loadKeys } from './key-files.ts';

/** Equal input must give equal bytes, so nothing random goes into a signature. */
const unsalted: Partial<Config> = { nonDeterministicSignaturesViaNotation: false };

/**
 * Signs with the keys in a directory, read once. Encrypted ones are opened with the passphrase in a file. Throws
 * `KeyMissing` and `KeyUnusable`.
 */
export function realSigner(
  keysDirectory: string,
  options: { readonly passphraseFile?: string } = {},
): Signer {
  let loading: Promise<ReadonlyMap<string, PrivateKey>> | undefined;
  const keys = async (): Promise<ReadonlyMap<string, PrivateKey>> => {
    loading ??= loadKeys(keysDirectory, options.passphraseFile);
    try {
      return await loading;
    } catch (error) {
      // The next call looks again: the operator may have put the key there meanwhile.
      loading = undefined;
      throw error;
    }
  };
  const own = async (fingerprint: string): Promise<PrivateKey> => {
    const all = await keys();
    const found = all.get(fingerprint);
    if (found) return found;
    // A key that was put there since is looked for once more.
    loading = undefined;
    const again = (await keys()).get(fingerprint);
    if (again) return again;
    throw absentKey(fingerprint, [...all.keys()], keysDirectory);
  };
  return {
    keys: async () => [...(await keys()).keys()],
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
