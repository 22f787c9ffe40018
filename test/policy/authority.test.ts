import { describe, expect, test } from 'vitest';
import type { Access, AccessRule, Decision, Verb } from '../../src/model/index.ts';
import { type CommitChange, decisionsOf, judge } from '../../src/policy/index.ts';
import { codesWith, hex, policyText, publicKey, smallPolicy, textWith } from './small-policy.ts';

const at = { file: 'access.yaml', line: 1, col: 1 };
const rule = (
  may: readonly Verb[],
  on: string,
  from: readonly string[],
  count = 1,
): AccessRule => ({
  ...{ may, on: [on], from, count, at },
});

function access(...rules: readonly AccessRule[]): Access {
  const names = ['alice', 'bob', 'carol'];
  const person = (name: string) => [name, { name, logins: {}, openpgp: [], ssh: [], at }] as const;
  return { people: new Map(names.map(person)), teams: new Map([['kernel', ['carol']]]), rules, at };
}

const promote = (...packages: readonly string[]): Decision => ({
  ...{ verb: 'promote', object: 'promotion/production/X', also: ['severity/Critical'], packages },
  path: 'promotions/production/X.yaml',
});

describe('judge', () => {
  const rules = access(
    rule(['promote'], 'package/kernel*', ['kernel']),
    rule(['promote'], 'promotion/production/*', ['alice', 'bob'], 2),
  );
  const allowed = (people: readonly string[], decision: Decision) =>
    judge(rules, people, [decision]).map((v) => v.allowed)[0];

  test('the first rule that names verb and object decides, and it counts different people', () => {
    expect(allowed(['alice', 'bob'], promote('hello'))).toBe(true);
    expect(allowed(['alice', 'alice', 'carol'], promote('hello'))).toBe(false);
    expect(allowed(['carol'], promote('kernel-core'))).toBe(true);
  });

  test('packages that come together must each be allowed', () => {
    expect(allowed(['carol'], promote('kernel-core', 'hello'))).toBe(false);
    expect(allowed(['alice', 'bob'], promote('hello', 'kernel-core'))).toBe(false);
    expect(allowed(['alice', 'bob', 'carol'], promote('hello', 'kernel-core'))).toBe(true);
  });

  test('what no rule names is denied, and so is what a rule gives to nobody', () => {
    const hold: Decision = { ...promote(), verb: 'hold', object: 'hold/production/X' };
    expect(allowed(['alice', 'bob', 'carol'], hold)).toBe(false);
    const [verdict] = judge(access(rule(['hold'], '*', [])), ['alice'], [hold]);
    expect(verdict).toMatchObject({ allowed: false });
    expect(verdict?.text).toContain('1 of nobody');
  });
});

const edit = (path: string, before?: string, after?: string, more: Partial<CommitChange> = {}) =>
  decisionsOf({
    paths: [path],
    before: new Map(before === undefined ? [] : [[path, before]]),
    after: new Map(after === undefined ? [] : [[path, after]]),
    promotions: [],
    accessKeys: new Set(['keys/alice.asc']),
    ...more,
  }).map((d) => `${d.verb} ${d.object}`);

const channel = smallPolicy['channels/testing.yaml'] ?? '';
const snapshot = `sha256:${hex(1)}`;
const pinned = channel.replace(
  '{ upstream: vendor }',
  `{ upstream: vendor, snapshot: "${snapshot}" }`,
);
const promotion = smallPolicy['promotions/testing/EX-2026-1.yaml'] ?? '';
const site = smallPolicy['sluice.yaml'] ?? '';

