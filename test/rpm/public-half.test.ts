import { generateKey, type PrivateKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { publicHalf } from '../../src/rpm/index.ts';

type Options = Omit<Parameters<typeof generateKey>[0], 'format'>;
const named = { userIDs: { name: 'site' } };

async function made(options: Options): Promise<PrivateKey> {
  const { privateKey } = await generateKey({ subkeys: [], ...options, format: 'object' });
  return privateKey;
}

describe('the public half of a private key', () => {
  let rsa: PrivateKey;
  let older: PrivateKey;
  beforeAll(async () => {
    rsa = await made({ ...named, type: 'rsa', rsaBits: 2048 });
    older = await made({ ...named, type: 'ecc', curve: 'ed25519Legacy' });
  });

  it('is, byte for byte, what openpgp.js makes of it', () => {
    for (const key of [rsa, older]) {
      expect(publicHalf(key.armor())).toEqual({
        fingerprint: key.getFingerprint().toUpperCase(),
        text: key.toPublic().armor(),
      });
    }
  });

  it('of a damaged key is nobody’s', () => {
    const lines = rsa.armor().split('\n');
    const at = Math.floor(lines.length / 3);
    const line = lines[at] ?? '';
    const flipped = (line.startsWith('A') ? 'B' : 'A') + line.slice(1);
    expect(publicHalf(lines.with(at, flipped).join('\n'))).toBeUndefined();
    expect(publicHalf(lines.toSpliced(at, 1).join('\n'))).toBeUndefined();
    expect(publicHalf(lines.slice(0, at).join('\n'))).toBeUndefined();
  });

  it.each<[string, Options]>([
    ['a passphrase', { ...named, type: 'rsa', rsaBits: 2048, passphrase: 'x' }],
    ['two names', { type: 'rsa', rsaBits: 2048, userIDs: [{ name: 'a' }, { name: 'b' }] }],
    ['a subkey', { ...named, type: 'rsa', rsaBits: 2048, subkeys: [{}] }],
    ['the newer kind', { ...named, type: 'curve25519' }],
    ['another curve', { ...named, type: 'ecc', curve: 'nistP256' }],
  ])('of a key with %s is left to openpgp.js', async (_what, options) => {
    const key = await made(options);
    expect(publicHalf(key.armor())).toBeUndefined();
    expect(publicHalf(key.toPublic().armor())).toBeUndefined();
  });
});
