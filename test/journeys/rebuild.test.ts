import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { type Site, site } from '../support/site.ts';
import { type SourceVendor, sourceVendor, type VendorSource } from '../support/source-vendor.ts';
import { channelRepository } from '../support/vendor-site.ts';

/** A text, and a placeholder patch as kernels have one: empty at the vendor's, the site's takes its place. */
const greeting = (version: string): VendorSource => ({
  ...{ name: 'greeting', version },
  spec: `Name: greeting
Version: ${version}
Release: 1%{?dist}
Summary: Says hello
License: MIT
BuildArch: noarch
Source0: words.txt
Patch999999: linux-test.patch
%description
Says hello.
%prep
ApplyOptionalPatch()
{
  [ ! -s "%{_sourcedir}/$1" ] || patch -p1 <"%{_sourcedir}/$1"
}
%setup -q -T -c
cp %{SOURCE0} .
ApplyOptionalPatch linux-test.patch
echo 'local version: %{?localversion}%{!?localversion:none}' >>words.txt
%install
install -D -m 0644 words.txt %{buildroot}/usr/share/greeting/words.txt
%files
/usr/share/greeting
`,
  sources: { 'words.txt': `hello ${version}\n`, 'linux-test.patch': '' },
});

const other: VendorSource = {
  ...{ name: 'other', version: '1.0' },
  spec: `Name: other
Version: 1.0
Release: 1%{?dist}
Summary: Something else
License: MIT
BuildArch: noarch
%description
Something else.
%install
mkdir -p %{buildroot}/usr/share/other
%files
/usr/share/other
`,
};

const patch = `--- a/words.txt
+++ b/words.txt
@@ -1 +1 @@
-hello 1.0
+hello from the site
`;

const policy = `apiVersion: sluice/v1
kind: Policy
name: greeting
match: { packages: [greeting] }
priority: 10
action: rebuild
# the site's own words
build:
  patches: [patches/greeting/site.patch]
  dist: .site1
  root: host
  asks:
    localversion: { type: text, description: "What marks our builds?", default: "-site" }
approvals: { start: auto, build: ask, sign: ask, testing: auto }
`;

interface Report {
  readonly done: readonly { readonly kind: string }[];
  readonly holds: readonly { readonly code: string; readonly subject: string }[];
  readonly notes: readonly { readonly code: string }[];
}

let here: Site;
let vendor: SourceVendor;
let key: string;
let client: Machine | undefined;

beforeAll(async () => {
  here = await site();
  vendor = sourceVendor(join(here.directory, 'vendor'));
  vendor.offer([greeting('1.0'), other]);
  const upstream = ['--upstream', `vendor=${vendor.binaries}`, '--key', vendor.keyFile];
  key = (await here.ask<{ key: string }>(['init', here.policy, ...upstream])).key;
});
afterAll(async () => {
  await client?.dispose();
  vendor?.dispose();
  await here.remove();
});

const open = async (): Promise<readonly string[]> =>
  (await here.ask<{ proposals: { identity: string }[] }>(['pr', 'list'])).proposals
    .map((each) => each.identity)
    .toSorted();

const reconcile = (...flags: readonly string[]): Promise<Report> =>
  here.ask(['reconcile', '--wait', ...flags], [0, 1, 3]);

async function merge(identity: string): Promise<Report> {
  const { proposals } = await here.ask<{ proposals: { number: number; identity: string }[] }>([
    'pr',
    'list',
  ]);
  const found = proposals.find((each) => each.identity === identity);
  await here.ask(['pr', 'merge', String(found?.number ?? identity)]);
  return reconcile();
}

const serves = async (tree = 'x86_64'): Promise<readonly string[]> => {
  const { items } = await here.ask<{
    items: { name: string; version: string; release: string; tree: string }[];
  }>(['get', 'packages', '--channel', 'testing']);
  return items
    .filter((p) => p.tree === tree)
    .map((p) => `${p.name}-${p.version}-${p.release}`)
    .toSorted();
};

