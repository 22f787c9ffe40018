import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../src/rpm/index.ts';

describe('globs', () => {
  it.each([
    ['kernel', 'kernel', true],
    ['kernel', 'kernel-core', false],
    ['kernel*', 'kernel-core', true],
    ['*-debuginfo', 'bash-debuginfo', true],
    ['*-debuginfo', 'bash-debuginfo-common', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['lib[fg]oo', 'libgoo', true],
    ['lib[!f]oo', 'libfoo', false],
    ['lib[a-c]', 'libb', true],
    ['lib[a-c]', 'libd', false],
    ['[]x]', ']', true],
    ['[abc', '[abc', true],
    ['*', '', true],
    ['', 'x', false],
    ['a*b*c', 'a-b-b-c', true],
    ['libstdc++*', 'libstdc++-devel', true],
    ['a.c', 'abc', false],
    ['(a|b)+$', '(a|b)+$', true],
  ])('%s on %s is %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('agrees with a regular expression made for the purpose', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), maxLength: 12 });
    const pattern = fc.string({
      unit: fc.constantFrom('a', 'b', '-', '.', '*', '?'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(pattern, letters, (p, t) => {
        const source = p.replace(/\./g, '\\.').replace(/\*/g, '.*').replace(/\?/g, '.');
        expect(matchesGlob(p, t)).toBe(new RegExp(`^${source}$`).test(t));
      }),
    );
  });

  it('does not blow up on a pattern made to', () => {
    expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(20_000))).toBe(false);
  });
});
