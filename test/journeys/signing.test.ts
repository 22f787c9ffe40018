import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

interface Report {
  readonly done: readonly { readonly kind: string; readonly text: string }[];
  readonly holds: readonly { readonly code: string; readonly subject: string }[];
}

let here: Site;
let vendor: Vendor;
let key = '';
const machines: Machine[] = [];

beforeAll(async () => {
  here = await site();
  vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  key = (await here.ask<{ readonly key: string }>(['init', here.policy, ...upstream])).key;
  await signing(key);
  await reconcile();
});
afterAll(async () => {
  for (const each of machines) await each.dispose();
  await here.remove();
});

const reconcile = (...flags: readonly string[]): Promise<Report> =>
  here.ask(['reconcile', ...flags], [0, 1, 3]);

/** Writes `sign.packages` into the channel testing, as a person. */
async function signing(packages: string): Promise<void> {
  const file = join(here.policy, 'channels/testing.yaml');
  const text = (await readFile(file, 'utf8')).replace(/^sign:.*\n/m, '');
  await writeFile(file, `${text.trimEnd()}\nsign: { packages: ${packages} }\n`);
  await here.git('commit', '-q', '-a', '-m', `Sign packages: ${packages}`);
}

/** A machine that knows the site's key and no vendor's. */
async function client(name: string): Promise<Machine> {
  const made = await machine(here.directory, {
    name,
    repositories: [
      {
        id: 'testing',
        baseurl: `file://${here.state}/public/testing/x86_64`,
        gpgkeys: [`file://${here.state}/public/testing/RPM-GPG-KEY-site`],
      },
    ],
  });
  machines.push(made);
  return made;
}

/** Each test goes on where the one before it ended. */
test('a copied vendor package is signed by the site, and a machine with only its key installs it', async () => {
  const one = await client('one');
  await one.install(['greeter', 'tiny-tool']);
  expect(await one.installed()).toContain('hello-1.0-1.x86_64');
  const repo = await readFile(join(here.state, 'public/testing/testing.repo'), 'utf8');
  expect(repo).toContain('RPM-GPG-KEY-site');
  expect(repo).not.toContain('RPM-GPG-KEY-vendor');
});

test('what is signed is not signed again, and only what is new is', async () => {
  expect((await reconcile()).done).toEqual([]);
  vendor = await buildVendor(join(here.directory, 'vendor'), 2);
  const { done } = await reconcile('--sync');
  expect(done.map((d) => d.text)).toContainEqual('signed 3 packages for testing');
});

test('everything served is verified in its signed form', async () => {
  const verified = await here.sluice('verify');
  expect(verified).toMatchObject({ code: 0 });
  const [file = ''] = await signedFiles();
  const bytes = await readFile(file);
  await writeFile(
    file,
    bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
  );
  const damaged = await here.sluice('verify');
  expect(damaged.code).not.toBe(0);
  expect(damaged.stdout).toContain('other bytes or none');
  await writeFile(file, bytes);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
});

test('the file that a machine was given is traced to its source and to who signed it', async () => {
  const [file = ''] = await signedFiles();
  const [digest = ''] = file.match(/[0-9a-f]{64}/) ?? [];
  const { packages } = await here.ask<{
    readonly packages: readonly {
      readonly sha256: string;
      readonly signedForms: readonly { readonly key: string; readonly sha256: string }[];
    }[];
  }>(['trace', digest]);
  expect(packages[0]?.sha256).not.toBe(digest);
  expect(packages[0]?.signedForms).toMatchObject([{ key, sha256: digest }]);
});

test('gc keeps every form that is served', async () => {
  await here.ask(['gc', '--days', '1', '--newest', '1'], [0, 1]);
  expect((await signedFiles()).length).toBeGreaterThan(5);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  expect((await reconcile()).done).toEqual([]);
});

test('without the key, a record renders the same metadata from the log and the bytes', async () => {
  const record = join(here.directory, 'record.json');
  const last = await here.git('show', 'refs/sluice/generations:records/testing/2.json');
  await writeFile(record, last);
  const empty = here.withState(join(here.directory, 'empty'));
  const from = ['--packages', join(here.state, 'packages/sha256')];
  const to = ['--to', join(here.directory, 'rendered')];
  const answer = await empty.ask<{
    readonly differing: readonly string[];
    readonly signed: boolean;
  }>(['render', '--record', record, ...from, ...to]);
  expect(answer).toMatchObject({ differing: [], signed: false });
});

test('a state directory that lost all but sources and keys signs the same bytes again', async () => {
  const before = await contentMetadata(here.state, 'testing/x86_64');
  for (const file of await signedFiles()) await rm(file);
  for (const name of ['journal', 'snapshots', 'generations', 'public', 'derived']) {
    await rm(join(here.state, name), { recursive: true });
  }
  await reconcile();
  expect(await contentMetadata(here.state, 'testing/x86_64')).toEqual(before);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
});

test('keep again: the vendor signatures come back, and its key with them', async () => {
  await signing('keep');
  await reconcile();
  const repo = await readFile(join(here.state, 'public/testing/testing.repo'), 'utf8');
  expect(repo).toContain('RPM-GPG-KEY-vendor');
  await signing(key);
  const before = await contentMetadata(here.state, 'testing/x86_64');
  const { done } = await reconcile();
  expect(done.map((d) => d.kind)).not.toContain('sign');
  expect(await contentMetadata(here.state, 'testing/x86_64')).not.toEqual(before);
});

/** Paths of the files that the signed channel names. */
async function signedFiles(): Promise<readonly string[]> {
  const root = join(here.state, 'packages/sha256');
  const journal = await journalText();
  const digests = [...journal.matchAll(/"source":"[0-9a-f]{64}","sha256":"([0-9a-f]{64})"/g)];
  const files: string[] = [];
  for (const [, digest = ''] of digests) {
    const folder = join(root, digest.slice(0, 2), digest);
    for (const name of await readdir(folder)) files.push(join(folder, name));
  }
  return files;
}

async function journalText(): Promise<string> {
  const folder = join(here.state, 'journal');
  const texts = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'));
  return (await Promise.all(texts)).join('');
}
