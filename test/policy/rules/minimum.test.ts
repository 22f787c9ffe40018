import { describe, expect, test } from 'vitest';
import { readPolicy } from '../../../src/policy/index.ts';
import {
  codesWith,
  commit,
  findingsWith,
  policyText,
  publicKey,
  readWith,
  smallPolicy,
  textWith,
} from '../small-policy.ts';

const file = (path: string): string => smallPolicy[path] ?? '';
const testing = smallPolicy['channels/testing.yaml'] ?? '';
const policy = (name: string, match: string, ...lines: readonly string[]): string =>
  policyText('Policy', `name: ${name}`, `match: ${match}`, 'action: hold', ...lines);

describe('what must be there', () => {
  test('[G11] an empty repository is missing everything and removes nothing', () => {
    const { desired, findings } = readPolicy([], commit);
    expect(desired).toBeUndefined();
    expect(findings.map((f) => f.code)).toEqual(Array(4).fill('PolicyMissing'));
    expect(findings[0]?.fix).toContain('what is published stays as it is');
  });

  test('[G11] a repository whose upstreams, policies or channels all vanished is refused', () => {
    expect(readWith({ 'sluice.yaml': undefined }).desired).toBeUndefined();
    expect(codesWith({ 'policies/default.yaml': undefined })).toEqual(['policies:1 PolicyMissing']);
    const none = findingsWith({
      'channels/testing.yaml': undefined,
      'channels/production.yaml': undefined,
    });
    expect(none.some((f) => f.code === 'PolicyMissing' && f.at.file === 'channels')).toBe(true);
  });

  test('a policy that matches everything is mandatory', () => {
    expect(
      codesWith({ 'policies/default.yaml': policy('default', '{ packages: ["a*"] }') }),
    ).toEqual(['policies:1 PolicyMissing']);
    expect(
      codesWith({ 'policies/default.yaml': policy('default', '{ packages: ["*"] }') }),
    ).toEqual([]);
  });
});

describe('files and names', () => {
  test('[G12] a file that others name was deleted, renamed or moved', () => {
    expect(textWith({ 'channels/testing.yaml': undefined })).toMatchInlineSnapshot(`
      "channels/production.yaml:7:10 PolicyReference there is no channel "testing"
        fix: Known: production.
      channels/production.yaml:8:53 PolicyReference there is no channel "testing"
        fix: Known: production.
      policies/default.yaml:5:23 PolicyReference there is no channel "testing"
        fix: Known: production.
      promotions/testing/EX-2026-1.yaml:4:10 PolicyReference there is no channel "testing"
        fix: Known: production."
    `);
    expect(
      codesWith({
        'upstreams/vendor.yaml': undefined,
        'upstreams/vendor.yml': file('upstreams/vendor.yaml'),
      }),
    ).toContain('upstreams/vendor.yml:1 PolicyUnreadable');
    expect(
      codesWith({ 'channels/testing.yaml': undefined, 'channels/old/testing.yaml': testing }),
    ).toContain('channels/old/testing.yaml:1 PolicyUnreadable');
    expect(codesWith({ 'channels/testing.yaml': undefined, 'testing.yaml': testing })).toContain(
      'testing.yaml:1 PolicyUnreadable',
    );
    expect(
      codesWith({ 'channels/testing.yaml': undefined, 'channels/tests.yaml': testing }),
    ).toContain('channels/tests.yaml:3 PolicyConflict');
  });

  test('[G12] a deleted update that is still promoted says which file would mend it', () => {
    const findings = findingsWith({ 'updates/EX-2026-1.yaml': undefined });
    expect(findings).toMatchObject([
      { code: 'PolicyReference', missing: 'updates/EX-2026-1.yaml', severity: 'error' },
    ]);
    expect(findings[0]?.fix).toBe('Put updates/EX-2026-1.yaml back, or delete what names it.');
  });

  test('a misspelt folder is named; files of other kinds are left alone', () => {
    expect(textWith({ 'promotion/testing/x.yaml': 'x', 'key/vendor.asc': publicKey })).toContain(
      'promotion/testing/x.yaml:1:1 PolicyUnreadable the folder promotion/ is not read\n  fix: Did you mean "promotions"?',
    );
    expect(codesWith({ 'key/vendor.asc': publicKey })).toEqual([
      'key/vendor.asc:1 PolicyUnreadable',
    ]);
    const free = {
      'README.md': 'x',
      'updates/README.md': 'x',
      '.gitlab-ci.yml': 'x',
      '.forge/workflows/check.yml': 'x',
      'vendor/hello.spec': 'x',
      'updates/.gitkeep': '',
    };
    expect(codesWith(free)).toEqual([]);
  });

  test('a file with an error inside is not reported as missing elsewhere', () => {
    expect(codesWith({ 'channels/testing.yaml': `${testing}colour: blue\n` })).toEqual([
      'channels/testing.yaml:7 PolicyUnknownKey',
    ]);
    expect(codesWith({ 'policies/default.yaml': 'a: [' })).toEqual([
      'policies/default.yaml:1 PolicyUnreadable',
    ]);
  });
});
