import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeDecision } from '../../../src/controller/conversation/write-decision.ts';
import { type Installation, readPolicyAt } from '../../../src/controller/index.ts';
import type { Code, CommitId, Desired, FileEdit, Sha256 } from '../../../src/model/index.ts';
import { smallPolicy } from '../../policy/small-policy.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
let head: CommitId;
beforeEach(() => {
  world = policyWorld();
});
afterEach(() => world.remove());

const own = 'AB'.repeat(20);
const access = (rules: readonly string[]) => `apiVersion: sluice/v1
kind: Access
people:
  - { name: alice, logins: { github: alice } }
  - { name: bob, logins: { github: bob } }
  - { name: sluice, openpgp: [{ fingerprint: ${own}, key: keys/site.asc }] }
rules:
  - { may: [change-access], from: [alice] }
${rules.map((rule) => `  - ${rule}\n`).join('')}`;

async function siteWith(trust: Desired['site']['trust'], rules: readonly string[]) {
  const { 'sluice.yaml': site = '', ...rest } = smallPolicy;
  head = world.commit('start', {
    ...rest,
    'sluice.yaml': site,
    'access.yaml': access(rules),
    'keys/site.asc': smallPolicy['keys/vendor.asc'] ?? Object.values(smallPolicy)[0],
  });
  const port = world.port();
  await port.accept(await port.fetch());
  const { desired, findings } = await readPolicyAt({ policyGit: port }, head);
  const read = desired ?? expect.fail(JSON.stringify(findings));
  return { ...read, site: { ...read.site, trust } };
}

const hold: FileEdit = {
  kind: 'create',
  path: 'holds/testing/EX-2026-1.yaml',
  document: {
    ...{ apiVersion: 'sluice/v1', kind: 'Hold', channel: 'testing', update: 'EX-2026:1' },
    ...{ reason: 'x', packages: [{ nevra: 'hello-2.0-1.x86_64', sha256: '1'.repeat(64) }] },
  },
};

async function decided(desired: Desired, name: string) {
  const signer = { keys: async () => [own] };
  const ports = { policyGit: world.port(), clock: world.clock, signer };
  const memory = () => ({ acceptedHead: head });
  return writeDecision({ ports, memory } as unknown as Installation, {
    ...{ desired, name, id: '5'.repeat(64) as Sha256, edits: [hold], subject: 'Hold it' },
    ...{ why: 'asked', trailers: { 'Sluice-Decided-By': name } },
  });
}
const main = () => world.git('rev-parse', 'main');

test('whom the rules give it decides by one commit, however often it is asked for', async () => {
  const desired = await siteWith('open', ['{ may: [hold], on: ["package/hello"], from: [alice] }']);
  expect(await decided(desired, 'bob')).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(
      /hold hold\/testing\/EX-2026-1 \(package\/hello\): the rule at access/,
    ),
  });
  expect(main()).toBe(head);
  expect(await decided(desired, 'alice')).toMatchObject({ kind: 'done' });
  const made = main();
  expect(world.git('show', '-s', '--format=%B', made)).toContain('Sluice-Decided-By: alice');
  expect(world.git('show', `${made}:holds/testing/EX-2026-1.yaml`)).toContain('hello-2.0-1');
  expect(await decided(desired, 'alice')).toMatchObject({ kind: 'done' });
  expect(main()).toBe(made);
});

test('where people sign their commits the answer says what to commit', async () => {
  const desired = await siteWith('keys', ['{ may: [hold], from: [alice, sluice] }']);
  expect(await decided(desired, 'alice')).toMatchObject({
    kind: 'refused',
    fix: 'a signed commit of yours that changes holds/testing/EX-2026-1.yaml',
  });
  expect(main()).toBe(head);
});

test('where approvals decide the controller commits only what its own rights reach', async () => {
  const without = await siteWith('forge', ['{ may: [hold], from: [alice] }']);
  expect(await decided(without, 'alice')).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining("The commit would be the controller's, and it may not"),
    fix: expect.stringContaining('a pull request'),
  });
  expect(main()).toBe(head);
  const both = await siteWith('forge', ['{ may: [hold], from: [alice, sluice] }']);
  expect(await decided(both, 'bob')).toMatchObject({ kind: 'refused' });
  expect(await decided(both, 'alice')).toMatchObject({ kind: 'done' });
});

test('a repository in somebody’s hands is no refusal: it is tried again', async () => {
  const desired = await siteWith('open', ['{ may: [hold], from: [alice] }']);
  world.write('sluice.yaml', 'somebody is at work\n');
  const busy: Code = 'TreeBusy';
  await expect(decided(desired, 'alice')).rejects.toMatchObject({ code: busy });
  world.git('checkout', '--quiet', '--', 'sluice.yaml');
  expect(await decided(desired, 'alice')).toMatchObject({ kind: 'done' });
});
