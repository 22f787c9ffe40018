import * as openpgp from 'openpgp';
import type { Signer } from '../../src/ports.ts';

/** A signer with one fresh Ed25519 key, in memory. */
export async function openpgpSigner(
  createdAt = 1_700_000_000,
): Promise<Signer & { readonly fingerprint: string }> {
  const config = { nonDeterministicSignaturesViaNotation: false };
  const { privateKey } = await openpgp.generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'site', email: 'site@example.org' }],
    date: new Date(createdAt * 1000),
    format: 'object',
    config,
  });
  const fingerprint = privateKey.getFingerprint().toUpperCase();
  return {
    fingerprint,
    keys: async () => [fingerprint],
    publicKey: async () => privateKey.toPublic().armor(),
    sign: async ({ bytes, dateSeconds }) =>
      await openpgp.sign({
        message: await openpgp.createMessage({ binary: bytes }),
        signingKeys: privateKey,
        detached: true,
        date: new Date(Math.max(dateSeconds, createdAt) * 1000),
        config,
      }),
  };
}
