import { describe, expect, test } from 'vitest';
import {
  checkPolicyUrl,
  checkRefName,
  checkSiteUrl,
  checkUpstreamUrl,
} from '../../src/policy/index.ts';
import { findingsWith, policyText } from './small-policy.ts';

/** What git would run a program for, read as an option, or send secrets along with. */
const hostile: readonly string[] = [
  'ext::sh -c touch% /tmp/x',
  'ext::x',
  'fd::17/foo',
  'EXT::x',
  '-oProxyCommand=x',
  '--upload-pack=x',
  'ssh://-oProxyCommand=x/repo',
  'ssh://-x/',
  'https://-x/',
  'https://example.org/a\nb',
  'https://example.org/a b',
  'https://example.org\\@evil.example.org/',
  'https://user:secret@example.org/',
  'https://token@example.org/',
  'javascript:alert(1)',
  'ftp://example.org/',
  'http+unix://x/',
  'https:///x',
  'https:',
  '',
  'git@example.org:repo.git',
];

describe('addresses', () => {
  test('what was expected is what is taken', () => {
    expect(checkSiteUrl('/srv/public')).toEqual({ problem: 'expected http(s)://host/…' });
    expect(checkUpstreamUrl('mirror')).toHaveProperty(
      'problem',
      'expected http(s)://host/… or an absolute directory',
    );
  });

  test.each(hostile)(
    '[H01] %j is refused for upstreams, sites and the policy repository',
    (url) => {
      expect(checkUpstreamUrl(url)).toHaveProperty('problem');
      expect(checkSiteUrl(url)).toHaveProperty('problem');
      expect(checkPolicyUrl(url)).toHaveProperty('problem');
    },
  );

  test('[H01] credentials never come back in the finding', () => {
    const text = policyText(
      'Upstream',
      'name: x',
      'tree: x86_64',
      'keys: [keys/vendor.asc]',
      'url: https://user:hunter2@example.org/',
    );
    const findings = findingsWith({ 'upstreams/x.yaml': text });
    expect(findings.map((f) => f.code)).toEqual(['PolicyInvalid']);
    expect(JSON.stringify(findings)).toContain('credentials');
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  test('[H01] upstreams are http(s) or an absolute directory', () => {
    expect(checkUpstreamUrl('https://example.org/os')).toEqual({ url: 'https://example.org/os/' });
    expect(checkUpstreamUrl('http://[::1]:8080')).toEqual({ url: 'http://[::1]:8080/' });
    expect(checkUpstreamUrl('file:///srv/a%20b')).toEqual({ url: '/srv/a b/' });
    expect(checkUpstreamUrl('/srv/vendor')).toEqual({ url: '/srv/vendor/' });
    const wrong = [
      'file://host/x',
      'file:x',
      'file:///%zz',
      '/srv/../etc',
      '/srv/a\u0000',
      'srv/x',
    ];
    for (const url of [...wrong, 'https://example.org/?a', 'ssh://git@example.org/x']) {
      expect(checkUpstreamUrl(url)).toHaveProperty('problem');
    }
  });

  test('[H01] the policy repository is https, ssh or a directory', () => {
    expect(checkPolicyUrl('https://example.org/p.git')).toMatchObject({ kind: 'remote' });
    expect(checkPolicyUrl('ssh://git@example.org:22/p.git')).toMatchObject({ kind: 'remote' });
    expect(checkPolicyUrl('/srv/policy')).toEqual({ kind: 'directory', url: '/srv/policy' });
    expect(checkPolicyUrl('../policy')).toEqual({ kind: 'directory', url: '../policy' });
    for (const url of ['http://example.org/p.git', 'git://example.org/p', 'file:///srv/policy']) {
      expect(checkPolicyUrl(url)).toHaveProperty('problem');
    }
  });

  test('[H02] branches are plain names', () => {
    for (const name of ['main', 'release/1.2', 'sluice/errata/EX-2026-1', 'a-b_c.d']) {
      expect(checkRefName(name)).toBe(true);
    }
    const wrong = ['--upload-pack=x', '--upload-pa=x', '-c', '@{u}', 'a..b', 'a/../b', 'a@{1}', ''];
    const odd = [
      'refs/heads/../../config',
      'refs/heads/x',
      'a.lock',
      'a.lock/b',
      'a/',
      '/a',
      'a//b',
    ];
    for (const name of [
      ...wrong,
      ...odd,
      'a/.b',
      'a.',
      'a b',
      'a\n',
      'a:b',
      'a~1',
      'a^',
      '*',
      'HEAD',
    ]) {
      expect(checkRefName(name)).toBe(false);
    }
    expect(checkRefName('x'.repeat(300))).toBe(false);
  });
});
