import { expect } from 'vitest';
import type { SignatureException, Weakness } from '../../src/model/index.ts';
import {
  inspectPackage,
  judgePackage,
  readKeyring,
  type SignatureRules,
} from '../../src/rpm/index.ts';
import { type SignatureRecipe, signaturePacket, type WrittenKey } from './openpgp-writer.ts';
import { binary, type RpmRecipe, type WrittenEntry, writeRpm } from './rpm-writer.ts';

export const day = 86_400;
export const now = 1_800_000_000;
export const made = now - 1000 * day;
export const signed = now - 100 * day;

export const rules: SignatureRules = { required: true, exceptions: [], now, metadataPinned: true };
export const exception = (
  allow: Weakness,
  more: Partial<SignatureException> = {},
): SignatureException => ({ allow, until: '2099-12-31', reason: 'vendor re-signs soon', ...more });

/** Header signatures stand in 268 (RSA) or 267, those over header and payload in 1002 or 1005. */
const headerTag = (key: WrittenKey): number => (key.algorithm === 1 ? 268 : 267);
const wholeTag = (key: WrittenKey): number => (key.algorithm === 1 ? 1002 : 1005);

export const overHeader =
  (key: WrittenKey, recipe: Partial<SignatureRecipe> = {}) =>
  (header: Buffer): readonly WrittenEntry[] => [
    binary(headerTag(key), signaturePacket(key, header, { created: signed, ...recipe })),
  ];
export const overWhole =
  (key: WrittenKey, recipe: Partial<SignatureRecipe> = {}) =>
  (header: Buffer, payload: Buffer): readonly WrittenEntry[] => [
    binary(
      wholeTag(key),
      signaturePacket(key, Buffer.concat([header, payload]), { created: signed, ...recipe }),
    ),
  ];

export interface Situation {
  readonly pinned: readonly string[];
  readonly sign?: RpmRecipe['sign'];
  readonly recipe?: RpmRecipe;
  readonly rules?: Partial<SignatureRules>;
}

/** `accepted`, with what was excused, or the fault's code. */
export async function verdictOf(situation: Situation): Promise<string> {
  const { pinned, sign, recipe, rules: more } = situation;
  const keyring = await readKeyring(pinned.map((text, n) => ({ path: `keys/${n}.asc`, text })));
  const { bytes } = writeRpm({ ...recipe, ...(sign === undefined ? {} : { sign }) });
  const verdict = judgePackage(inspectPackage(bytes), keyring, { ...rules, ...more });
  if (verdict.kind === 'accepted') return ['accepted', ...verdict.excused].join(' ');
  expect(verdict.fault.exit).toBe(4);
  expect(verdict.fault.fix).not.toBe('');
  return `${verdict.fault.code}: ${verdict.fault.check}; ${verdict.fault.found ?? ''}`;
}
