import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { editedPolicies } from '../../src/controller/edited-policies.ts';
import { localForge } from '../../src/edge/forge/local/index.ts';
import type { CommitId, ProposalRecord, Sha256 } from '../../src/model/index.ts';
import { initialFiles } from '../../src/policy/index.ts';
import { publicKey } from '../policy/small-policy.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-repository.ts';

let world: PolicyWorld;
beforeEach(() => {
  world = policyWorld();
  world.commit('start', { 'sluice.yaml': site('t') });
});
afterEach(() => world.remove());

const site = (name: string) =>
  `apiVersion: sluice/v1\nkind: Site\nname: ${name}\nurl: https://t.example\n`;
const branch = 'sluice/errata/testing/EX-1';

/** A person's branch off main, and main again. */
function onBranch(work: () => CommitId): CommitId {
  world.git('switch', '--quiet', '-c', branch);
  const head = work();
  world.git('switch', '--quiet', 'main');
  return head;
}

async function policyWith(head: CommitId) {
  const policyGit = world.port();
  const forge = localForge(world.options);
  const onto = await policyGit.fetch();
  await policyGit.accept(onto);
  await forge.list();
  const record: ProposalRecord = {
    ...{ number: 1, identity: 'errata/testing/EX-1', branch, title: '', body: '', head },
    ...{ state: 'open', edited: true, deltaDigest: '0'.repeat(64) as Sha256 },
    ...{ openedAt: 0, updatedAt: 0 },
  };
  const others = [
    { ...record, number: 2, edited: false },
    { ...record, number: 3, state: 'closed' as const },
  ];
  const policies = await editedPolicies({ policyGit, forge }, [record, ...others], onto);
  expect([...policies.keys()]).toEqual([1]);
  return policies.get(1) ?? expect.fail();
}

test('the policy is the branch merged onto what was accepted since', async () => {
  const siteKey = { text: publicKey, fingerprint: 'A'.repeat(40) };
  const given = { name: 't', url: 'https://t.example', upstreams: [], siteKey };
  const files = Object.fromEntries(initialFiles(given).map((f) => [f.path, f.text]));
  const policy = files['policies/default.yaml'] ?? expect.fail();
  world.commit('a whole policy', files);
  const head = onBranch(() => world.commit('mine', { 'sluice.yaml': site('mine') }));
  const second = policy.replace(/^name: .*$/m, 'name: second\npriority: 9');
  world.commit('meanwhile', { 'policies/second.yaml': second });
  const { desired, problems } = await policyWith(head);
  expect(problems).toEqual([]);
  expect(desired?.site.name).toBe('mine');
  expect(desired?.policies.map((p) => p.name).toSorted()).toEqual(['default', 'second']);
  expect(desired?.commit).toBe(head);
});

test('a branch that conflicts with what was accepted since is no policy', async () => {
  const head = onBranch(() => world.commit('mine', { 'sluice.yaml': site('mine') }));
  world.commit('meanwhile', { 'sluice.yaml': site('theirs') });
  const { desired, problems } = await policyWith(head);
  expect(desired).toBeUndefined();
  expect(problems).toMatchObject([{ code: 'MergeConflict' }]);
});

test('a link on the branch is not followed, and named with its place', async () => {
  const head = onBranch(() => {
    world.write('channels/.keep', '');
    symlinkSync('/etc/passwd', join(world.repository, 'channels/testing.yaml'));
    world.git('add', 'channels/testing.yaml');
    return world.commit('a link', { 'channels/.keep': '' });
  });
  const { desired, problems } = await policyWith(head);
  expect(desired).toBeUndefined();
  expect(problems[0]?.text).toContain('channels/testing.yaml:1 PolicyUnreadable');
});

test('a large file on the branch is refused by its size', async () => {
  const text = 'x'.repeat(9 * 1024 * 1024);
  const head = onBranch(() => world.commit('large', { 'updates/X.yaml': text }));
  const { problems } = await policyWith(head);
  expect(problems[0]?.text).toContain('updates/X.yaml:1 PolicyUnreadable');
});
