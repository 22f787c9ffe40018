import { mkdir, readFile, writeFile } from 'node:fs/promises';
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

const access = (keys: { readonly controller: string; readonly bob: string }) =>
  `apiVersion: sluice/v1
kind: Access
people:
  - { name: alice, openpgp: [{ fingerprint: ${alice.fingerprint}, key: keys/alice.asc }] }
  - { name: bob, ssh: [{ key: "${keys.bob}" }] }
  - { name: sluice, openpgp: [{ fingerprint: ${keys.controller}, key: keys/site.asc }] }
rules:
  - { may: [change-access, change-trust], from: [alice] }
  - { may: [promote], on: ["promotion/production/*"], from: [alice, bob], count: 2 }
  - { may: [pin, promote, change-update, hold, lift-hold], from: [sluice, alice] }
`;

beforeAll(async () => {
  signers = makeSigners();
  alice = signers.gpgKey('alice');
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  const controller = (await here.ask<{ key: string }>(['init', here.policy, ...upstream])).key;
  await reconcile();
  await here.ask(['pr', 'merge', '1']);
  await reconcile();
  const bob = signers.sshKey('bob');
  await write('keys/alice.asc', alice.publicKey);
  await write('access.yaml', access({ controller, bob }));
  const text = await readFile(join(here.policy, 'sluice.yaml'), 'utf8');
  await write('sluice.yaml', text.replace('mode: open', 'mode: keys'));
  await here.git('add', '--all');
  await here.git('commit', '--quiet', '--message', 'Two people decide what enters production');
  await reconcile();
  await buildVendor(join(here.directory, 'vendor'), 2);
  await reconcile('--sync');
  here.wait(8 * 86_400);
  await reconcile();
});
afterAll(async () => {
  signers.dispose();
  await here.remove();
});

const reconcile = (...flags: readonly string[]) => here.ask(['reconcile', ...flags], [0, 1, 3, 7]);
async function write(path: string, text: string): Promise<void> {
  await mkdir(join(here.policy, path, '..'), { recursive: true });
  await writeFile(join(here.policy, path), text);
}
const head = () => here.git('rev-parse', 'HEAD');
/** Everything that machines can fetch, byte for byte. */
const published = () => treeDigest(join(here.state, 'public'));
const acceptedHead = async () =>
  (await here.ask<{ acceptedHead: string }>(['status'], [0, 1])).acceptedHead;
const asAlice = () => signers.withGpg(alice);
const asBob = () => signers.withSsh('bob');

/** What a bad decision comes to: refused for this reason, nothing served changes, and main is put back. */
async function refused(reason: RegExp, decide: () => Promise<unknown>): Promise<void> {
  const [before, good] = [await published(), await acceptedHead()];
  await decide();
  const run = await here.sluice('reconcile');
  expect(`${run.stdout}${run.stderr}`).toMatch(reason);
  expect(await published()).toBe(before);
  expect(await acceptedHead()).toBe(good);
  await here.git('reset', '--quiet', '--hard', good);
  await here.sluice('reconcile');
  expect(await published()).toBe(before);
}

const commit = async (how: readonly string[], message: string) => {
  await here.git('add', '--all');
  await here.git(...how, 'commit', '--quiet', '--message', message);
};

const branchOf = async (slug: string) => {
  const { proposals } = await here.ask<{ proposals: { branch: string }[] }>(['pr', 'list']);
  return proposals.find((p) => p.branch.includes(slug))?.branch ?? expect.fail(slug);
};
const promotion = (update: string) =>
  `apiVersion: sluice/v1\nkind: Promotion\nupdate: "${update}"\nchannel: production\n`;

/** Each test goes on where the one before it ended. */
test('one of two is not enough, whoever it is', async () => {
  const branch = await branchOf('EXSA-2026-0001');
  await refused(/NotAllowed[\s\S]*needs 2 of alice, bob; present: alice/, () =>
    here.git(...asAlice(), 'merge', '--quiet', '--no-ff', '--no-edit', branch),
  );
});

