import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../src/model/index.ts';

describe('globs', () => {
  it.each([
    ['kernel', 'kernel', true],
    ['kernel', 'kernel-core', false],
    ['kernel*', 'kernel-core', true],
    ['*-debuginfo', 'bash-debuginfo', true],
    ['*-debuginfo', 'bash-debuginfo-common', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['lib[fg]oo', 'libgoo', false],
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

  it('does not blow up on a pattern made to', () => {
    expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(20_000))).toBe(false);
  });
});
