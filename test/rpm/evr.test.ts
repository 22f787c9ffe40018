import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvr, compareVersions } from '../../src/rpm/evr.ts';

/** Asks the real rpm, thousands of pairs in one process. */
function rpmOrders(pairs: readonly (readonly [string, string])[]): readonly number[] {
  const quoted = pairs.map(([a, b]) => `{"${a}","${b}"}`).join(',');
  const program = `%{lua:for _,p in ipairs({${quoted}}) do print(rpm.vercmp(p[1],p[2]).." ") end}`;
  const answer = execFileSync('rpm', ['--eval', program]).toString().trim();
  return answer.split(/\s+/).map(Number);
}

const notable = [
  ...['0', '00', '1', '01', '1.0', '1.0.0', '1.10', '1.9', '1.', '1..2', '.1', '2', '10', '100'],
  ...[
    'a',
    'b',
    'A',
    'z',
    'aa',
    '1a',
    '1.a',
    'a1',
    'a.1',
    '1rc1',
    '1.rc1',
    '1~rc1',
    '1~',
    '~',
    '~~',
  ],
  ...['1~~', '1^', '^', '1^git1', '1^git2', '1^20200101', '1.0^', '1.0^git1~pre', '1.0~rc1^git1'],
  ...['1_0', '1+0', '20101121', '2010.11.21', '6.0.rc1', '10b2', '10a1', '5.5p10', '5.5p1'],
  ...[
    'xyz.4',
    '8',
    'xyz10',
    '1b.fc17',
    '1g.fc17',
    'FC5',
    'fc4',
    '1.fc4',
    '000000001',
    '18446744073709551617',
  ],
];
const text = fc.string({
  unit: fc.constantFrom(...'0019abzAZ.~^_+'.split('')),
  minLength: 1,
  maxLength: 10,
});
const evr = fc.record({ epoch: fc.nat({ max: 2 }), version: text, release: text });

describe('version order', () => {
  it('[C19] is that of rpm on every pair of notable versions and 4,000 random ones', () => {
    const random = fc.sample(fc.tuple(text, text), { numRuns: 4000, seed: 1 });
    const pairs = [...notable.flatMap((a) => notable.map((b) => [a, b] as const)), ...random];
    const ours = pairs.map(([a, b]) => compareVersions(a, b));
    const differing = rpmOrders(pairs).flatMap((order, n) =>
      order === ours[n] ? [] : [[...(pairs[n] ?? []), order, ours[n]]],
    );
    expect(differing).toEqual([]);
    expect(pairs.length).toBeGreaterThan(6000);
  });

  it('is antisymmetric', () => {
    fc.assert(
      fc.property(evr, evr, (a, b) => {
        expect(compareEvr(a, b) + compareEvr(b, a)).toBe(0);
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(evr, evr, evr, (a, b, c) => {
        const [low, middle, high] = [a, b, c].toSorted(compareEvr);
        if (low === undefined || middle === undefined || high === undefined) return;
        expect(compareEvr(low, middle)).toBeLessThanOrEqual(0);
        expect(compareEvr(middle, high)).toBeLessThanOrEqual(0);
        expect(compareEvr(low, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('lets the epoch decide first', () => {
    const older = { epoch: 1, version: '1', release: '1' };
    const newer = { epoch: 0, version: '99', release: '1' };
    expect(compareEvr(older, newer)).toBe(1);
    expect(compareEvr(older, { ...older })).toBe(0);
    expect(compareEvr({ ...older, release: '2' }, older)).toBe(1);
  });

  it('takes time in proportion to the text', () => {
    const long = '1.'.repeat(200_000);
    expect(compareVersions(`${long}1`, `${long}2`)).toBe(-1);
    expect(compareVersions('0'.repeat(400_000), '0'.repeat(399_999))).toBe(0);
  });
});
