import { describe, expect, test } from 'vitest';
import { findingsWith, policyText, readWith, smallPolicy, textWith } from './small-policy.ts';

const channel = (...lines: readonly string[]) =>
  policyText(
    'Channel',
    'name: extra',
    'path: el9/extra',
    'trees: [x86_64]',
    'base: [{ upstream: vendor }]',
    ...lines,
  );
const upstream = (...lines: readonly string[]) =>
  policyText('Upstream', 'name: extra', 'tree: x86_64', 'keys: [keys/vendor.asc]', ...lines);

describe('values', () => {
  test('the small policy is read, normalised to seconds and bytes', () => {
    const { desired, findings } = readWith({
      'upstreams/extra.yaml': upstream(
        'url: file:///srv/extra%20one',
        'limits: { maxAge: 1d12h, maxPackageSize: 500MiB }',
        'require: { metadataSignature: false }',
        'schedule: "17 */4 * * mon-fri"',
      ),
    });
    expect(findings).toEqual([]);
    expect(desired?.upstreams.get('extra')).toMatchObject({
      url: '/srv/extra one/',
      limits: { maxAgeSeconds: 36 * 3600, maxPackageBytes: 500 * 1024 * 1024 },
      require: { metadataSignature: false, packageSignatures: true },
    });
    expect(desired?.site.url).toBe('https://rpm.example.org');
    expect(desired?.channels.get('production')?.gates.soakSeconds).toBe(7 * 86400);
    expect(desired?.channels.get('testing')).toMatchObject({
      keep: 2,
      compression: 'gz',
      base: [{ upstream: 'vendor', advance: 'updates', at: { line: 6, col: 8 } }],
    });
  });

  test('[G06] an unknown key is named with its place, what was probably meant and what is possible', () => {
    expect(textWith({ 'channels/extra.yaml': channel('folows: testing') })).toMatchInlineSnapshot(`
      "channels/extra.yaml:7:1 PolicyUnknownKey Channel has no key "folows"
        fix: Did you mean "follows"? Keys here: apiVersion, kind, name, path, trees, base, follows, takes, keep, gates, waivers, sign, compression, private, pin."
    `);
    expect(
      textWith({ 'channels/extra.yaml': channel('gates: { closure: { mod: report } }') }),
    ).toMatchInlineSnapshot(`
        "channels/extra.yaml:7:21 PolicyUnknownKey gates.closure has no key "mod"
          fix: Did you mean "mode"? Keys here: mode, with."
      `);
  });

  test('[G06] wrong types and values say what was expected and found', () => {
    expect(
      textWith({
        'channels/extra.yaml': channel('keep: none', 'gates: 7d', 'compression: gzip').replace(
          '[x86_64]',
          'x86_64',
        ),
      }),
    ).toMatchInlineSnapshot(`
      "channels/extra.yaml:5:8 PolicyInvalid trees: expected a list, found the text "x86_64"
        fix: The repositories of this channel: x86_64, aarch64, source, debug.
      channels/extra.yaml:7:7 PolicyInvalid keep: expected a number from 1, or all, found "none"
        fix: Newest versions per name and arch that are served, or all; default 2.
      channels/extra.yaml:8:8 PolicyInvalid gates: expected a map of keys and values, found the text "7d"
        fix: What must be true before something enters.
      channels/extra.yaml:9:14 PolicyInvalid compression: expected gz, zst, found "gzip"
        fix: Did you mean "gz"? What the clients of this channel can read; gz by default."
    `);
  });

  test('[G06] a misspelt channel is found wherever it is named', () => {
    const production = smallPolicy['channels/production.yaml'] ?? '';
    expect(
      textWith({
        'channels/production.yaml': production.replaceAll('testing', 'tesitng'),
        'policies/default.yaml': policyText(
          'Policy',
          'name: default',
          'action: copy',
          'approvals: { produktion: ask }',
        ),
      }),
    ).toMatchInlineSnapshot(`
      "channels/production.yaml:7:10 PolicyReference there is no channel "tesitng"
        fix: Did you mean "testing"? Known: production, testing.
      channels/production.yaml:8:53 PolicyReference there is no channel "tesitng"
        fix: Did you mean "testing"? Known: production, testing.
      policies/default.yaml:5:26 PolicyReference there is no channel "produktion"
        fix: Did you mean "production"? Known: production, testing."
    `);
  });

  test('every finding of every file is reported at once', () => {
    const codes = findingsWith({
      'sluice.yaml': policyText('Site', 'name: Example'),
      'channels/extra.yaml': channel('color: blue'),
      'policies/broken.yaml': 'a: [',
    }).map((f) => `${f.at.file} ${f.code}`);
    expect(codes).toEqual([
      'channels/extra.yaml PolicyUnknownKey',
      'policies/broken.yaml PolicyUnreadable',
      'sluice.yaml PolicyInvalid',
      'sluice.yaml PolicyInvalid',
    ]);
  });

  test('[G15] names and paths that could leave their folder are refused', () => {
    const long = 'x'.repeat(300);
    for (const name of ['../prod', 'prod/../../x', '-x', '""', long, 'a b', '.', '..', 'a\\b']) {
      const codes = findingsWith({
        'channels/extra.yaml': channel().replace('name: extra', `name: ${name}`),
      }).map((f) => `${f.code} ${f.message.split(':')[0]}`);
      expect(codes).toEqual(['PolicyInvalid name']);
    }
    for (const path of [
      '../x',
      'a/../b',
      '/abs',
      'a//b',
      'a/',
      '.',
      'a/.',
      '-x',
      long,
      'a%2e%2e',
    ]) {
      const messages = findingsWith({
        'channels/extra.yaml': channel().replace('path: el9/extra', `path: ${path}`),
      }).map((f) => f.message);
      expect(messages).toEqual([expect.stringContaining('path: expected a relative path')]);
    }
  });

  test('[G16] regular expressions are not globs', () => {
    for (const pattern of ['(a+)+$', '^kernel$', '[ab]', 'a|b', '{a,b}', 'a\\*']) {
      const text = policyText(
        'Policy',
        'name: extra',
        'action: hold',
        `match: { packages: ['${pattern}'] }`,
      );
      const findings = findingsWith({ 'policies/extra.yaml': text });
      if (pattern === '^kernel$')
        expect(findings[0]?.message).toContain('not a regular expression');
      expect(findings.map((f) => f.code)).toEqual(['PolicyInvalid']);
    }
  });

  test('[E04] only full fingerprints are accepted, normalised', () => {
    const full = 'ABCD EF01 2345 6789 ABCD  EF01 2345 6789 ABCD EF01';
    const sign = (fingerprint: string) => ({
      'channels/extra.yaml': channel(`sign: { metadata: "${fingerprint}" }`),
    });
    const read = readWith(sign(full.toLowerCase()));
    expect(read.desired?.channels.get('extra')?.sign.metadata).toBe(full.replaceAll(' ', ''));
    for (const short of ['ABCDEF01', '6789ABCDEF012345', `0x${full.replaceAll(' ', '')}`, '']) {
      expect(findingsWith(sign(short)).map((f) => f.message)[0]).toContain('full fingerprint');
    }
  });

  test('durations, sizes, days and schedules', () => {
    const limits = (text: string) =>
      readWith({ 'upstreams/extra.yaml': upstream('url: /srv/x', `limits: { ${text} }`) });
    const seconds = (text: string) =>
      limits(`maxAge: ${text}`).desired?.upstreams.get('extra')?.limits.maxAgeSeconds;
    expect([seconds('30m'), seconds('10d12h'), seconds('2w'), seconds('90s')]).toEqual([
      1800, 907200, 1209600, 90,
    ]);
    for (const wrong of ['7', '1y', '7 d', '-7d', '1h1d', '""']) {
      expect(limits(`maxAge: ${wrong}`).findings[0]?.message).toContain('expected a duration');
    }
    for (const wrong of ['4GB', '0', '1.5GiB', '4 GiB']) {
      expect(limits(`maxPackageSize: ${wrong}`).findings[0]?.message).toContain('expected a size');
    }
    const exception = (until: string) =>
      findingsWith({
        'upstreams/extra.yaml': upstream(
          'url: /srv/x',
          `exceptions: [{ allow: sha1, until: ${until}, reason: r }]`,
        ),
      });
    expect(exception('2027-02-28')).toEqual([]);
    expect(exception('2027-02-30')[0]?.message).toContain('a day that exists');
    const schedule = (cron: string) =>
      findingsWith({ 'upstreams/extra.yaml': upstream('url: /srv/x', `schedule: "${cron}"`) });
    for (const right of ['* * * * *', '0 0 1,15 jan-mar 7', '*/15 6-18/2 * * mon']) {
      expect(schedule(right)).toEqual([]);
    }
    const wrong = ['* * * *', '60 * * * *', '@daily', '* * * * * *', '* 5-3 * * *', '*/0 * * * *'];
    for (const cron of [...wrong, '5/10 * * * *', '* * 0 * *', '1-2-3 * * * *']) {
      expect(schedule(cron)[0]?.message).toContain('expected five cron fields');
    }
  });

  test('what comes later is refused as "not yet", with what to do meanwhile', () => {
    expect(
      textWith({
        'sluice.yaml': policyText(
          'Site',
          'name: example',
          'url: https://rpm.example.org',
          'trust: { mode: forge }',
        ),
        'policies/extra.yaml': policyText(
          'Policy',
          'name: extra',
          'match: { packages: [kernel] }',
          'action: rebuild',
        ),
        'notifications.yaml': 'x',
        'patches/kernel/fix.patch': 'x',
      }),
    ).toMatchInlineSnapshot(`
      "notifications.yaml:1:1 NotYet notifications.yaml is not available in this version
        fix: Delete it for now.
      patches/kernel/fix.patch:1:1 PolicyReference (warning) no policy applies this file
        fix: Name it in build.patches of a policy, or delete it.
      policies/extra.yaml:5:9 PolicyReference extra rebuilds, but no upstream brings source packages
        fix: Add an upstream with tree: source to upstreams/ and to the base of a channel.
      sluice.yaml:3:7 PolicyMissing trust mode "forge" needs an access.yaml
        fix: Add access.yaml with people, their keys and rules, or use trust mode open."
    `);
  });
});
