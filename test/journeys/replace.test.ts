import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Site, site } from '../support/site.ts';
import { type SourceVendor, sourceVendor, type VendorSource } from '../support/source-vendor.ts';

const textPackage = (name: string, version: string, build = 'true'): VendorSource => ({
  ...{ name, version },
  spec: `Name: ${name}
Version: ${version}
Release: 1%{?dist}
Summary: A text
License: MIT
BuildArch: noarch
%description
A text.
%build
${build}
%install
mkdir -p %{buildroot}/usr/share/${name}
echo ${name} ${version} >%{buildroot}/usr/share/${name}/text
%files
/usr/share/${name}
`,
});

/** Sources that are unpacked, so that a patch of the site can be applied. */
const words = (version: string, first: string): VendorSource => {
  const { spec } = textPackage('words', version);
  const prep = '%prep\n%setup -q -T -c\ncp %{SOURCE0} .\n%autopatch -p1\n%build';
  return {
    ...{ name: 'words', version, sources: { 'list.txt': `${first}\nlast\n` } },
    spec: spec
      .replace('%description', 'Source0: list.txt\n%description')
      .replace('%build', prep)
      .replace(/^echo .*$/m, 'cp list.txt %{buildroot}/usr/share/words/text'),
  };
};

const patch = `--- a/list.txt
+++ b/list.txt
@@ -1,2 +1,2 @@
-first
+of the site
 last
`;

const policy = `apiVersion: sluice/v1
kind: Policy
name: own
match: { packages: [tool, broken] }
priority: 10
action: replace
build: { from: inbox, dist: .site1, root: host }
approvals: { start: auto, build: auto, sign: auto, testing: auto }
`;

const patched = policy
  .replace('name: own', 'name: words')
  .replace('[tool, broken]', '[words]')
  .replace('from: inbox,', 'from: inbox, patches: [patches/words/site.patch],');

interface Report {
  readonly holds: readonly { readonly code: string; readonly subject: string }[];
}

let here: Site;
let twin: Site;
let vendor: SourceVendor;

beforeAll(async () => {
  here = await site();
  vendor = sourceVendor(join(here.directory, 'vendor'));
  vendor.offer([textPackage('tool', '1.0'), textPackage('other', '1.0'), words('1.0', 'first')]);
  const inbox = join(here.directory, 'inbox');
  vendor.sourcePackage(inbox, textPackage('tool', '1.5'));
  vendor.sourcePackage(inbox, words('1.5', 'first'));
  const upstream = ['--upstream', `vendor=${vendor.binaries}`, '--key', vendor.keyFile];
  const { key } = await here.ask<{ key: string }>(['init', here.policy, ...upstream]);
  const text = await readFile(join(here.policy, 'upstreams/vendor.yaml'), 'utf8');
  const sources = (name: string, url: string) =>
    text
      .replace(/^name: .*$/m, `name: ${name}`)
      .replace(/^url: .*$/m, `url: ${url}`)
      .replace(/^tree: .*$/m, 'tree: source');
  await write('upstreams/inbox.yaml', `${sources('inbox', inbox).trimEnd()}\nlayout: inbox\n`);
  await write('upstreams/sources.yaml', sources('sources', vendor.sources));
  await write('policies/own.yaml', policy);
  await write('policies/words.yaml', patched);
  await write('patches/words/site.patch', patch);
  const channel = await readFile(join(here.policy, 'channels/testing.yaml'), 'utf8');
  const both = '$1\n  - { upstream: sources }\n  - { upstream: inbox }';
  const signed = `${channel.trimEnd()}\nsign: { packages: ${key} }\n`;
  await write('channels/testing.yaml', signed.replace(/^(base:.*)$/m, both));
  expect((await here.sluice('validate', here.policy)).stdout).toBe('valid');
  await here.git('add', '-A');
  await here.git('commit', '-q', '-m', 'Replace tool by our own');
  twin = await here.copiedTo(join(here.directory, 'twin'));
});
afterAll(async () => {
  vendor?.dispose();
  await here.remove();
});

