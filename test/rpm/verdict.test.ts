import { describe, expect, it } from 'vitest';
import { type CertificateRecipe, certificate } from '../support/certificate-writer.ts';
import { seconds, signaturePacket, writeKey } from '../support/openpgp-writer.ts';
import { binary, type RpmRecipe, texts } from '../support/rpm-writer.ts';
import {
  day,
  exception,
  made,
  now,
  overHeader,
  overWhole,
  signed,
  verdictOf,
} from '../support/signed-package.ts';

describe('the floor', () => {
  const key = writeKey('rsa2048', made);
  const pinned = [certificate(key)];

  it('[D01] refuses an unsigned package', async () => {
    expect(await verdictOf({ pinned })).toMatch(/^PackageUnsigned: not signed/);
  });

  it('[D01] takes it where signatures are not required, or where an exception names it', async () => {
    expect(await verdictOf({ pinned, rules: { required: false } })).toBe('accepted');
    const named = exception('unsigned', { packages: ['samp*'] });
    expect(await verdictOf({ pinned, rules: { exceptions: [named] } })).toBe('accepted unsigned');
    const other = exception('unsigned', { packages: ['other*'] });
    expect(await verdictOf({ pinned, rules: { exceptions: [other] } })).toMatch(/^PackageUnsigned/);
  });

  it('[D02] refuses an unknown key and shows its fingerprint, or its key id in version 3', async () => {
    const stranger = writeKey('rsa2048', made, 1);
    const full = await verdictOf({ pinned, sign: overHeader(stranger) });
    expect(full).toContain(`KeyNotPinned: signature is by a pinned key; ${stranger.fingerprint}`);
    const short = await verdictOf({ pinned, sign: overHeader(stranger, { version: 3 }) });
    expect(short).toContain(stranger.fingerprint.slice(-16));
  });

  it('[D02] refuses a stranger who claims to be the pinned key', async () => {
    const stranger = writeKey('rsa2048', made, 1);
    const sign = overHeader(stranger, { issuer: key.fingerprint });
    expect(await verdictOf({ pinned, sign })).toMatch(/^SignatureInvalid/);
  });

  it('[D07] refuses a header signature when that header has no digest of the payload', async () => {
    const recipe = { payloadDigest: false };
    const alone = await verdictOf({ pinned, recipe, sign: overHeader(key) });
    expect(alone).toMatch(/^PackageUnsigned: signature covers the payload/);
    expect(await verdictOf({ pinned, recipe, sign: overWhole(key) })).toBe('accepted');
    const exceptions = [exception('unsigned')];
    const excused = await verdictOf({
      pinned,
      recipe,
      sign: overHeader(key),
      rules: { exceptions },
    });
    expect(excused).toBe('accepted unsigned');
  });

  it.each([
    ['SHA-1', 2, 'sha1'],
    ['MD5', 1, 'md5'],
  ] as const)(
    '[D08] refuses %s by name, unless an exception does',
    async (label, hashId, allow) => {
      const sign = overHeader(key, { hashId });
      expect(await verdictOf({ pinned, sign })).toBe(
        `SignatureWeak: hash algorithm of the signature; ${label}`,
      );
      const exceptions = [exception(allow)];
      expect(await verdictOf({ pinned, sign, rules: { exceptions } })).toBe(`accepted ${allow}`);
    },
  );

  it('[D08] refuses RIPEMD-160 and unknown algorithms by name', async () => {
    const odd =
      (at: number, value: number): RpmRecipe['sign'] =>
      (header) => {
        const bytes = signaturePacket(key, header, { created: signed });
        bytes.writeUInt8(value, 6 + at);
        return [binary(268, bytes)];
      };
    expect(await verdictOf({ pinned, sign: odd(3, 3) })).toMatch(/^SignatureWeak: .*RIPEMD-160/);
    expect(await verdictOf({ pinned, sign: odd(2, 19) })).toMatch(/^SignatureWeak: .*ECDSA/);
    expect(await verdictOf({ pinned, sign: odd(2, 27) })).toMatch(/^SignatureWeak: .*Ed25519/);
    expect(await verdictOf({ pinned, sign: odd(2, 107) })).toMatch(/^SignatureWeak: .*107/);
    expect(await verdictOf({ pinned, sign: odd(0, 6) })).toMatch(/^SignatureInvalid: .*version 6/);
  });

  it('[D08] takes weak keys by named exceptions only, all of them needed', async () => {
    const dsa = writeKey('dsa1024', made);
    const situation = {
      pinned: [certificate(dsa)],
      sign: overWhole(dsa, { version: 3 as const, hashId: 2 }),
    };
    const both = [exception('dsa'), exception('sha1')];
    expect(await verdictOf({ ...situation, rules: { exceptions: both } })).toBe(
      'accepted dsa sha1',
    );
    for (const one of both) {
      expect(await verdictOf({ ...situation, rules: { exceptions: [one] } })).not.toMatch(
        /^accepted/,
      );
    }
    const short = writeKey('rsa1024', made);
    const exceptions = [exception('short-rsa')];
    const rsa = { pinned: [certificate(short)], sign: overHeader(short), rules: { exceptions } };
    expect(await verdictOf(rsa)).toBe('accepted short-rsa');
  });

  it('[D08] ends an exception with its last day', async () => {
    const sign = overHeader(key, { hashId: 2 });
    const today = new Date(now * 1000).toISOString().slice(0, 10);
    const yesterday = new Date((now - day) * 1000).toISOString().slice(0, 10);
    const at = (until: string) => ({ exceptions: [exception('sha1', { until })] });
    expect(await verdictOf({ pinned, sign, rules: at(today) })).toBe('accepted sha1');
    expect(await verdictOf({ pinned, sign, rules: at(yesterday) })).toMatch(/^SignatureWeak/);
    expect(await verdictOf({ pinned, sign, rules: at('soon') })).toMatch(/^SignatureWeak/);
  });

  it('[D09] needs fresh, signed metadata for a signature older than the key’s expiry', async () => {
    const old = [certificate(key, { expiresAfter: signed - made + day })];
    const sign = overHeader(key);
    const unpinned = { metadataPinned: false };
    const refused = await verdictOf({ pinned: old, sign, rules: unpinned });
    expect(refused).toMatch(/^KeyUnusable: key \w{40} has not expired; expired on 20/);
    const exceptions = [exception('expired-key')];
    const excused = await verdictOf({ pinned: old, sign, rules: { ...unpinned, exceptions } });
    expect(excused).toBe('accepted expired-key');
  });

  it('[D10] lets no older copy of a key hide its revocation', async () => {
    const revoked = certificate(key, { revoked: { reason: 2, at: now - day } });
    for (const copies of [
      [certificate(key), revoked],
      [revoked, certificate(key)],
    ]) {
      expect(await verdictOf({ pinned: copies, sign: overHeader(key) })).toMatch(
        /^KeyUnusable: .*compromised/,
      );
    }
  });

  it('ignores a revocation that the key itself did not make', async () => {
    const forged = certificate(key, { revoked: { reason: 2, at: now - day } });
    const bytes = Buffer.from(forged.split('\n').slice(2, -2).join(''), 'base64');
    // One bit of the revocation's signature value.
    const at = 6 + key.body.length + 6 + 40;
    bytes.writeUInt8(bytes.readUInt8(at + 60) ^ 1, at + 60);
    const damaged = `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${bytes.toString('base64')}\n-----END PGP PUBLIC KEY BLOCK-----\n`;
    expect(await verdictOf({ pinned: [damaged], sign: overHeader(key) })).toBe('accepted');
  });

  it.each(['by the primary key only', 'by another key', 'not at all'] as const)(
    '[D11] refuses a subkey that is bound %s',
    async (bound) => {
      const subkey = writeKey('ed25519', made);
      const other = writeKey('rsa2048', made, 1);
      const one = certificate(key, { other, subkeys: [{ key: subkey, bound }] });
      const refused = await verdictOf({ pinned: [one], sign: overHeader(subkey) });
      expect(refused).toMatch(/^KeyUnusable: key \w{40} can be used; .*primary key/);
    },
  );

  it('[D11] takes a subkey that is bound mutually, while both are good', async () => {
    const subkey = writeKey('ed25519', made);
    const bound = (more: CertificateRecipe, own = {}) => [
      certificate(key, { ...more, subkeys: [{ key: subkey, bound: 'mutually', ...own }] }),
    ];
    const sign = overHeader(subkey);
    expect(await verdictOf({ pinned: bound({}), sign })).toBe('accepted');
    const revoked = { revoked: { reason: 2, at: now } };
    expect(await verdictOf({ pinned: bound({}, revoked), sign })).toMatch(/^KeyUnusable/);
    expect(await verdictOf({ pinned: bound(revoked), sign })).toMatch(/^KeyUnusable/);
    const expired = { expiresAfter: day };
    expect(await verdictOf({ pinned: bound({}, expired), sign })).toMatch(/^KeyUnusable/);
    expect(await verdictOf({ pinned: bound(expired), sign })).toMatch(/^KeyUnusable/);
  });

  it('refuses a key without any self-signature, as nothing says how long it is good', async () => {
    const bare = certificate(key, { selfSigned: false });
    expect(await verdictOf({ pinned: [bare], sign: overHeader(key) })).toMatch(/^KeyUnusable/);
  });

  it.each([
    ['[D19] text-mode signatures', { type: 1 }, /text-mode/],
    ['[E07] signatures from the day after tomorrow', { created: now + 2 * day }, /future/],
    ['[E07] signatures older than their key', { created: 1 }, /younger than its key/],
    ['expired signatures', { subpackets: [seconds(3, day)] }, /has not expired/],
    [
      'critical subpackets that are not known',
      { subpackets: [seconds(0x80 | 99, 1)] },
      /subpacket 99/,
    ],
  ] as const)('refuses %s', async (_what, recipe, message) => {
    const verdict = await verdictOf({ pinned, sign: overHeader(key, recipe) });
    expect(verdict).not.toMatch(/^accepted/);
    expect(verdict).toMatch(message);
  });

  it('names a pinned key that it cannot use, and tries the others when no issuer is named', async () => {
    const body = Buffer.from(key.body);
    body.writeUInt8(27, 5);
    const modern = certificate({ ...key, body });
    const sign = overHeader(key, { issuer: '' });
    expect(await verdictOf({ pinned: [modern, ...pinned], sign })).toBe('accepted');
    const refused = await verdictOf({ pinned: [modern], sign });
    expect(refused).toMatch(/^KeyUnusable: .*; Ed25519 \(RFC 9580\) key/);
  });

  it('takes a signature that is a few hours ahead of our clock', async () => {
    const sign = overHeader(key, { created: now + 3600 });
    expect(await verdictOf({ pinned, sign })).toBe('accepted');
  });
});