test('[F05] a force-push back to an older signed commit halts, and production stays', async () => {
  const [before, good] = [await published(), await head()];
  await here.git('reset', '--quiet', '--hard', 'HEAD~1');
  const run = await here.sluice('reconcile');
  expect(run.code).toBe(7);
  expect(`${run.stdout}${run.stderr}`).toContain('HistoryRewritten');
  expect(await published()).toBe(before);
  await here.git('reset', '--quiet', '--hard', good);
  await reconcile();
  expect(await acceptedHead()).toBe(await head());
});

test('a right that a commit gives itself does not count for that commit', async () => {
  const text = await readFile(join(here.policy, 'access.yaml'), 'utf8');
  await refused(/NotAllowed[\s\S]*signed by bob; (change-access access|promote)/, async () => {
    await write('access.yaml', text.replace(/from: \[alice, bob\], count: 2/, 'from: [bob]'));
    await write('promotions/production/EXSA-2026-0001.yaml', promotion('EXSA-2026:0001'));
    await commit(asBob(), 'I may do that now');
  });
});

test('an unauthorised promotion is refused, also where its author calls himself alice', async () => {
  const mallory = signers.gpgKey('mallory');
  await refused(/CommitSignatureRefused[\s\S]*belongs to nobody in access\.yaml/, async () => {
    await write('promotions/production/EXSA-2026-0001.yaml', promotion('EXSA-2026:0001'));
    await commit(
      [...signers.withGpg(mallory), '-c', 'user.name=alice', '-c', 'user.email=alice@example.org'],
      'Promote it',
    );
  });
});

test('[F12] who saw an older state of the branch did not agree to what is merged', async () => {
  const branch = await branchOf('EXSA-2026-0001');
  await refused(/NotAllowed[\s\S]*present: alice/, async () => {
    await here.git('switch', '--quiet', '-c', 'seen', branch);
    await here.git(...asBob(), 'commit', '--quiet', '--allow-empty', '--message', 'Seen');
    await write('promotions/production/pkg-tiny-tool-2.0-1.yaml', promotion('pkg:tiny-tool-2.0-1'));
    await commit(asAlice(), 'And this');
    await here.git('switch', '--quiet', 'main');
    await here.git(...asAlice(), 'merge', '--quiet', '--no-ff', '--no-edit', 'seen');
  });
  await here.git('branch', '--quiet', '-D', 'seen');
});

test('with the local forge: bob signs what he saw on the branch, alice signs the merge', async () => {
  const before = await published();
  const branch = await branchOf('EXSA-2026-0001');
  await here.git('switch', '--quiet', branch);
  await here.git(...asBob(), 'commit', '--quiet', '--allow-empty', '--message', 'Seen');
  await here.git('switch', '--quiet', 'main');
  await here.git(...asAlice(), 'merge', '--quiet', '--no-ff', '--no-edit', branch);
  const merged = await head();
  await reconcile();
  expect(await acceptedHead()).toBe(merged);
  expect(await published()).not.toBe(before);
  const listed = await here.sluice('get', 'packages', '--channel', 'production');
  expect(listed.stdout).toContain('hello-1.1');
});

test('with no forge at all: a branch of their own, two signatures, plain git', async () => {
  await here.git('switch', '--quiet', '-c', 'by-hand');
  await write('promotions/production/pkg-tiny-tool-2.0-1.yaml', promotion('pkg:tiny-tool-2.0-1'));
  await commit(asBob(), 'Promote tiny-tool');
  await here.git('switch', '--quiet', 'main');
  await here.git(...asAlice(), 'merge', '--quiet', '--no-ff', '--no-edit', 'by-hand');
  const merged = await head();
  await reconcile();
  expect(await acceptedHead()).toBe(merged);
  const listed = await here.sluice('get', 'packages', '--channel', 'production');
  expect(listed.stdout).toContain('tiny-tool-2.0');
});

test('[F02] a key that was revoked decides nothing any more', async () => {
  await write('keys/alice.asc', signers.gpg.revoked(alice));
  await commit(asAlice(), 'My key was stolen');
  await reconcile();
  expect(await acceptedHead()).toBe(await head());
  await refused(/CommitSignatureRefused[\s\S]*revoked on \d{4}-/, async () => {
    await here.git('rm', '--quiet', 'promotions/production/EXSA-2026-0001.yaml');
    await commit(asAlice(), 'Take it back');
  });
});