async function write(path: string, text: string): Promise<void> {
  const file = join(here.policy, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
}

const reconcile = (where: Site, ...flags: readonly string[]): Promise<Report> =>
  where.ask(['reconcile', '--wait', ...flags], [0, 1, 3]);

interface Listed {
  readonly items: readonly (Readonly<Record<string, string>> & {
    readonly inputs?: { readonly stage?: string };
  })[];
}

async function serves(): Promise<readonly string[]> {
  const { items } = await here.ask<Listed>(['get', 'packages', '--channel', 'testing']);
  return items.map((p) => `${p.name}-${p.version}-${p.release}`).toSorted();
}

/** Each test goes on where the one before it ended. */
describe('a package of the site takes the place of the vendor package', {
  timeout: 300_000,
}, () => {
  const update = 'updates/build-tool-1.5-1.vendor.yaml';

  test('its source from the inbox is built and served, and the same on another machine', async () => {
    await reconcile(here);
    expect(await serves()).toEqual([
      ...['other-1.0-1.vendor', 'tool-1.5-1.site1', 'words-1.5-1.site1'],
    ]);
    await reconcile(twin);
    const [one, two] = [here, twin].map((s) => readFileSync(join(s.policy, update), 'utf8'));
    expect(one).toMatch(/- \{ nevra: tool-1\.5-1\.site1\.noarch, sha256: \w{64}/);
    expect(two).toBe(one);
  });

  test('the newer one of the vendor stays hidden, and people are told', async () => {
    vendor.offer([textPackage('tool', '2.0'), textPackage('other', '1.1'), words('2.0', 'once')]);
    const { holds } = await reconcile(here, '--sync');
    expect(holds.map((h) => `${h.code} ${h.subject}`)).toContain('NewerUpstream policy:own');
    expect(await serves()).toEqual([
      ...['other-1.0-1.vendor', 'other-1.1-1.vendor', 'tool-1.5-1.site1', 'words-1.5-1.site1'],
    ]);
    const why = await here.sluice('why', 'tool', '--channel', 'testing');
    expect(why.stdout).toContain('by its source package tool');
    expect(why.stdout).toContain('what was built here of its source takes its place');
  });

  test('they are asked to go on from it, and told that the patch of the site does not fit', async () => {
    const { proposals } = await here.ask<{
      proposals: readonly { readonly identity: string; readonly number: number }[];
    }>(['pr', 'list']);
    const shown = async (identity: string) => {
      const number = proposals.find((p) => p.identity === identity)?.number;
      return (await here.sluice('pr', 'show', String(number))).stdout;
    };
    expect(await shown('rebase/own/tool')).toContain('policy has no patches');
    const asked = await shown('rebase/words/words');
    expect(asked).toContain('| `patches/words/site.patch` | does not fit |');
    expect(asked).toMatch(/Log of the trial: \[?`builds\/\w+\/1\/build\.log`/);
    const trials = async () => {
      const { items } = await here.ask<Listed>(['get', 'builds']);
      return items.filter((b) => b.inputs?.stage === 'prepare').length;
    };
    expect(await trials()).toBe(1);
    await reconcile(here);
    expect(await trials()).toBe(1);
  });

  test('a build that fails is a hold with a log, and nothing of it is served', async () => {
    vendor.sourcePackage(join(here.directory, 'inbox'), textPackage('broken', '1.0', 'exit 3'));
    const { holds } = await reconcile(here, '--sync');
    const failed = holds.find((h) => h.code === 'BuildFailed');
    expect(failed?.subject).toBe('update:build:broken-1.0-1.vendor');
    const { items } = await here.ask<Listed>(['get', 'packages', '--state', 'build-failed']);
    expect(items).toMatchObject([{ nevra: 'broken-1.0-1.vendor.src', reports: 'build.failed' }]);
    expect((await serves()).join(' ')).not.toContain('broken');
    const again = await reconcile(here);
    expect(again.holds.map((h) => h.code)).toContain('BuildFailed');
    const builds = await here.ask<Listed>(['get', 'builds']);
    expect(builds.items.map((b) => b.attempt)).toEqual([1, 1, 1, 1]);
  });
});
