import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { startController } from '../../src/cli/demo/story.ts';
import { buildrootRepository } from '../support/buildroot-repository.ts';
import { freePorts, hasObs, type ObsServer, startObs } from '../support/obs-server.ts';
import { obsProjectConfig } from '../support/obs-world.ts';
import { type Site, site } from '../support/site.ts';
import { type SourceVendor, sourceVendor } from '../support/source-vendor.ts';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const program = {
  name: 'answer',
  version: '1.0',
  spec: `Name: answer
Version: 1.0
Release: 1%{?dist}
Summary: Knows the answer
License: MIT
Source0: answer.c
BuildRequires: gcc
%description
Knows the answer.
%prep
%setup -q -T -c
cp %{SOURCE0} .
%autopatch -p1
%build
gcc -o answer answer.c
%install
install -D answer %{buildroot}/usr/bin/answer
%files
/usr/bin/answer
`,
  sources: { 'answer.c': 'int main(void) {\n  return 1;\n}\n' },
};

const patch = `--- a/answer.c
+++ b/answer.c
@@ -1,3 +1,3 @@
 int main(void) {
-  return 1;
+  return 42;
 }
`;

const policy = `apiVersion: sluice/v1
kind: Policy
name: answer
match: { packages: [answer] }
priority: 10
action: rebuild
build:
  builder: obs
  root: [testing]
  dist: .site1
  patches: [patches/answer/right.patch]
approvals: { start: auto, build: auto, sign: auto, testing: auto }
`;

/** The whole way with a real Open Build Service, which reads its buildroot from the running controller. */
describe.skipIf(!hasObs)('a package that a build service builds', () => {
  let here: Site;
  let obs: ObsServer;
  let vendor: SourceVendor;
  let stop: (() => Promise<void>) | undefined;
  let client: Machine | undefined;

  beforeAll(async () => {
    here = await site();
    obs = await startObs();
    vendor = sourceVendor(join(here.directory, 'vendor'));
    vendor.offer([program]);
  }, 300_000);
  afterAll(async () => {
    await client?.dispose();
    await stop?.();
    await obs?.stop();
    vendor?.dispose();
    await here.remove();
  });

  test('goes from a channel of tools to testing, signed, and runs', {
    timeout: 900_000,
  }, async () => {
    onTestFailed(() => console.error(obs.logs()));
    const [port] = await freePorts(1);
    await setUp(`http://127.0.0.1:${port}`);
    stop = await startController({ listen: `127.0.0.1:${port}`, env: here.environment() });
    await here.ask(['reconcile'], [0, 1]);
    const status = async () => (await here.sluice('status')).stdout;
    while ((await status()).includes('BuildQueued')) await pause(2000);
    await here.ask(['reconcile'], [0, 1]);
    const { items } = await here.ask<{ items: { name: string; release: string }[] }>([
      ...['get', 'packages', '--channel', 'testing'],
    ]);
    const built = items.filter((p) => p.name === 'answer').map((p) => p.release);
    expect(built, await status()).toEqual(['1.site1']);
    client = await machine(here.directory, {
      name: 'client',
      repositories: [
        {
          id: 'testing',
          baseurl: `http://127.0.0.1:${port}/testing/x86_64/`,
          gpgkeys: [`http://127.0.0.1:${port}/testing/RPM-GPG-KEY-site`],
        },
      ],
    });
    await client.install(['answer']);
    // Compiled there, with the site's patch; it needs nothing that this machine has not.
    expect(spawnSync(join(client.root, 'usr/bin/answer')).status).toBe(42);
    expect(await client.query('%{RELEASE} %{DISTURL}\\n', 'answer')).toEqual([
      expect.stringMatching(/^1\.site1 sluice:build:[0-9a-f]{64}$/),
    ]);
  });

  async function setUp(servedAt: string): Promise<void> {
    const tools = buildrootRepository('full');
    const toolsKey = join(here.directory, 'tools.asc');
    await writeFile(toolsKey, tools.publicKey);
    const upstream = ['--upstream', `tools=${tools.directory}`, '--key', toolsKey];
    const { key } = await here.ask<{ key: string }>(['init', here.policy, ...upstream]);
    const settings = { url: obs.url, servedAt, projectConfigFile: 'obs.conf' };
    await writeFile(join(here.state, 'obs.conf'), obsProjectConfig());
    await writeFile(
      join(here.state, 'controller.yaml'),
      JSON.stringify({ policy: here.policy, builders: { obs: settings } }),
    );
    const edit = async (path: string, change: (text: string) => string) => {
      const file = join(here.policy, path);
      await writeFile(file, change(await readFile(file, 'utf8')));
    };
    await writeFile(join(here.policy, 'keys/vendor.asc'), readFileSync(vendor.keyFile));
    const of = await readFile(join(here.policy, 'upstreams/tools.yaml'), 'utf8');
    for (const [name, url, tree] of [
      ['vendor', vendor.binaries, 'x86_64'],
      ['sources', vendor.sources, 'source'],
    ] as const) {
      const text = of
        .replace(/^name: .*$/m, `name: ${name}`)
        .replace(/^url: .*$/m, `url: ${url}`)
        .replace(/^tree: .*$/m, `tree: ${tree}`)
        .replace(/^keys: .*$/m, 'keys: [keys/vendor.asc]');
      await writeFile(join(here.policy, `upstreams/${name}.yaml`), text);
    }
    await edit('channels/testing.yaml', (text) =>
      `${text.trimEnd()}\nsign: { packages: ${key} }\n`.replace(
        /^(base:.*)$/m,
        '$1\n  - { upstream: vendor }\n  - { upstream: sources }',
      ),
    );
    await here.git('rm', '-q', 'channels/production.yaml');
    await edit('policies/default.yaml', (text) => text.replace(/^ +production:.*\n/m, ''));
    await writeFile(join(here.policy, 'policies/answer.yaml'), policy);
    await mkdir(join(here.policy, 'patches/answer'), { recursive: true });
    await writeFile(join(here.policy, 'patches/answer/right.patch'), patch);
    await here.git('add', '-A');
    await here.git('commit', '-q', '-m', 'Have answer built by the build service');
  }
});
