import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import type { GpgKey } from '../support/gpg.ts';
import { makeSigners, type Signers } from '../support/signers.ts';
import { type Site, site } from '../support/site.ts';
import { treeDigest } from '../support/tree-digest.ts';

let here: Site;
let signers: Signers;
let alice: GpgKey;
let controller: string;

beforeAll(async () => {
  signers = makeSigners();
  alice = signers.gpgKey('alice');
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  controller = (await here.ask<{ key: string }>(['init', here.policy, ...upstream])).key;
  await here.ask(['reconcile'], [0, 1]);
});
afterAll(async () => {
  signers.dispose();
  await here.remove();
});

const write = (path: string, text: string) => writeFile(join(here.policy, path), text);
const head = () => here.git('rev-parse', 'HEAD');
const published = () => treeDigest(join(here.state, 'public'));

interface Status {
  readonly trust: string;
  readonly acceptedHead: string;
  readonly proposals: readonly { readonly number: number; readonly branch: string }[];
}
const status = () => here.ask<Status>(['status'], [0, 1]);

async function merge(...how: readonly string[]): Promise<string> {
  const [proposal] = (await status()).proposals;
  if (!proposal) throw new Error('nothing is proposed');
  await here.git(...how, 'merge', '--quiet', '--no-ff', '--no-edit', proposal.branch);
  return head();
}

test('a site goes over to signed commits by one commit of its own', async () => {
  const bob = signers.sshKey('bob');
  await write('keys/alice.asc', alice.publicKey);
  await write(
    'access.yaml',
    `apiVersion: sluice/v1
kind: Access
people:
  - { name: alice, openpgp: [{ fingerprint: ${alice.fingerprint}, key: keys/alice.asc }] }
  - { name: bob, ssh: [{ key: "${bob}" }] }
  - { name: sluice, openpgp: [{ fingerprint: ${controller}, key: keys/site.asc }] }
rules:
  - { may: [change-access, change-trust, change-policy, change-channel], from: [alice] }
  - { may: [promote, pin], on: ["*/production*"], from: [alice] }
  - { may: [rollback, hold, lift-hold], from: [alice, bob, sluice] }
  - { may: [promote, pin, change-update, withdraw], from: [alice, sluice] }
`,
  );
  const text = await readFile(join(here.policy, 'sluice.yaml'), 'utf8');
  await write('sluice.yaml', text.replace('mode: open', 'mode: keys'));
  await here.git('add', '--all');
  await here.git('commit', '--quiet', '--message', 'Every commit is signed from here on');
  await here.ask(['reconcile'], [0, 1]);
  const now = await status();
  expect(now).toMatchObject({ trust: 'keys', acceptedHead: await head() });
});

test('a signed bootstrap of production is published', async () => {
  const merged = await merge(...signers.withGpg(alice));
  await here.ask(['reconcile'], [0, 1]);
  expect((await status()).acceptedHead).toBe(merged);
  const listed = await here.sluice('get', 'packages', '--channel', 'production');
  expect(listed.stdout).toContain('hello-1.0');
});

test("the controller's own commits are signed with its key and count by its rights", async () => {
  await buildVendor(join(here.directory, 'vendor'), 2);
  await here.ask(['reconcile', '--sync'], [0, 1]);
  const own = await head();
  expect(await here.git('cat-file', 'commit', own)).toContain('gpgsig -----BEGIN PGP SIGNATURE');
  expect((await status()).acceptedHead).toBe(own);
  const listed = await here.sluice('get', 'packages', '--channel', 'testing');
  expect(listed.stdout).toContain('hello-1.1');
});

test('[F01] an unsigned promotion is refused, and production stays as it is to the byte', async () => {
  here.wait(8 * 86_400);
  await here.ask(['reconcile'], [0, 1]);
  const good = await head();
  const before = await published();
  const refused = await merge();
  const run = await here.sluice('reconcile');
  const said = `${run.stdout}${run.stderr}`;
  expect(said).toContain('CommitUnsigned');
  expect(said).toContain(refused);
  expect(said).toContain(`sluice acknowledge ${refused}`);
  expect((await status()).acceptedHead).toBe(good);
  expect(await published()).toBe(before);
  // Again, and with another commit on top: nothing after the refused one counts.
  await here.git(...signers.withGpg(alice), 'commit', '--allow-empty', '--message', 'on top');
  await here.sluice('reconcile');
  expect(await published()).toBe(before);
  await here.git('reset', '--quiet', '--hard', good);
});

test('somebody who may not promote is refused; can-i says who may', async () => {
  const good = await head();
  const before = await published();
  await merge(...signers.withSsh('bob'));
  const run = await here.sluice('reconcile');
  expect(`${run.stdout}${run.stderr}`).toMatch(/NotAllowed[\s\S]*signed by bob; promote promotion/);
  expect(await published()).toBe(before);
  await here.git('reset', '--quiet', '--hard', good);
  const asked = ['can-i', 'bob', 'promote', 'promotion/production/EXSA-2026-0001'];
  expect(await here.ask(asked, [3])).toMatchObject({
    allowed: false,
    people: ['alice'],
    at: { file: 'access.yaml' },
  });
  expect(await here.ask(['can-i', 'bob', 'rollback', 'channel/production'])).toMatchObject({
    allowed: true,
  });
});

test('the controller does not sign what a person decides', async () => {
  const [proposal] = (await status()).proposals;
  const run = await here.sluice('pr', 'merge', String(proposal?.number));
  expect(run.code).toBe(3);
  expect(run.stderr).toContain('git merge -S');
  const back = await here.sluice('rollback', 'production', '--to', '1');
  expect(back.code).toBe(3);
  expect(back.stderr).toContain('pin: { generation: 1');
});

test('signed by somebody who may, the same promotion is published', async () => {
  const merged = await merge(...signers.withGpg(alice));
  await here.ask(['reconcile'], [0, 1]);
  expect((await status()).acceptedHead).toBe(merged);
  const listed = await here.sluice('get', 'packages', '--channel', 'production');
  expect(listed.stdout).toContain('hello-1.1');
});

test('[F07] whoever may roll back reverts it with a signed commit, and its hold file is the controller’s', async () => {
  await here.git(...signers.withSsh('bob'), 'revert', '--no-edit', '-m', '1', 'HEAD');
  await here.ask(['reconcile'], [0, 1]);
  const now = await status();
  expect(now.acceptedHead).toBe(await head());
  expect(await here.git('ls-files', 'holds/production')).not.toBe('');
  const listed = await here.sluice('get', 'packages', '--channel', 'production');
  expect(listed.stdout).not.toContain('hello-1.1');
});
