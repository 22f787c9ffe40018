import { describe, expect, test } from 'vitest';
import { readPolicy } from '../../src/policy/index.ts';
import {
  commit,
  findingsWith,
  hex,
  policyText,
  publicKey,
  readWith,
  smallPolicy,
  textWith,
} from './small-policy.ts';

const file = (path: string): string => smallPolicy[path] ?? '';
const testing = file('channels/testing.yaml');
const production = file('channels/production.yaml');

const channel = (name: string, ...lines: readonly string[]): string =>
  policyText(
    'Channel',
    `name: ${name}`,
    'trees: [x86_64]',
    'base: [{ upstream: vendor }]',
    ...lines,
  );

const policy = (name: string, match: string, ...lines: readonly string[]): string =>
  policyText('Policy', `name: ${name}`, `match: ${match}`, 'action: hold', ...lines);

const codesWith = (changes: Readonly<Record<string, string | undefined>>): readonly string[] =>
  findingsWith(changes).map((f) => `${f.at.file}:${f.at.line} ${f.code}`);

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

describe('channels', () => {
  test('a base names an upstream that exists, once, and fills a tree of the channel', () => {
    const base = (text: string) =>
      codesWith({ 'channels/testing.yaml': testing.replace('[{ upstream: vendor }]', text) });
    expect(base('[{ upstream: vendors }]')).toEqual(['channels/testing.yaml:6 PolicyReference']);
    expect(base('[{ upstream: vendor }, { upstream: vendor }]')).toEqual([
      'channels/testing.yaml:6 PolicyConflict',
    ]);
    const arm = file('upstreams/vendor.yaml').replace('x86_64', 'aarch64');
    expect(codesWith({ 'upstreams/vendor.yaml': arm })).toEqual([
      'channels/production.yaml:6 PolicyConflict',
      'channels/testing.yaml:6 PolicyConflict',
    ]);
  });

  test('nobody follows in a circle', () => {
    const circle = findingsWith({
      'channels/testing.yaml': `${testing}follows: production\n`,
    });
    expect(circle.map((f) => f.code)).toEqual(['PolicyConflict', 'PolicyConflict']);
    expect(circle[0]?.message).toContain('production → testing → production');
    expect(codesWith({ 'channels/testing.yaml': `${testing}follows: testing\n` })).toEqual([
      'channels/testing.yaml:7 PolicyConflict',
    ]);
  });

  test('a follower has no tree that the followed channel lacks, and no tree twice', () => {
    const trees = (text: string) =>
      codesWith({ 'channels/production.yaml': production.replace('[x86_64]', text) });
    expect(trees('[x86_64, source]')).toEqual(['channels/production.yaml:5 PolicyConflict']);
    expect(trees('[x86_64, x86_64]')).toEqual(['channels/production.yaml:5 PolicyConflict']);
  });

  test('closure looks at other channels that exist', () => {
    const closure = (name: string) =>
      codesWith({ 'channels/production.yaml': production.replace('[testing]', `[${name}]`) });
    expect(closure('production')).toEqual(['channels/production.yaml:8 PolicyConflict']);
    expect(closure('apps')).toEqual(['channels/production.yaml:8 PolicyReference']);
  });

  test('[G15] no path overlaps another or a reserved one', () => {
    const path = (text: string) => codesWith({ 'channels/x.yaml': channel('x', `path: ${text}`) });
    expect(path('el9/other')).toEqual([]);
    expect(path('el9/testing-2')).toEqual([]);
    for (const wrong of [
      'el9',
      'el9/testing',
      'el9/testing/sub',
      'EL9/Testing',
      'el9/production/x',
    ]) {
      expect(path(wrong)).toEqual(['channels/x.yaml:6 PolicyConflict']);
    }
    for (const reserved of ['snapshots', 'api/x', 'proposals/1', 'hooks', 'healthz', 'Metrics']) {
      expect(path(reserved)).toEqual(['channels/x.yaml:6 PolicyConflict']);
    }
  });
});

