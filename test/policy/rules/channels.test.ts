import { describe, expect, test } from 'vitest';
import { codesWith, findingsWith, policyText, smallPolicy } from '../small-policy.ts';

const file = (path: string): string => smallPolicy[path] ?? '';
const testing = smallPolicy['channels/testing.yaml'] ?? '';
const production = smallPolicy['channels/production.yaml'] ?? '';
const channel = (name: string, ...lines: readonly string[]): string =>
  policyText(
    'Channel',
    `name: ${name}`,
    'trees: [x86_64]',
    'base: [{ upstream: vendor }]',
    ...lines,
  );

describe('channels', () => {
  test('updates that the followed channel never makes are warned about', () => {
    const snapshot = testing.replace(
      '{ upstream: vendor }',
      '{ upstream: vendor, advance: snapshot }',
    );
    const [finding, ...more] = findingsWith({ 'channels/testing.yaml': snapshot });
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      severity: 'warning',
      at: { file: 'channels/production.yaml', line: 6 },
      message: expect.stringContaining('no update of it ever comes to production'),
    });
    const both = production.replace(
      '{ upstream: vendor }',
      '{ upstream: vendor, advance: snapshot }',
    );
    const changed = { 'channels/testing.yaml': snapshot, 'channels/production.yaml': both };
    expect(findingsWith(changed)).toEqual([]);
  });

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

  test('a channel of results signs nothing, and no channel of machines hangs on it', () => {
    const results = (...lines: readonly string[]) =>
      channel('x', 'path: el9/x', 'takes: results', ...lines);
    const unsigned = 'sign: { packages: unsigned }';
    const codes = (text: string, more: Readonly<Record<string, string>> = {}) =>
      codesWith({ 'channels/x.yaml': text, ...more });
    expect(codes(results(unsigned))).toEqual([]);
    expect(codes(results())).toEqual(['channels/x.yaml:7 PolicyConflict']);
    expect(codes(results(unsigned, 'follows: testing'))).toEqual([
      'channels/x.yaml:9 PolicyConflict',
    ]);
    const follows = production.replace('follows: testing', 'follows: x');
    expect(codes(results(unsigned), { 'channels/production.yaml': follows })).toContain(
      'channels/production.yaml:7 PolicyConflict',
    );
    const closure = production.replace('[testing]', '[x]');
    expect(codes(results(unsigned), { 'channels/production.yaml': closure })).toEqual([
      'channels/production.yaml:8 PolicyConflict',
    ]);
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
