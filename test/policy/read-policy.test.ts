import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findingText, policyReader, readPolicy } from '../../src/policy/index.ts';
import { commit, findingsWith, policyText, readWith, smallPolicy } from './small-policy.ts';

const paths = Object.keys(smallPolicy);

describe('reading', () => {
  test('never throws, and every finding has a place in a file and a fix', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('\n', '  ', ': ', '- ', '[', '{', '}', '"', "'", '|', '>', '? ', '&a', '*a'),
      fc.constantFrom('!t ', '%D\n', '---\n', '...\n', '#', 'kind', '__proto__', '\t', '~', ','),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.nat(),
        fc.nat(40),
        piece,
        (path, at, cut, extra) => {
          const text = smallPolicy[path] ?? '';
          const start = at % (text.length + 1);
          const changed = `${text.slice(0, start)}${extra}${text.slice(start + cut)}`;
          const { desired, findings } = readWith({ [path]: changed });
          const errors = findings.filter((f) => f.severity === 'error');
          expect(desired === undefined).toBe(errors.length > 0);
          for (const finding of findings) {
            expect(finding.at.line).toBeGreaterThan(0);
            expect(finding.at.col).toBeGreaterThan(0);
            expect(finding.fix).not.toBe('');
            expect(findingText(finding).split('\n')).toHaveLength(2);
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  test('the order of the files does not matter', () => {
    const files = Object.entries(smallPolicy).map(([path, text]) => ({ path, text }));
    const extra = { path: 'channels/x.yaml', text: 'a: [' };
    expect(readPolicy([extra, ...files.toReversed()], commit).findings).toEqual(
      readPolicy([...files, extra], commit).findings,
    );
  });

  test('[G13] what a file says cannot forge lines or hide text in a message', () => {
    const text = policyText('Policy', 'name: extra', 'action: hold', '"a\\nb\\e[2J\\u202e": x');
    const findings = findingsWith({
      'policies/extra.yaml': text,
      'policies/\u202eevil\n.yaml': 'x',
    });
    const printed = findings.map(findingText);
    expect(printed.every((t) => t.split('\n').length === 2)).toBe(true);
    expect(printed.join('\n')).toContain('"aU+000AbU+001B[2JU+202E"');
    expect(printed.join('\n')).not.toMatch(/[\u001b\u202e]/);
  });

  test('a reader that remembers files reads every commit as if it were the first', () => {
    const variants = (path: string): readonly (string | undefined)[] => {
      const text = smallPolicy[path] ?? '';
      return [text, text, `${text}# a comment`, `${text}unknown: key`, 'a: [', undefined];
    };
    const changes = fc.array(fc.tuple(fc.constantFrom(...paths), fc.nat(5)), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(changes, { minLength: 2, maxLength: 5 }), (commits) => {
        const read = policyReader();
        for (const change of commits) {
          const texts = new Map<string, string | undefined>(Object.entries(smallPolicy));
          for (const [path, n] of change) texts.set(path, variants(path)[n]);
          const files = [...texts].flatMap(([path, text]) =>
            text === undefined ? [] : [{ path, text }],
          );
          expect(read(files, commit)).toEqual(readPolicy(files, commit));
        }
      }),
      { numRuns: 60 },
    );
    const read = policyReader();
    const files = Object.entries(smallPolicy).map(([path, text]) => ({ path, text }));
    const [first, second] = [read(files, commit), read([...files], commit)];
    expect(second.desired?.updates.get('EX-2026:1')).toBe(first.desired?.updates.get('EX-2026:1'));
  });
});
