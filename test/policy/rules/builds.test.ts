import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../../src/model/index.ts';
import { findingsWith, hex, policyText, readWith } from '../small-policy.ts';

const sources = policyText(
  'Upstream',
  'name: sources',
  'url: https://mirror.example.org/el9/source',
  'tree: source',
  'keys: [keys/vendor.asc]',
);

const testing = policyText(
  'Channel',
  'name: testing',
  'path: el9/testing',
  'trees: [x86_64, source]',
  'base: [{ upstream: vendor }, { upstream: sources }]',
  `sign: { packages: ${'A'.repeat(40)} }`,
);

const policy = (...lines: readonly string[]): string =>
  policyText('Policy', 'name: kernel', 'match: { packages: [kernel] }', ...lines);

const world = { 'upstreams/sources.yaml': sources, 'channels/testing.yaml': testing };

/** `line CODE message` of what is found in the policy of the kernel. */
const found = (
  text: string,
  more: Readonly<Record<string, string | undefined>> = {},
): readonly string[] =>
  findingsWith({ ...world, 'policies/kernel.yaml': text, ...more }).map(
    (f) => `${f.at.line} ${f.code} ${f.message}`,
  );

describe('build of a policy', () => {
  test('says how, with patches that are digested', () => {
    const read = readWith({
      ...world,
      'policies/kernel.yaml': policy(
        'action: copy',
        'build:',
        '  patches: [patches/kernel/fix.patch]',
      ),
      'patches/kernel/fix.patch': 'fix',
    });
    expect(read.findings.map((f) => f.code)).toEqual(['PolicyConflict']);
    const fine = policy('action: rebuild', 'build: { patches: [patches/kernel/fix.patch] }');
    expect(found(fine, { 'patches/kernel/fix.patch': 'fix' })).toEqual([]);
  });

  test('needs an upstream with source packages, in a channel that takes updates', () => {
    const text = policy('action: rebuild');
    expect(found(text)).toEqual([]);
    expect(found(text, { 'upstreams/sources.yaml': undefined })).toEqual([
      '6 PolicyReference there is no upstream "sources"',
      '5 PolicyReference kernel rebuilds, but no upstream brings source packages',
    ]);
    const hidden = testing.replace('[x86_64, source]', '[x86_64]');
    expect(found(text, { 'channels/testing.yaml': hidden })).toEqual([]);
    const bare = policyText('Channel', 'name: testing', 'path: t', 'trees: [x86_64]', 'base: []');
    expect(found(text, { 'channels/testing.yaml': bare })).toContain(
      '5 PolicyReference kernel rebuilds, but no channel that takes updates has sources as base',
    );
  });

  test('is of no use to a channel that signs nothing', () => {
    const keeping = testing.replace(/sign:.*/, '');
    expect(found(policy('action: rebuild'), { 'channels/testing.yaml': keeping })).toEqual([
      '5 BuiltUnsigned testing signs no packages, so what kernel builds waits in front of it',
    ]);
  });

  test('names patches, channels, architectures and conditions that are there', () => {
    const text = policy(
      'action: rebuild',
      'build:',
      '  patches: [patches/kernel/fix.patch, patches/kernel/gone.patch]',
      '  root: [testing, buildroot]',
      '  arches: [x86_64, aarch64]',
      '  with: [selinux]',
      '  without: [selinux]',
    );
    const files = { 'patches/kernel/fix.patch': 'x', 'patches/kernel/old.patch': 'x' };
    expect(found(text, files)).toEqual([
      '1 PolicyReference no policy applies this file',
      '7 PolicyReference there is no file patches/kernel/gone.patch',
      '8 PolicyReference there is no channel "buildroot"',
      '9 PolicyReference no channel has a tree "aarch64"',
      '11 PolicyConflict "selinux" is switched on by with and off by without',
    ]);
  });

  test('passes on only arguments and macros that stay inside what is built', () => {
    const text = policy(
      'action: rebuild',
      'build:',
      '  args: [--nocheck, --undefine=_annotated_build, --root=/, --nodeps]',
      '  defines: { buildid: .site1, _topdir: /tmp, "a b": x }',
      '  dist: site',
    );
    expect(found(text).map((f) => f.replace(/;.*|,.*/, ''))).toEqual([
      '7 PolicyInvalid build.args[2]: expected --nocheck',
      '7 PolicyInvalid build.args[3]: expected --nocheck',
      '8 PolicyInvalid build.defines._topdir: expected a macro that the build does not set itself',
      '8 PolicyInvalid build.defines.a b: expected the name of a macro: letters',
      '9 PolicyInvalid build.dist: expected a dist tag such as .site1',
    ]);
  });

  test('has answers only to what is asked, and of the kind that is asked for', () => {
    const text = policy(
      'action: rebuild',
      'build:',
      '  asks:',
      '    buildid: { type: text, description: suffix, default: .x }',
      '    jobs: { type: number, description: how many, default: 4 }',
      '    flavour: { type: choice, description: which, default: rt, choices: [rt, plain] }',
      '    debug: { type: yes-no, description: debug too, default: maybe }',
      '  params: { jobs: many, flavour: odd, other: 1 }',
    );
    expect(found(text)).toEqual([
      '11 PolicyInvalid build.asks.debug.default: expected true or false, found "maybe"',
    ]);
    // What only people can know has no default.
    expect(found(text.replace(', default: maybe', '').replace(/ params.*/, ''))).toEqual([]);
    expect(found(text.replace('maybe', 'true'))).toEqual([
      '12 PolicyInvalid params.jobs: expected a number, found "many"',
      '12 PolicyInvalid params.flavour: expected one of the choices: rt, plain, found "odd"',
      '12 PolicyReference no ask is called "other"',
    ]);
  });

  test('of replace says what takes the place, and from where', () => {
    expect(found(policy('action: replace'))).toEqual([
      '5 PolicyConflict kernel replaces, but does not say with what',
    ]);
    const from = (name: string) => found(policy('action: replace', `build: { from: ${name} }`));
    expect(from('sources')).toEqual([]);
    expect(from('inbox')).toEqual(['6 PolicyReference there is no upstream "inbox"']);
    expect(from('vendor')).toEqual([
      '6 PolicyConflict "vendor" brings no source packages: its tree is x86_64',
    ]);
    expect(found(policy('action: rebuild', 'build: { from: sources }'))).toEqual([
      '6 PolicyConflict "from" belongs to action replace; rebuild takes the vendor\'s source package',
    ]);
  });
});

