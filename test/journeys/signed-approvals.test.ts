import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import type { GpgKey } from '../support/gpg.ts';
import { makeSigners, type Signers } from '../support/signers.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

let here: Site;
let signers: Signers;
let alice: GpgKey;

const access = (controller: string, bob: string) =>
  `apiVersion: sluice/v1
kind: Access
people:
  - { name: alice, openpgp: [{ fingerprint: ${alice.fingerprint}, key: keys/alice.asc }] }
  - { name: bob, ssh: [{ key: "${bob}" }] }
  - { name: sluice, openpgp: [{ fingerprint: ${controller}, key: keys/site.asc }] }
rules:
  - { may: [change-access, change-trust], from: [alice] }
  - { may: [pin, promote, change-update, hold, lift-hold], from: [sluice, alice, bob] }
`;

const write = async (path: string, text: string) => {
  await mkdir(join(here.policy, path, '..'), { recursive: true });
  await writeFile(join(here.policy, path), text);
};
const reconcile = (...flags: readonly string[]) =>
  here.ask<{ holds: { code: string; text: string; awaits: string }[] }>(
    ['reconcile', ...flags],
    [0, 1, 3],
  );
const approvalHold = async () => {
  const hold = (await reconcile()).holds.find((h) => h.code === 'AwaitsApproval');
  if (hold) expect(hold.awaits).toContain('in a signed comment');
  return hold?.text;
};
const published = () => contentMetadata(here.state, 'production/x86_64');

interface Shown {
  readonly number: number;
  readonly branch: string;
  readonly head: string;
  readonly deltaDigest: string;
}
let asked: Shown;

beforeAll(async () => {
  signers = makeSigners();
  alice = signers.gpgKey('alice');
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  const { key } = await here.ask<{ key: string }>(['init', here.policy, ...upstream]);
  await reconcile();
  await here.ask(['pr', 'merge', '1']);
  await reconcile();
  const bob = signers.sshKey('bob');
  await write('keys/alice.asc', alice.publicKey);
  await write('access.yaml', access(key, bob));
  const channel = await readFile(join(here.policy, 'channels/production.yaml'), 'utf8');
  const gate = 'gates:\n  approvals: { count: 1, from: [bob] }\n';
  await write('channels/production.yaml', channel.replace('gates:\n', gate));
  const text = await readFile(join(here.policy, 'sluice.yaml'), 'utf8');
  await write('sluice.yaml', text.replace('mode: open', 'mode: keys'));
  await here.git('add', '--all');
  await here.git('commit', '--quiet', '--message', 'Bob approves what enters production');
  await reconcile();
  await buildVendor(join(here.directory, 'vendor'), 2);
  await reconcile('--sync');
  here.wait(8 * 86_400);
  await reconcile();
  const { proposals } = await here.ask<{ proposals: Shown[] }>(['pr', 'list']);
  const found = proposals.find((p) => p.branch.includes('promotion/production/EXSA'));
  asked = found ?? expect.fail('no proposal');
});
afterAll(async () => {
  signers.dispose();
  await here.remove();
});

/** A comment on the proposal, made with plain git as docs/rights.md shows. */
async function comment(how: readonly string[], line: string): Promise<string> {
  const tree = await here.git('hash-object', '-t', 'tree', '-w', '/dev/null');
  const lines = ['-m', line, '-m', `#${asked.number}`];
  const id = await here.git(...how, 'commit-tree', '-S', ...lines, tree);
  await here.git('update-ref', `refs/sluice/comments/${asked.number}/${id}`, id);
  return id;
}

/** Each test goes on where the one before it ended. */
test('the program approves in nobody else’s name', async () => {
  const run = await here.sluice('pr', 'approve', String(asked.number), '--as', 'bob');
  expect(run.code).toBe(3);
  expect(run.stderr).toContain('CommitUnsigned');
  expect(run.stderr).toContain(`/sluice approve ${asked.deltaDigest} ${asked.head}`);
});

test('[F13] a ref that says bob approves, written by whoever can push, does not count', async () => {
  const tag = [
    `object ${asked.head}`,
    'type commit',
    `tag approval-${asked.number}-bob`,
    'tagger bob <bob@example.org> 1700000000 +0000',
    '',
    'bob approves',
    '',
    `Sluice-Delta: ${asked.deltaDigest.replace('sha256:', '')}`,
    '',
  ].join('\n');
  await write('../tag', tag);
  const id = await here.git('hash-object', '-t', 'tag', '-w', join(here.policy, '../tag'));
  await here.git('update-ref', `refs/sluice/approvals/${asked.number}/bob`, id);
  const before = await published();
  await here.git(
    ...signers.withGpg(alice),
    'merge',
    '--quiet',
    '--no-ff',
    '--no-edit',
    asked.branch,
  );
  expect(await approvalHold()).toContain('that of bob does not count: it is unsigned');
  expect(await published()).toEqual(before);
});

test('[F13] a comment that somebody else signed does not count as his', async () => {
  const line = `/sluice approve ${asked.deltaDigest} ${asked.head}`;
  const id = await comment(signers.withGpg(alice), line);
  await here.git('update-ref', `refs/sluice/approvals/${asked.number}/bob`, id);
  expect(await approvalHold()).toContain('that of bob does not count: it is signed by alice');
});

test('his own signed comment is the approval, also after the merge', async () => {
  const before = await published();
  const line = `/sluice approve ${asked.deltaDigest} ${asked.head}`;
  const id = await comment(signers.withSsh('bob'), line);
  await here.git('update-ref', `refs/sluice/approvals/${asked.number}/bob`, id);
  expect(await approvalHold()).toBeUndefined();
  expect(await published()).not.toEqual(before);
});