describe('decisionsOf', () => {
  test.each([
    ['a moved base', 'channels/testing.yaml', channel, pinned, ['pin channel/testing']],
    [
      'a pinned generation',
      'channels/testing.yaml',
      channel,
      `${channel}pin: { generation: 1, digest: "${snapshot}" }\n`,
      ['rollback channel/testing'],
    ],
    [
      'a pin taken away with a gate',
      'channels/testing.yaml',
      `${channel}pin: { generation: 1, digest: "${snapshot}" }\n`,
      `${channel}keep: 3\n`,
      ['promote channel/testing', 'change-channel channel/testing'],
    ],
    [
      'a channel that cannot be read',
      'channels/testing.yaml',
      channel,
      'a: [',
      ['change-channel channel/testing'],
    ],
    [
      'a promotion',
      'promotions/testing/X.yaml',
      undefined,
      promotion,
      ['promote promotion/testing/X'],
    ],
    [
      'its removal',
      'promotions/testing/X.yaml',
      promotion,
      undefined,
      ['rollback promotion/testing/X'],
    ],
    [
      'a test report',
      'promotions/testing/X.yaml',
      promotion,
      `${promotion}tested: { by: alice, at: 2026-11-21 }\n`,
      ['mark-tested promotion/testing/X'],
    ],
    [
      'a waiver',
      'channels/testing.yaml',
      channel,
      `${channel}waivers: [{ gate: soak, update: X, until: 2027-01-31, reason: x }]\n`,
      ['waive channel/testing'],
    ],
    ['a lifted hold', 'holds/testing/X.yaml', 'x', undefined, ['lift-hold hold/testing/X']],
    [
      'the trust mode',
      'sluice.yaml',
      site,
      `${site}trust: { mode: keys }\n`,
      ['change-trust trust'],
    ],
    [
      'a site that cannot be read',
      'sluice.yaml',
      site,
      'a: [',
      ['change-trust trust', 'change-site site'],
    ],
    ["a person's key", 'keys/alice.asc', 'x', 'y', ['change-access access']],
    ["a vendor's key", 'keys/vendor.asc', 'x', 'y', ['change-upstream keys/vendor.asc']],
    [
      'a policy that stands wrongly',
      'policies/x/y.yml',
      undefined,
      'x',
      ['change-policy policy/x/y.yml'],
    ],
    [
      'a folder of later versions',
      'pilots/x.yaml',
      undefined,
      'x',
      ['change-policy pilots/x.yaml'],
    ],
    ['words', 'README.md', 'x', 'y', []],
  ])('%s', (_, path, before, after, expected) => {
    expect(edit(path, before, after)).toEqual(expected);
  });

  test('only the severity that the site gives an update is no new content', () => {
    const advisory = (more: string) =>
      `${smallPolicy['updates/EX-2026-1.yaml']?.replace(/^advisory:.*\n/m, '')}advisory: { id: "A-1", sha256: ${hex(7)}${more} }\n`;
    const promotions = ['promotions/testing/EX-2026-1.yaml'];
    const decided = (after: string) =>
      edit('updates/EX-2026-1.yaml', advisory(', severity: Low'), after, { promotions });
    expect(decided(advisory(', severity: Low, siteSeverity: Critical, reason: exploit'))).toEqual([
      'expedite update/EX-2026-1',
    ]);
    expect(decided(advisory(', severity: Critical, siteSeverity: Critical'))).toEqual([
      'change-update update/EX-2026-1',
      'promote promotion/testing/EX-2026-1',
    ]);
  });

  test('new content of an update that is promoted is a promotion', () => {
    const update = smallPolicy['updates/EX-2026-1.yaml'] ?? '';
    const other = update.replace(hex(1), hex(2));
    const promotions = ['promotions/testing/EX-2026-1.yaml', 'promotions/testing/other.yaml'];
    const decided = edit('updates/EX-2026-1.yaml', update, other, { promotions });
    expect(decided).toEqual([
      'change-update update/EX-2026-1',
      'promote promotion/testing/EX-2026-1',
    ]);
    expect(edit('updates/EX-2026-1.yaml', update, `# said\n${update}`, { promotions })).toEqual([
      'change-update update/EX-2026-1',
    ]);
  });
});