describe('several signatures', () => {
  const good = writeKey('rsa2048', made);
  const other = writeKey('ed25519', made);
  const pinned = [certificate(good)];
  const wrong: RpmRecipe['sign'] = (header) => [
    binary(267, signaturePacket(other, Buffer.concat([header, header]), { created: signed })),
  ];

  it('[D19] one good pinned signature is enough beside a bad, an unknown or an unreadable one', async () => {
    const companions: readonly NonNullable<RpmRecipe['sign']>[] = [
      wrong,
      overHeader(other),
      () => [binary(267, Buffer.from('not a packet'))],
      () => [binary(267, Buffer.from([0xc2, 0x01, 0x06]))],
    ];
    for (const companion of companions) {
      const sign: RpmRecipe['sign'] = (h, p) => [...overHeader(good)(h), ...companion(h, p)];
      expect(await verdictOf({ pinned, sign })).toBe('accepted');
      const both = [...pinned, certificate(other)];
      expect(await verdictOf({ pinned: both, sign })).toBe('accepted');
    }
  });

  it('[D19] none of them good is refused, and the pinned key’s failure is what is told', async () => {
    const sign: RpmRecipe['sign'] = (h, p) => [
      ...overHeader(good)(Buffer.concat([h, h])),
      ...overHeader(other)(h),
      ...overWhole(other)(h, p),
    ];
    expect(await verdictOf({ pinned, sign })).toMatch(/^SignatureInvalid/);
  });

  it('[D19] prefers the signature that needs no excuse', async () => {
    const sign: RpmRecipe['sign'] = (h, p) => [
      ...overHeader(good, { hashId: 2 })(h),
      ...overWhole(good)(h, p),
    ];
    const exceptions = [exception('sha1')];
    expect(await verdictOf({ pinned, sign, rules: { exceptions } })).toBe('accepted');
  });

  it('[D19] reads the list of signatures that rpm 6 writes', async () => {
    const sign: RpmRecipe['sign'] = (header) => {
      const list = [other, good].map((key) =>
        signaturePacket(key, header, { created: signed }).toString('base64'),
      );
      return [texts(278, list)];
    };
    expect(await verdictOf({ pinned, sign })).toBe('accepted');
  });
});
