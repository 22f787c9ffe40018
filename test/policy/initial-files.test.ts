import { describe, expect, test } from 'vitest';
import { findingText, initialFiles, readPolicy } from '../../src/policy/index.ts';
import { commit, publicKey } from './small-policy.ts';

const siteKey = { text: publicKey, fingerprint: 'A'.repeat(40) };
const upstream = {
  name: 'vendor',
  url: 'https://mirror.example.org/os/',
  tree: 'x86_64',
  keyFiles: [{ name: 'vendor', text: publicKey }],
};
const options = { name: 'site', url: 'http://127.0.0.1:8080', upstreams: [upstream], siteKey };

const read = (given: Parameters<typeof initialFiles>[0]) => readPolicy(initialFiles(given), commit);

describe('what init writes', () => {
  test('is a policy without findings, as the design describes it', () => {
    const { desired, findings } = read(options);
    expect(findings.map(findingText)).toEqual([]);
    expect(desired?.policies).toMatchObject([
      { action: 'copy', approvals: { testing: 'auto', production: 'ask' } },
    ]);
    expect(desired?.channels.get('testing')).toMatchObject({
      base: [{ upstream: 'vendor', advance: 'updates' }],
      gates: { closure: { mode: 'report' }, soakSeconds: 0 },
    });
    expect(desired?.channels.get('production')).toMatchObject({
      follows: 'testing',
      gates: { closure: { mode: 'enforce' }, soakSeconds: 7 * 86400 },
    });
    expect(desired?.upstreams.get('vendor')).toMatchObject({
      require: { metadataSignature: true, packageSignatures: true },
      limits: { maxPackageBytes: 2 ** 32 },
    });
    expect(desired?.upstreams.get('vendor')?.limits.maxAgeSeconds).toBeUndefined();
  });

  test('puts require, exceptions and keep on one line each and names a schema that is there', () => {
    const files = new Map(initialFiles(options).map((f) => [f.path, f.text]));
    expect(files.get('upstreams/vendor.yaml')).toMatch(/^require: \{.*\}$/m);
    expect(files.get('upstreams/vendor.yaml')).toMatch(/^exceptions: \[\]/m);
    for (const path of ['channels/testing.yaml', 'channels/production.yaml']) {
      expect(files.get(path)).toMatch(/^keep: \d/m);
    }
    for (const [path, text] of files) {
      if (!path.endsWith('.yaml')) continue;
      const schema = /^# yaml-language-server: \$schema=(\S+)$/.exec(
        text.split('\n')[0] ?? '',
      )?.[1];
      expect(files.has((schema ?? '').replace(/^(\.\.\/)+/, ''))).toBe(true);
    }
  });

  test('works without an upstream, without a key, and with odd addresses', () => {
    expect(read({ ...options, upstreams: [] }).findings).toEqual([]);
    expect(read({ ...options, upstreams: [{ ...upstream, keyFiles: [] }] }).findings).toEqual([]);
    const odd = read({ ...options, upstreams: [{ ...upstream, url: "/srv/it's # a: disk/" }] });
    expect(odd.findings).toEqual([]);
    expect(odd.desired?.upstreams.get('vendor')?.url).toBe("/srv/it's # a: disk/");
  });

  test('gives each block of a key file its own file, shared by upstreams', () => {
    const both = [upstream, { ...upstream, name: 'apps' }].map((u) => ({
      ...u,
      keyFiles: [{ name: 'vendor', text: `old and new\n${publicKey}\n${publicKey}` }],
    }));
    const { desired, findings } = read({ ...options, upstreams: both });
    expect(findings).toEqual([]);
    expect([...(desired?.keys.keys() ?? [])]).toEqual([
      'keys/site.asc',
      'keys/vendor-1.asc',
      'keys/vendor-2.asc',
    ]);
  });
});
