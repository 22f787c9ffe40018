import { describe, expect, it } from 'vitest';
import { dependencyText, overlaps } from '../../../src/rpm/closure/overlap.ts';
import { parseRich, type RichDependency } from '../../../src/rpm/closure/rich.ts';

/** The tree with every group in brackets. */
function shown(rich: RichDependency | undefined): string {
  if (rich === undefined) return 'unreadable';
  if (rich.kind === 'plain') return dependencyText(rich.dependency);
  if ('left' in rich) return `[${shown(rich.left)} ${rich.kind} ${shown(rich.right)}]`;
  const otherwise = rich.otherwise === undefined ? '' : ` else ${shown(rich.otherwise)}`;
  return `[${shown(rich.wanted)} ${rich.kind} ${shown(rich.condition)}${otherwise}]`;
}

describe('rich dependencies', () => {
  it.each([
    ['(a and b)', '[a and b]'],
    ['(a)', 'a'],
    ['(a or b or c)', '[[a or b] or c]'],
    ['(a >= 1:2-3 and b < 4)', '[a >= 1:2-3 and b < 4]'],
    ['(a if b)', '[a if b]'],
    ['(a if b else c)', '[a if b else c]'],
    ['(a if (b or c) else (d and e))', '[a if [b or c] else [d and e]]'],
    ['(a unless b else c)', '[a unless b else c]'],
    ['((a with b) without c)', '[[a with b] without c]'],
    ['(perl(A::B) >= 1 or libx.so.1()(64bit))', '[perl(A::B) >= 1 or libx.so.1()(64bit)]'],
    ['( a   and  b )', '[a and b]'],
    ['(/usr/bin/a or b=2)', '[/usr/bin/a or b=2]'],
  ])('%s', (text, tree) => {
    expect(shown(parseRich(text))).toBe(tree);
  });

  it.each([
    '(a and b or c)',
    '(a',
    '(a b)',
    '()',
    '(a and)',
    '(a if b else)',
    '(a) b',
    '(a xor b)',
    `${'('.repeat(99)}a`,
  ])('%s is not one', (text) => {
    expect(parseRich(text)).toBeUndefined();
  });
});

describe('version ranges', () => {
  const range = (text: string) => {
    const parsed = parseRich(text);
    if (parsed?.kind !== 'plain') throw new Error(text);
    return parsed.dependency;
  };

  it.each([
    ['a', 'a = 1', true],
    ['a >= 2', 'a', true],
    ['a >= 2', 'a = 1', false],
    ['a >= 2', 'a = 2-1', true],
    ['a > 2', 'a = 2-1', false],
    ['a = 2', 'a = 2-9', true],
    ['a = 2-1', 'a = 2', true],
    ['a = 2-1', 'a = 2-2', false],
    ['a < 2-1', 'a = 2', false],
    ['a <= 2-1', 'a = 2-2', false],
    ['a >= 1:1', 'a = 9', false],
    ['a >= 1', 'a = 1:0.1', true],
    ['a < 1', 'a = 1~rc1', true],
    ['a > 1', 'a = 1^git', true],
    ['a < 2', 'a < 1', true],
    ['a < 2', 'a > 2', false],
    ['a < 3', 'a > 2', true],
    ['a > 2', 'a >= 2', true],
    ['a = 0:1', 'a = 1', true],
  ])('%s meets %s: %s', (required, provided, expected) => {
    expect(overlaps(range(required), range(provided))).toBe(expected);
    expect(overlaps(range(provided), range(required))).toBe(expected);
  });
});
