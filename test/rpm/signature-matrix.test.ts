import { describe, expect, it } from 'vitest';
import { type CertificateRecipe, certificate } from '../support/certificate-writer.ts';
import { type Algorithm, writeKey } from '../support/openpgp-writer.ts';
import type { RpmRecipe } from '../support/rpm-writer.ts';
import {
  day,
  made,
  now,
  overHeader,
  overWhole,
  signed,
  verdictOf,
} from '../support/signed-package.ts';

const algorithms: readonly Algorithm[] = ['rsa2048', 'rsa1024', 'ed25519', 'dsa1024'];
const states: readonly [string, CertificateRecipe][] = [
  ['good', {}],
  ['expired before the signature', { expiresAfter: signed - made - day }],
  ['expired since', { expiresAfter: signed - made + day }],
  ['revoked as compromised', { revoked: { reason: 2, at: now - day } }],
  ['revoked without a reason', { revoked: { at: now - day } }],
  ['superseded before the signature', { revoked: { reason: 1, at: signed - day } }],
  ['superseded since', { revoked: { reason: 1, at: signed + day } }],
  ['retired since', { revoked: { reason: 3, at: signed + day } }],
];
const weakness: Readonly<Record<Algorithm, string | undefined>> = {
  rsa2048: undefined,
  ed25519: undefined,
  rsa1024: 'KeyUnusable',
  dsa1024: 'KeyUnusable',
};

/** What the table of SECURITY D08 to D10 says; the weakest point decides. */
function expected(state: string, algorithm: Algorithm): string {
  if (/compromised|without a reason|superseded before|expired before/.test(state))
    return 'KeyUnusable';
  if (weakness[algorithm] !== undefined) return 'KeyUnusable';
  return state === 'expired since' ? 'accepted expired-key' : 'accepted';
}

describe('signature matrix: key state × algorithm × what is signed × packet version', () => {
  const cells = states.flatMap(([state, recipe]) =>
    algorithms.flatMap((algorithm) =>
      (['header', 'header+payload'] as const).flatMap((covers) =>
        ([3, 4] as const).map((version) => ({ state, recipe, algorithm, covers, version })),
      ),
    ),
  );

  it.each(cells)(
    '[D08] [D09] [D10] $algorithm, key $state, over $covers, version $version',
    async ({ state, recipe, algorithm, covers, version }) => {
      const key = writeKey(algorithm, made);
      const sign = (covers === 'header' ? overHeader : overWhole)(key, { version });
      const verdict = await verdictOf({ pinned: [certificate(key, recipe)], sign });
      expect(verdict.split(':')[0]).toBe(expected(state, algorithm));
    },
  );

  it.each(cells.filter((c) => c.state === 'good'))(
    '[D03] $algorithm over $covers, version $version: a signature of other bytes is invalid',
    async ({ algorithm, covers, version }) => {
      const key = writeKey(algorithm, made);
      const make = covers === 'header' ? overHeader : overWhole;
      const sign: RpmRecipe['sign'] = (header, payload) =>
        make(key, { version })(Buffer.concat([header, Buffer.from('x')]), payload);
      const verdict = await verdictOf({ pinned: [certificate(key)], sign });
      expect(verdict).toMatch(/^SignatureInvalid: .* is over these bytes/);
    },
  );
});