describe('keys', () => {
  const key = (text: string) => findingsWith({ 'keys/vendor.asc': text });

  test('an upstream names keys that exist, and some when it demands signatures', () => {
    const keys = (text: string) =>
      codesWith({
        'upstreams/vendor.yaml': file('upstreams/vendor.yaml').replace('[keys/vendor.asc]', text),
      });
    expect(keys('[keys/vendors.asc]')).toEqual(['upstreams/vendor.yaml:6 PolicyReference']);
    expect(keys('[]')).toEqual(['upstreams/vendor.yaml:3 PolicyMissing']);
    expect(keys('[]\nrequire: { metadataSignature: false, packageSignatures: false }')).toEqual([]);
    expect(keys('[../vendor.asc]')).toEqual(['upstreams/vendor.yaml:6 PolicyInvalid']);
  });

  test('[E03] a private key in git is refused, and called published', () => {
    const [finding] = key(publicKey.replaceAll('PUBLIC', 'PRIVATE'));
    expect(finding?.code).toBe('KeyFileInvalid');
    expect(finding?.fix).toContain('treat the key as published');
    expect(JSON.stringify(finding)).not.toContain('mDMEabcdefg');
  });

  test('[E03] a key file holds exactly one armored public key block', () => {
    expect(key(`Vendor release key\n${publicKey.replaceAll('\n', '\r\n')}`)).toEqual([]);
    for (const text of ['', 'word', publicKey + publicKey, publicKey.slice(0, 60)]) {
      expect(key(text).map((f) => f.code)).toEqual(['KeyFileInvalid']);
    }
    const message = publicKey.replaceAll('PUBLIC KEY BLOCK', 'MESSAGE');
    expect(key(publicKey + message).map((f) => f.code)).toEqual(['KeyFileInvalid']);
  });
});

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

describe('updates, promotions and holds', () => {
  const update = (id: string, ...lines: readonly string[]): string =>
    policyText(
      'Update',
      `id: ${id}`,
      'packages:',
      `  - { nevra: hello-2.0-1.x86_64, sha256: ${hex(1)}, upstream: vendor }`,
      ...lines,
    );
  const hold = (...lines: readonly string[]): string =>
    policyText(
      'Hold',
      'channel: testing',
      'reason: reverted',
      `packages: [{ nevra: hello-2.0-1.x86_64, sha256: ${hex(1)} }]`,
      ...lines,
    );

  test('an update stands in the file of its slug, and two ids cannot share one', () => {
    expect(codesWith({ 'updates/other.yaml': update('EX-2026:2') })).toEqual([
      'updates/other.yaml:3 PolicyConflict',
    ]);
    const clash = findingsWith({ 'updates/EX-2026-1.yaml': update('EX-2026/1') });
    expect(clash.map((f) => `${f.at.file} ${f.code}`)).toEqual([
      'promotions/testing/EX-2026-1.yaml PolicyConflict',
    ]);
    expect(clash[0]?.message).toContain('"EX-2026/1" has the same file name');
  });

  test('an update has content, each package once, of upstreams and updates that exist', () => {
    const changed = (text: string) => codesWith({ 'updates/EX-2.yaml': text });
    expect(changed(update('EX-2', 'requires: [EX-2026:1]'))).toEqual([]);
    expect(changed(policyText('Update', 'id: EX-2'))).toEqual([
      'updates/EX-2.yaml:3 PolicyInvalid',
    ]);
    expect(changed(update('EX-2', 'requires: [EX-9]'))).toEqual([
      'updates/EX-2.yaml:6 PolicyReference',
    ]);
    expect(changed(update('EX-2').replace('upstream: vendor', 'upstream: other'))).toEqual([
      'updates/EX-2.yaml:5 PolicyReference',
    ]);
    const line = `  - { nevra: hello-2.0-1.x86_64, sha256: ${hex(1)}, upstream: vendor }`;
    expect(changed(update('EX-2', line))).toEqual(['updates/EX-2.yaml:6 PolicyConflict']);
    expect(changed(update('EX-2').replace('hello-2.0-1.x86_64', 'hello'))).toEqual([
      'updates/EX-2.yaml:5 PolicyInvalid',
    ]);
  });

  test('a promotion stands where its channel and update say', () => {
    const promotion = (update_: string, to: string) =>
      policyText('Promotion', `update: ${update_}`, `channel: ${to}`);
    expect(
      codesWith({ 'promotions/production/EX-2026-1.yaml': promotion('EX-2026:1', 'testing') }),
    ).toEqual(['promotions/production/EX-2026-1.yaml:3 PolicyConflict']);
    expect(
      codesWith({ 'promotions/production/EX.yaml': promotion('EX-2026:1', 'production') }),
    ).toEqual(['promotions/production/EX.yaml:3 PolicyConflict']);
    expect(
      codesWith({ 'promotions/production/EX-9.yaml': promotion('EX-9', 'production') }),
    ).toEqual(['promotions/production/EX-9.yaml:3 PolicyReference']);
  });

  test('a hold outlives its update', () => {
    expect(codesWith({ 'holds/testing/EX-7.yaml': hold('update: EX:7') })).toEqual([]);
    expect(codesWith({ 'holds/testing/base-vendor.yaml': hold() })).toEqual([]);
    expect(codesWith({ 'holds/testing/EX-8.yaml': hold('update: EX:7') })).toEqual([
      'holds/testing/EX-8.yaml:3 PolicyConflict',
    ]);
    expect(codesWith({ 'holds/production/EX-7.yaml': hold('update: EX:7') })).toEqual([
      'holds/production/EX-7.yaml:3 PolicyConflict',
    ]);
  });
});