async function write(path: string, text: string): Promise<void> {
  const file = join(here.policy, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
}

async function commit(message: string): Promise<void> {
  await here.git('add', '-A');
  await here.git('commit', '-q', '-m', message);
}

interface Move {
  readonly update: string;
  readonly to: string;
  readonly by: string;
}

/** Which states updates came into, oldest first. */
async function movesInJournal(): Promise<readonly Move[]> {
  const folder = join(here.state, 'journal');
  const files = readdirSync(folder).toSorted();
  const lines = files.flatMap((f) => readFileSync(join(folder, f), 'utf8').trim().split('\n'));
  const entries = lines.map((l) => JSON.parse(l) as { kind: string; data: { moves: Move[] } });
  return entries.flatMap((e) => (e.kind === 'moved' ? e.data.moves : []));
}

/** Each test goes on where the one before it ended. */
describe('a source package is rebuilt with a patch and a dist tag', { timeout: 300_000 }, () => {
  test('the policy says so', async () => {
    const upstream = await readFile(join(here.policy, 'upstreams/vendor.yaml'), 'utf8');
    const sources = upstream
      .replace(/^name: .*$/m, 'name: sources')
      .replace(/^url: .*$/m, `url: ${vendor.sources}`)
      .replace(/^tree: .*$/m, 'tree: source');
    await write('upstreams/sources.yaml', sources);
    await write('policies/greeting.yaml', policy);
    await write('patches/greeting/site.patch', patch);
    const channel = join(here.policy, 'channels/testing.yaml');
    const text = await readFile(channel, 'utf8');
    const signed = `${text.trimEnd()}\nsign: { packages: ${key} }\n`;
    await writeFile(channel, signed.replace(/^(base:.*)$/m, '$1\n  - { upstream: sources }'));
    const valid = await here.sluice('validate', here.policy);
    expect(valid.stdout).toBe('valid');
    await commit('Rebuild greeting');
  });

  test('what makes our builds special is asked once, with the suggested answer', async () => {
    await reconcile();
    expect(await open()).toContain('special-case/greeting');
    expect(await open()).toContain('bootstrap/production');
    expect(await serves()).toEqual(['greeting-1.0-1.vendor', 'other-1.0-1.vendor']);
    await merge('special-case/greeting');
    const text = await readFile(join(here.policy, 'policies/greeting.yaml'), 'utf8');
    expect(text).toContain("# the site's own words");
    expect(text).toMatch(/params:\s+localversion: -site/);
  });

  test('it is built when a person says so, and asked for signature', async () => {
    expect(await open()).toContain('build/build-greeting-1.0-1.vendor');
    const report = await merge('build/build-greeting-1.0-1.vendor');
    expect(report.holds.map((h) => h.code)).toContain('AwaitsMerge');
    const { proposals } = await here.ask<{
      proposals: { identity: string; body: string; number: number }[];
    }>(['pr', 'list']);
    const sign = proposals.find((p) => p.identity.startsWith('sign/'));
    const shown = await here.sluice('pr', 'show', String(sign?.number));
    expect(shown.stdout).toContain('greeting-1.0-1.site1.noarch');
    expect(shown.stdout).toContain('patch patches/greeting/site.patch');
    expect(shown.stdout).toContain('define localversion -site');
    expect(shown.stdout).toContain('build.log');
    expect(await serves()).toEqual(['greeting-1.0-1.vendor', 'other-1.0-1.vendor']);
    const listed = await here.ask<{ items: object[] }>(['get', 'packages', '--state', 'unsigned']);
    expect(listed.items).toMatchObject([
      { nevra: 'greeting-1.0-1.vendor.src', update: 'build:greeting-1.0-1.vendor' },
    ]);
  });

  test('signed, it is in testing and nothing of the vendor beside it', async () => {
    await merge('sign/build-greeting-1.0-1.vendor');
    expect(await serves()).toEqual(['greeting-1.0-1.site1', 'other-1.0-1.vendor']);
    client = await machine(here.directory, {
      name: 'client',
      repositories: [channelRepository(here, 'testing')],
    });
    await client.install(['greeting']);
    expect(await client.installed()).toContain('greeting-1.0-1.site1.noarch');
    const words = join(client.root, 'usr/share/greeting/words.txt');
    expect(readFileSync(words, 'utf8')).toBe('hello from the site\nlocal version: -site\n');
  });

  test('a warm pass builds nothing and changes nothing', async () => {
    const report = await reconcile();
    expect(report.done).toEqual([]);
    expect(existsSync(join(here.state, 'builds'))).toBe(true);
    const moves = await movesInJournal();
    expect(moves.map((m) => m.to)).toEqual(['waiting', 'building', 'unsigned', 'untested']);
    expect(moves.map((m) => m.by)).toEqual(['Sluice', 'sluice', 'sluice', 'Sluice']);
  });

  test('an operator has it built again to see that it comes out the same', async () => {
    await here.sluice('retry', 'greeting', '--compare');
    const { notes } = await reconcile();
    const { items } = await here.ask<{ items: { attempt: number; state: string }[] }>([
      'get',
      'builds',
    ]);
    expect(items.map((b) => b.attempt)).toEqual([2]);
    expect(notes.map((n) => n.code)).not.toContain('BuildNotReproducible');
    expect(await serves()).toEqual(['greeting-1.0-1.site1', 'other-1.0-1.vendor']);
  });

  test('an advisory that the vendor publishes afterwards reaches dnf, and names what was built', async () => {
    const packages = ['greeting-1.0-1.vendor.noarch', 'greeting-2.0-1.vendor.noarch'];
    vendor.offer([], [{ id: 'EXSA-2026:7', packages }]);
    const { done } = await reconcile('--sync');
    expect(done.map((step) => step.kind)).not.toContain('build');
    const update = await readFile(
      join(here.policy, 'updates/build-greeting-1.0-1.vendor.r2.yaml'),
      'utf8',
    );
    expect(update).toContain('EXSA-2026:7');
    const listed = await client?.dnf(['--quiet', 'updateinfo', 'list', '--all']);
    const lines = listed?.output.split('\n').filter((line) => line.includes('EXSA')) ?? [];
    expect(lines.map((line) => line.split(/\s+/).at(-1))).toEqual(['greeting-1.0-1.site1.noarch']);
  });
});