test('an inbox is a local directory without mirrors and without an age', () => {
  const inbox = (...lines: readonly string[]) =>
    policyText('Upstream', 'name: inbox', 'tree: source', 'layout: inbox', ...lines);
  const files = (text: string) => ({ 'upstreams/inbox.yaml': text });
  const open = 'require: { packageSignatures: false }';
  const fine = readWith({ ...world, ...files(inbox('url: /srv/inbox', open)) });
  expect(fine.findings).toEqual([]);
  expect(fine.desired?.upstreams.get('inbox')).toMatchObject({
    ...{ layout: 'inbox', url: '/srv/inbox/' },
    require: { metadataSignature: false, packageSignatures: false },
  });
  const wrong = inbox('url: https://a.example.org/', open, 'limits: { maxAge: 3d }');
  expect(found(policy('action: hold'), files(wrong))).toEqual([
    '6 PolicyConflict inbox is an inbox and no local directory',
    '8 PolicyConflict inbox is an inbox, whose age says nothing',
  ]);
});

describe('specs in git', () => {
  const specs = (...lines: readonly string[]) => ({
    'upstreams/specs.yaml': policyText('Upstream', 'name: specs', 'layout: spec', ...lines),
  });
  const none = policy('action: hold');
  const key = `ssh-ed25519 ${'A'.repeat(68)}`;
  const signed = `git: { sshKeys: ["${key} petra@example.org"] }`;

  test.each([
    'https://git.example.org/specs.git',
    'ssh://git@git.example.org/specs.git',
    '/srv/specs',
  ])('are read from a branch whose commits somebody signs: %s', (url) => {
    const fine = readWith({ ...world, ...specs(`url: ${url}`, 'tree: source', signed) });
    expect(fine.findings).toEqual([]);
    expect(fine.desired?.upstreams.get('specs')).toMatchObject({
      ...{ layout: 'spec', url },
      git: { ref: 'refs/heads/main', directories: [], sshKeys: [key], rewrites: false },
      require: { metadataSignature: true, packageSignatures: false },
    });
  });

  test('bring source packages, and have neither mirrors nor an age', () => {
    const wrong = ['url: http://git.example.org/specs', 'tree: x86_64', signed];
    const more = ['mirrors: ["https://a.example.org/"]', 'limits: { maxAge: 3d }'];
    expect(found(none, specs(...wrong, ...more))).toEqual([
      '5 PolicyConflict specs has an address that expected https://…, ssh://… or a directory',
      '6 PolicyConflict specs packs specs, which are source packages',
      '8 PolicyConflict specs is a git repository and has mirrors',
      '9 PolicyConflict specs is a git repository, whose age says nothing',
    ]);
  });

  test('need a key, a plain branch and plain folders; others have no branch', () => {
    const place = ['url: /srv/specs', 'tree: source'];
    expect(found(none, specs(...place))).toEqual([
      '3 PolicyMissing specs must be signed, but has no keys',
    ]);
    const both = 'git: { branch: main, tag: v1, sshKeys: [] }';
    expect(found(none, specs(...place, both)).join()).toContain('a branch or a tag, not both');
    const odd = 'git: { branch: "--upload-pack=x", directories: ["../x"] }';
    expect(found(none, specs(...place, odd)).map((f) => f.split(' ')[1])).toEqual([
      'PolicyInvalid',
      'PolicyInvalid',
    ]);
    const vendor = {
      'upstreams/sources.yaml': policyText('Upstream', 'name: sources', ...place, signed),
    };
    expect(found(none, vendor).join()).toContain('git: belongs to layout: spec');
  });
});

