import { describe, expect, test } from 'vitest';
import { codesWith, findingsWith, publicKey, smallPolicy } from '../small-policy.ts';

const file = (path: string): string => smallPolicy[path] ?? '';

describe('keys', () => {
  const key = (text: string) => findingsWith({ 'keys/vendor.asc': text });

  test('an upstream names keys that exist, and some when it demands signatures', () => {
    const keys = (text: string) =>
      codesWith({
        'upstreams/vendor.yaml': file('upstreams/vendor.yaml').replace('[keys/vendor.asc]', text),
      });
    expect(keys('[keys/vendors.asc]')).toEqual(['upstreams/vendor.yaml:6 PolicyReference']);
    expect(keys('[]')).toEqual(['upstreams/vendor.yaml:3 PolicyMissing']);
    expect(keys('[]\nrequire: { metadataSignature: false, packageSignatures: false }')).toEqual([]);
    expect(keys('[../vendor.asc]')).toEqual(['upstreams/vendor.yaml:6 PolicyInvalid']);
  });

  test('[E03] a private key in git is refused, and called published', () => {
    const [finding] = key(publicKey.replaceAll('PUBLIC', 'PRIVATE'));
    expect(finding?.code).toBe('KeyFileInvalid');
    expect(finding?.fix).toContain('treat the key as published');
    expect(JSON.stringify(finding)).not.toContain('mDMEabcdefg');
  });

  test('[E03] a key file holds exactly one armored public key block', () => {
    expect(key(`Vendor release key\n${publicKey.replaceAll('\n', '\r\n')}`)).toEqual([]);
    for (const text of ['', 'word', publicKey + publicKey, publicKey.slice(0, 60)]) {
      expect(key(text).map((f) => f.code)).toEqual(['KeyFileInvalid']);
    }
    const message = publicKey.replaceAll('PUBLIC KEY BLOCK', 'MESSAGE');
    expect(key(publicKey + message).map((f) => f.code)).toEqual(['KeyFileInvalid']);
  });
});
