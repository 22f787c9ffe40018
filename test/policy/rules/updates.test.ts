import { describe, expect, test } from 'vitest';
import { readPolicy } from '../../../src/policy/index.ts';
import { codesWith, commit, findingsWith, hex, policyText, smallPolicy } from '../small-policy.ts';

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

describe('a lost update', () => {
  const path = 'updates/EX-2026-1.yaml';
  const files = Object.entries(smallPolicy).map(([name, text]) => ({ path: name, text }));
  const without = files.filter((f) => f.path !== path);
  const last = files.filter((f) => f.path === path);

  test('is read from its last version, with a warning, and listed to be put back', () => {
    const { desired, findings } = readPolicy(without, commit, last);
    expect(findings.map((f) => `${f.at.file} ${f.severity}`)).toEqual([`${path} warning`]);
    expect(desired?.lost).toEqual([path]);
    expect(desired?.updates.get('EX-2026:1')?.packages).toHaveLength(1);
  });

  test('does not replace a file that is there', () => {
    const changed = [{ path, text: 'word' }];
    expect(readPolicy(files, commit, changed)).toEqual(readPolicy(files, commit));
  });
});
