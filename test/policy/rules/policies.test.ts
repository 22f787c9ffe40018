import { describe, expect, test } from 'vitest';
import { codesWith, findingsWith, policyText } from '../small-policy.ts';

const policy = (name: string, match: string, ...lines: readonly string[]): string =>
  policyText('Policy', `name: ${name}`, `match: ${match}`, 'action: hold', ...lines);

describe('policies', () => {
  const two = (first: string, second: string, ...lines: readonly string[]) =>
    findingsWith({
      'policies/a.yaml': policy('a', first, ...lines),
      'policies/b.yaml': policy('b', second, ...lines),
    });

  test('a tie names both policies', () => {
    const [finding, ...others] = two('{ packages: ["kernel"] }', '{ packages: ["x", "kernel"] }');
    expect(others).toEqual([]);
    expect(finding?.code).toBe('PolicyConflict');
    expect(finding?.message).toContain('"a" (policies/a.yaml) and "b" (policies/b.yaml)');
    expect(finding?.message).toContain('"kernel"');
  });

  test('ties are found between globs, upstreams and severities, and only where both can decide', () => {
    const ties = (first: string, second: string) => two(first, second).length;
    expect(ties('{ packages: ["kernel-*"] }', '{ packages: ["kernel-*x"] }')).toBe(1);
    expect(ties('{ packages: ["kernel-*a"] }', '{ packages: ["kernel-*b"] }')).toBe(0);
    expect(ties('{ packages: ["kernel-*"] }', '{ packages: ["kernel-core*"] }')).toBe(0);
    expect(ties('{ packages: ["kernel"] }', '{ packages: ["kernel*"] }')).toBe(0);
    expect(ties('{ upstreams: [vendor] }', '{ upstreams: [vendor] }')).toBe(1);
    expect(ties('{ upstreams: [vendor] }', '{ severity: [Low] }')).toBe(0);
    expect(ties('{ severity: [Low, None] }', '{ severity: [Critical] }')).toBe(0);
    expect(ties('{ severity: [Low, None] }', '{ severity: [None] }')).toBe(1);
    expect(codesWith({ 'policies/all.yaml': policy('all', '{}', 'priority: 1') })).toEqual([]);
    expect(codesWith({ 'policies/all.yaml': policy('all', '{}') })).toHaveLength(1);
  });

  test('policies name upstreams and channels that exist', () => {
    const text = policy('a', '{ upstreams: [vendr] }', 'approvals: { testin: auto, build: ask }');
    expect(codesWith({ 'policies/a.yaml': text })).toEqual([
      'policies/a.yaml:4 PolicyReference',
      'policies/a.yaml:6 PolicyReference',
    ]);
  });
});