describe('builds', () => {
  const path = 'updates/build-a-1-1.yaml';
  const source = `{ nevra: a-1-1.src, sha256: ${hex(7)}, upstream: s }`;
  const update = (build: string, packages = '[]') =>
    policyText('Update', 'id: build:a-1-1', `build: ${build}`, `packages: ${packages}`);
  const started = update(`{ source: ${source}, wanted: false }`);
  const wanted = update(`{ source: ${source}, wanted: true }`);
  const pinned = (digest: number, unsigned = '') =>
    update(
      `{ source: ${source}, wanted: true, results: { x86_64: ${hex(9)} }${unsigned} }`,
      `[{ nevra: a-1-1.s.x86_64, sha256: ${hex(digest)}, upstream: s, tree: x86_64 }]`,
    );

  const forBuilds = ', unsigned: true';

  test.each([
    ['its start', undefined, started, ['start']],
    ['start and build at once', undefined, wanted, ['start', 'build-package']],
    ['the answer to build it', started, wanted, ['build-package']],
    ['its signature', wanted, pinned(1), ['sign']],
    ['all at once', undefined, pinned(1), ['start', 'build-package', 'sign']],
    ['other digests', pinned(1), pinned(2), ['sign']],
    ['results for later builds', wanted, pinned(1, forBuilds), ['build-package']],
    ['their signature', pinned(1, forBuilds), pinned(1), ['sign']],
    ['no longer signed', pinned(1), pinned(1, forBuilds), ['change-update']],
    ['another source', started, started.replace(hex(7), hex(8)), ['change-update']],
    ['no longer wanted', wanted, started, ['change-update']],
    ['unreadable', started, 'build: [', ['change-update']],
    ['no build any more', started, smallPolicy['updates/EX-2026-1.yaml'], ['change-update']],
    ['taken away', started, undefined, ['withdraw']],
  ])('%s is a right of its own', (_, before, after, verbs) => {
    expect(edit(path, before, after)).toEqual(verbs.map((v) => `${v} update/build-a-1-1`));
  });

  test('rules can name the source package', () => {
    const [decision] = decisionsOf({
      ...{ paths: [path], before: new Map(), after: new Map([[path, started]]) },
      ...{ promotions: [], accessKeys: new Set() },
    });
    expect(decision?.packages).toEqual(['a']);
  });

  test('how something is built, and the answers to its questions, are rights beside the policy', () => {
    const policy = (build: string, action = 'rebuild') =>
      policyText('Policy', 'name: a', `action: ${action}`, `build: ${build}`);
    const verbs = (before: string, after: string) => edit('policies/a.yaml', before, after);
    const plain = policy('{ dist: .s }');
    expect(verbs(plain, policy('{ dist: .t }'))).toEqual(['build policy/a']);
    expect(verbs(plain, policy('{ dist: .s, params: { x: 1 } }'))).toEqual([
      'special-case policy/a',
    ]);
    expect(verbs(plain, policy('{ dist: .t }', 'replace'))).toEqual([
      'build policy/a',
      'change-policy policy/a',
    ]);
    expect(edit('patches/a/fix.patch', 'x', 'y')).toEqual(['build patches/a/fix.patch']);
  });
});

describe('access.yaml', () => {
  const alice = `  - { name: alice, openpgp: [{ fingerprint: ${'A'.repeat(40)}, key: keys/alice.asc }] }`;
  const owner = '  - { may: [change-access], from: [alice] }';
  const text = (people: readonly string[], rules: readonly string[]) =>
    policyText('Access', 'people:', ...people, 'rules:', ...rules);
  const keys = { 'sluice.yaml': `${site}trust: { mode: keys }\n`, 'keys/alice.asc': publicKey };
  const findings = (people: readonly string[], rules: readonly string[]) =>
    codesWith({ ...keys, 'access.yaml': text(people, rules) });

  test('is needed by trust mode keys, with a key for whoever may change it', () => {
    expect(codesWith(keys)).toEqual(['sluice.yaml:3 PolicyMissing']);
    expect(findings([alice], [owner])).toEqual([]);
    expect(findings([alice], ['  - { may: [promote], from: [alice] }'])).toEqual([
      'access.yaml:4 PolicyConflict',
    ]);
    expect(findings(['  - { name: alice }'], [owner])).toEqual(['access.yaml:6 PolicyConflict']);
  });

  test('warns where the key of the controller counts for nothing', () => {
    const site = { 'keys/site.asc': publicKey };
    const files = { ...keys, ...site, 'access.yaml': text([alice], [owner]) };
    expect(textWith(files)).toContain("the controller's own commits will be refused");
    const sluice = alice.replace('alice', 'sluice').replace('keys/alice', 'keys/site');
    const own = sluice.replace('A'.repeat(40), 'B'.repeat(40));
    expect(textWith({ ...files, 'access.yaml': text([alice, own], [owner]) })).toBe('');
  });

  test('names only what is there, one key for one person, and no more people than it has', () => {
    const twice = alice.replace('alice', 'bob');
    expect(findings([alice, twice], [owner])).toEqual(['access.yaml:5 PolicyConflict']);
    const again = alice.replace('A'.repeat(40), 'B'.repeat(40));
    expect(findings([alice, again], [owner])).toEqual(['access.yaml:4 PolicyInvalid']);
    const unknown = '  - { may: [promote], from: [alcie] }';
    expect(findings([alice], [owner, unknown])).toEqual([
      'access.yaml:7 PolicyReference',
      'access.yaml:7 PolicyConflict',
    ]);
    const many = '  - { may: [promote], from: [alice], count: 2 }';
    expect(findings([alice], [owner, many])).toEqual(['access.yaml:7 PolicyConflict']);
    const verb = '  - { may: [promte], from: [alice] }';
    expect(findings([alice], [owner, verb])).toEqual(['access.yaml:7 PolicyInvalid']);
  });
});
