import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildrootRepository } from '../support/buildroot-repository.ts';
import { type Site, site } from '../support/site.ts';
import { type SourceVendor, sourceVendor } from '../support/source-vendor.ts';

let here: Site;
let vendor: SourceVendor;
let key: string;

const spec = `Name: greeting
Version: 1.0
Release: 1%{?dist}
Summary: Says hello
License: MIT
BuildArch: noarch
BuildRequires: coreutils
%description
Says hello.
%install
[ %{?dist} = .vendor ] || [ ! -e /usr/bin/dnf ]
mkdir -p %{buildroot}/usr/share/greeting
%files
/usr/share/greeting
`;

const policy = `apiVersion: sluice/v1
kind: Policy
name: greeting
match: { packages: [greeting] }
priority: 10
action: rebuild
build: { dist: .site1, root: [testing] }
approvals: { start: auto, build: auto, sign: auto, testing: auto }
`;

beforeAll(async () => {
  here = await site();
  // A state directory that others may search, as init makes it below /var/lib.
  chmodSync(here.directory, 0o755);
  const tools = buildrootRepository('small');
  await writeFile(join(here.directory, 'tools.asc'), tools.publicKey);
  const upstream = [
    '--upstream',
    `tools=${tools.directory}`,
    '--key',
    join(here.directory, 'tools.asc'),
  ];
  key = (await here.ask<{ key: string }>(['init', here.policy, ...upstream])).key;
  vendor = sourceVendor(join(here.directory, 'vendor'));
  vendor.offer([{ name: 'greeting', version: '1.0', spec }]);
  const text = await readFile(join(here.policy, 'upstreams/tools.yaml'), 'utf8');
  await writeFile(join(here.policy, 'keys/vendor.asc'), await readFile(vendor.keyFile));
  const sources = text
    .replace(/^name: .*$/m, 'name: sources')
    .replace(/^url: .*$/m, `url: ${vendor.sources}`)
    .replace(/^keys: .*$/m, 'keys: [keys/vendor.asc]')
    .replace(/^tree: .*$/m, 'tree: source');
  await writeFile(join(here.policy, 'upstreams/sources.yaml'), sources);
  await mkdir(join(here.policy, 'policies'), { recursive: true });
  await writeFile(join(here.policy, 'policies/greeting.yaml'), policy);
  const channel = join(here.policy, 'channels/testing.yaml');
  const signed = `${(await readFile(channel, 'utf8')).trimEnd()}\nsign: { packages: ${key} }\n`;
  await writeFile(channel, signed.replace(/^(base:.*)$/m, '$1\n  - { upstream: sources }'));
  await here.git('add', '-A');
  await here.git('commit', '-q', '-m', 'Rebuild greeting with what testing serves');
});
afterAll(async () => {
  vendor?.dispose();
  await here.remove();
});

test('a package is built with what a channel serves, and its provenance says with what', async () => {
  await here.ask(['reconcile', '--wait'], [0, 1, 3]);
  const { items } = await here.ask<{
    items: { key: string; records: { outcome: string; fault?: object }[] }[];
  }>(['get', 'builds']);
  expect(items.flatMap((b) => b.records)).toMatchObject([{ outcome: 'built' }]);
  const folder = join(here.state, 'builds', items[0]?.key ?? '', '1');
  const statement = JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8'));
  const [, root] = statement.predicate.runDetails.byproducts;
  expect(root.annotations.packages.filter((p: string) => p.startsWith('bash-'))).toHaveLength(1);
  expect(statement.predicate.buildDefinition.resolvedDependencies).toContainEqual(
    expect.objectContaining({ name: 'channel testing' }),
  );
  expect(readdirSync(join(here.state, 'buildroots'))).toHaveLength(1);
  const served = await here.ask<{ items: { name: string; release: string }[] }>([
    ...['get', 'packages', '--channel', 'testing'],
  ]);
  expect(served.items.find((p) => p.name === 'greeting')?.release).toBe('1.site1');
});
