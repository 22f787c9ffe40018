import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { type Site, site } from '../support/site.ts';
import { type SourceVendor, sourceVendor } from '../support/source-vendor.ts';
import { type SpecAuthor, specAuthor } from '../support/spec-world.ts';
import { channelRepository } from '../support/vendor-site.ts';

const spec = (release: string): string => `Name: greeting
Version: 1.0
Release: ${release}%{?dist}
Summary: Says hello
License: MIT
BuildArch: noarch
Source0: words.txt
Patch0: site.patch
%description
Says hello.
%prep
%setup -q -T -c
cp %{SOURCE0} .
%patch -P 0 -p1
%install
install -D -m 0644 words.txt %{buildroot}/usr/share/greeting/words.txt
%files
/usr/share/greeting
`;

const patch = `--- a/words.txt
+++ b/words.txt
@@ -1 +1 @@
-hello
+hello from git
`;

const policy = `apiVersion: sluice/v1
kind: Policy
name: greeting
match: { packages: [greeting] }
priority: 10
action: rebuild
build: { dist: .site1, root: host }
approvals: { start: ask, build: ask, sign: ask, testing: auto }
`;

const filler = `Name: other
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
`;

interface Report {
  readonly done: readonly { readonly kind: string }[];
  readonly failed: readonly { readonly fault: { readonly code: string; readonly found: string } }[];
  readonly holds: readonly { readonly code: string; readonly subject: string }[];
}

interface Open {
  readonly number: number;
  readonly identity: string;
}

let here: Site;
let vendor: SourceVendor;
let author: SpecAuthor;
let client: Machine | undefined;

beforeAll(async () => {
  here = await site();
  vendor = sourceVendor(join(here.directory, 'vendor'));
  vendor.offer([{ name: 'other', version: '1.0', spec: filler }]);
  author = specAuthor(here.directory);
  author.write('greeting/greeting.spec', spec('1'));
  author.write('greeting/words.txt', 'hello\n');
  author.write('greeting/site.patch', patch);
  author.commit('Say hello');
  const upstream = ['--upstream', `vendor=${vendor.binaries}`, '--key', vendor.keyFile];
  const { key } = await here.ask<{ key: string }>(['init', here.policy, ...upstream]);
  await write(
    'upstreams/specs.yaml',
    `apiVersion: sluice/v1
kind: Upstream
name: specs
url: ${author.repository}
layout: spec
git: { branch: main, sshKeys: ["${author.key}"] }
tree: source
`,
  );
  await write('policies/greeting.yaml', policy);
  const channel = await readFile(join(here.policy, 'channels/testing.yaml'), 'utf8');
  const signed = `${channel.trimEnd()}\nsign: { packages: ${key} }\n`;
  await write(
    'channels/testing.yaml',
    signed.replace(/^(base:.*)$/m, '$1\n  - { upstream: specs }'),
  );
  expect((await here.sluice('validate', here.policy)).stdout).toBe('valid');
  await here.git('add', '-A');
  await here.git('commit', '-q', '-m', 'Build greeting from git');
});
afterAll(async () => {
  await client?.dispose();
  author?.dispose();
  vendor?.dispose();
  await here.remove();
});

const write = (path: string, text: string) => writeFile(join(here.policy, path), text);

const reconcile = (...flags: readonly string[]): Promise<Report> =>
  here.ask(['reconcile', '--wait', ...flags], [0, 1, 3, 4]);

const open = async (): Promise<readonly Open[]> =>
  (await here.ask<{ proposals: Open[] }>(['pr', 'list'])).proposals;

async function numberOf(identity: string): Promise<string> {
  const found = (await open()).find((each) => each.identity === identity);
  return String(found?.number ?? identity);
}

async function merge(identity: string): Promise<Report> {
  await here.ask(['pr', 'merge', await numberOf(identity)]);
  return reconcile();
}

async function answerAll(version: string): Promise<void> {
  for (const question of ['start', 'build', 'sign']) {
    await merge(`${question}/build-greeting-${version}`);
  }
}

/** Each test goes on where the one before it ended. */
describe('a spec in a git repository becomes a package', { timeout: 300_000 }, () => {
  test('it is packed, and the question to build it names the commit', async () => {
    const commit = author.git('rev-parse', 'HEAD');
    await reconcile();
    const shown = await here.sluice('pr', 'show', await numberOf('start/build-greeting-1.0-1'));
    const packed = /^Packed from .*$/m.exec(shown.stdout)?.[0];
    for (const word of [author.repository, 'folder `greeting`', commit, author.fingerprint]) {
      expect(packed).toContain(word);
    }
  });

  test('built and signed, a machine installs it', async () => {
    await answerAll('1.0-1');
    client = await machine(here.directory, {
      name: 'client',
      repositories: [channelRepository(here, 'testing')],
    });
    await client.install(['greeting']);
    expect(await client.installed()).toContain('greeting-1.0-1.site1.noarch');
    const words = join(client.root, 'usr/share/greeting/words.txt');
    expect(readFileSync(words, 'utf8')).toBe('hello from git\n');
  });

  test('its provenance, why and trace name the commit', async () => {
    const commit = author.git('rev-parse', 'HEAD');
    const { items } = await here.ask<{ items: { key: string }[] }>(['get', 'builds']);
    const file = join(here.state, 'builds', items[0]?.key ?? '', '1/provenance.json');
    const statement = JSON.parse(readFileSync(file, 'utf8'));
    expect(statement.predicate.buildDefinition.resolvedDependencies).toContainEqual({
      name: 'specs',
      uri: `git+file://${author.repository}@refs/heads/main`,
      digest: { gitCommit: commit },
      annotations: { directory: 'greeting', signedBy: author.fingerprint },
    });
    const why = await here.sluice('why', 'greeting', '--channel', 'testing');
    expect(why.stdout).toContain(`packed from ${author.repository} (greeting) at commit ${commit}`);
    const trace = await here.sluice('trace', 'greeting-1.0-1.src');
    expect(trace.stdout).toContain(
      `packed from ${author.repository} (greeting) at commit ${commit}`,
    );
  });

  test('a commit that changes nothing of what is packed asks nothing', async () => {
    author.write('README.md', 'Our packages\n');
    author.commit('Explain');
    await reconcile('--sync');
    expect((await open()).filter((p) => !p.identity.startsWith('bootstrap/'))).toEqual([]);
  });

  test('a commit by somebody else changes nothing', async () => {
    const before = author.git('rev-parse', 'HEAD');
    author.signers.sshKey('stranger');
    author.write('greeting/greeting.spec', spec('2'));
    author.commit('Strange', author.signers.withSsh('stranger'));
    await reconcile('--sync');
    const upstreams = await here.sluice('get', 'upstreams');
    expect(upstreams.stdout).toContain('SpecCommitRefused');
    expect((await open()).filter((p) => !p.identity.startsWith('bootstrap/'))).toEqual([]);
    author.git('reset', '--quiet', '--hard', before);
  });

  test('a release that is raised is asked about, built, and reaches the machine', async () => {
    author.write('greeting/greeting.spec', spec('2'));
    author.write('greeting/site.patch', patch.replace('from git', 'again'));
    author.commit('Say it again');
    await reconcile('--sync');
    await answerAll('1.0-2');
    await client?.upgrade();
    expect(await client?.installed()).toContain('greeting-1.0-2.site1.noarch');
    expect((await reconcile()).done).toEqual([]);
  });
});