describe('a built update', () => {
  const update = (...lines: readonly string[]): Record<string, string> => ({
    'updates/build-a-1-1.yaml': policyText('Update', 'id: build:a-1-1', ...lines),
  });
  const source = `{ nevra: a-1-1.src, sha256: ${hex(7)}, upstream: sources }`;
  const built = `{ nevra: a-1-1.s.x86_64, sha256: ${hex(8)}, upstream: sources, tree: x86_64 }`;
  const none = policy('action: hold');

  test('is made from a source package, and has no packages before they are built', () => {
    expect(found(none, update(`build: { source: ${source} }`))).toEqual([]);
    const wrong = source.replace('sources', 'vendor');
    expect(found(none, update(`build: { source: ${wrong} }`))).toEqual([
      '4 PolicyConflict "vendor" brings no source packages: its tree is x86_64',
    ]);
  });

  test('names results and packages together, each with its tree', () => {
    const results = `results: { x86_64: ${hex(9)} }`;
    const both = [`build: { source: ${source}, ${results} }`, `packages: [${built}]`];
    expect(found(none, update(...both))).toEqual([]);
    expect(found(none, update(both[0] ?? ''))).toEqual([
      '4 PolicyConflict results are named, but no packages',
    ]);
    expect(found(none, update(`build: { source: ${source} }`, both[1] ?? ''))).toEqual([
      '5 PolicyConflict packages are named, but no results',
    ]);
    expect(found(none, update(both[1] ?? ''))).toEqual([
      '4 PolicyConflict a-1-1.s.x86_64 names a tree, but enters that of sources',
    ]);
    const bare = (both[1] ?? '').replace(', tree: x86_64', '');
    expect(found(none, update(both[0] ?? '', bare))).toEqual([
      '5 PolicyConflict a-1-1.s.x86_64 was built here and names no tree',
    ]);
  });

  test('reads back as it is written', () => {
    const read = readWith({ ...world, ...update(`build: { source: ${source}, wanted: true }`) });
    expect(read.desired?.updates.get('build:a-1-1')?.build).toEqual({
      source: { nevra: 'a-1-1.src', sha256: hex(7) as Sha256, upstream: 'sources' },
      ...{ wanted: true, results: {} },
    });
  });
});
