import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globsOverlap, matchesGlob } from '../../src/model/index.ts';
import { explainPolicy, policyFor } from '../../src/policy/index.ts';
import { policyText, readWith } from './small-policy.ts';

const policyFile = (name: string, ...lines: readonly string[]) => ({
  [`policies/${name}.yaml`]: policyText('Policy', `name: ${name}`, 'action: hold', ...lines),
});

const policies =
  readWith({
    ...policyFile('exact', 'match: { packages: [kernel-core] }'),
    ...policyFile('short', 'match: { packages: ["kernel*"] }'),
    ...policyFile('long', 'match: { packages: ["kernel-*"] }'),
    ...policyFile('source', 'match: { upstreams: [vendor] }'),
    ...policyFile('severe', 'match: { severity: [Critical] }'),
    ...policyFile('first', 'match: { packages: ["*-rt-*"] }', 'priority: 5'),
    ...policyFile('never', 'match: { packages: [kernel-rt-debug] }'),
  }).desired?.policies ?? [];

const winner = (name: string, upstream = 'vendor', severity?: string) =>
  policyFor(policies, { name, upstream, ...(severity === undefined ? {} : { severity }) }).name;

describe('which policy decides', () => {
  test('the most specific: exact name, longer glob, upstream, severity, catch-all', () => {
    expect(winner('kernel-core')).toBe('exact');
    expect(winner('kernel-modules')).toBe('long');
    expect(winner('kernel')).toBe('short');
    expect(winner('bash')).toBe('source');
    expect(winner('bash', 'other', 'Critical')).toBe('severe');
    expect(winner('bash', 'vendor', 'Critical')).toBe('source');
    expect(winner('bash', 'other', 'Low')).toBe('default');
    expect(winner('bash', 'other')).toBe('default');
  });

  test('priority goes before everything', () => {
    expect(winner('kernel-rt-debug')).toBe('first');
    expect(winner('kernel-rt')).toBe('long');
  });

  test('the explanation lists every match, the deciding one first', () => {
    const matches = explainPolicy(policies, { name: 'kernel-core', upstream: 'other' });
    expect(matches.map((m) => [m.policy.name, m.wins, m.because])).toEqual([
      ['exact', true, 'priority 0, names the package'],
      ['long', false, 'priority 0, glob with 7 literal characters'],
      ['short', false, 'priority 0, glob with 6 literal characters'],
      ['default', false, 'priority 0, catch-all'],
    ]);
  });
});

describe('globs', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 7 });
  const words = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 7 });
  const asPattern = (glob: string) =>
    new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);

  test('match as the pattern that they stand for', () => {
    fc.assert(
      fc.property(letters, words, (glob, word) => {
        expect(matchesGlob(glob, word)).toBe(asPattern(glob).test(word));
      }),
      { numRuns: 500 },
    );
    expect(matchesGlob('*-debug*', 'hello-debuginfo')).toBe(true);
    expect(matchesGlob('hello', 'hello-libs')).toBe(false);
  });

  test('two overlap when one word matches both', () => {
    const all = ['', ...wordsUpTo(4)];
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 3 });
    fc.assert(
      fc.property(short, short, (x, y) => {
        const witness = all.some((word) => matchesGlob(x, word) && matchesGlob(y, word));
        // Two globs of three characters that overlap at all do so in a word of at most six letters.
        const longer = () =>
          wordsUpTo(6).some((word) => matchesGlob(x, word) && matchesGlob(y, word));
        expect(globsOverlap(x, y)).toBe(witness || longer());
      }),
      { numRuns: 300 },
    );
  });

  test('[G16] the worst pattern costs no more than its length times the name’s', () => {
    let steps = 0;
    const counted = new Proxy(new String('a'.repeat(5_000)), {
      get(target, key) {
        steps++;
        return Reflect.get(target, key, target);
      },
    });
    expect(matchesGlob(`${'*a'.repeat(99)}*b`, counted as unknown as string)).toBe(false);
    expect(steps).toBeLessThan(200 * 5_000 * 3);
  });
});

/** Every word of `a` and `b` with up to so many letters. */
function wordsUpTo(length: number): readonly string[] {
  if (length === 0) return [];
  const shorter = wordsUpTo(length - 1);
  const longest = shorter.filter((w) => w.length === length - 1);
  return [...shorter, ...(length === 1 ? [''] : longest).flatMap((w) => [`${w}a`, `${w}b`])];
}
