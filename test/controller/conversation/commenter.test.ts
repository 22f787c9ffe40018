import { afterEach, beforeEach, expect, test } from 'vitest';
import { commenterOf } from '../../../src/controller/conversation/commenter.ts';
import { type Installation, readPolicyAt } from '../../../src/controller/index.ts';
import { localForge } from '../../../src/edge/forge/local/index.ts';
import type { CommitId, Desired } from '../../../src/model/index.ts';
import type { ProposalComment } from '../../../src/ports.ts';
import { question } from '../../edge/forge/conformance.ts';
import { smallPolicy } from '../../policy/small-policy.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';
import { makeSigners, type Signers } from '../../support/signers.ts';

let world: PolicyWorld;
let signers: Signers;
let head: CommitId;
beforeEach(() => {
  world = policyWorld();
  world.clock.time = Math.floor(Date.now() / 1000);
  signers = makeSigners();
});
afterEach(() => {
  signers.dispose();
  world.remove();
});

/** A site of this trust mode, with a proposal and two people. */
async function siteWith(trust: Desired['site']['trust'], access = true): Promise<Desired> {
  const key = signers.sshKey('alice');
  signers.sshKey('mallory');
  const people = `apiVersion: sluice/v1
kind: Access
people:
  - { name: alice, logins: { github: Alice-X }, ssh: [{ key: "${key}" }] }
  - { name: twin, logins: { github: twins } }
  - { name: other, logins: { github: twins } }
rules:
  - { may: [change-access], from: [alice] }
`;
  const { 'sluice.yaml': site = '', ...rest } = smallPolicy;
  head = world.commit('start', {
    ...rest,
    'sluice.yaml': `${site}trust: { mode: ${trust} }\n`,
    ...(access ? { 'access.yaml': people } : {}),
  });
  const forge = localForge(world.options);
  for (const n of [1, 2]) {
    const asked = question({ identity: `errata/testing/${n}` });
    const changes = [{ path: `updates/${n}.yaml`, text: 'x\n' }];
    await forge.put({ ...asked, body: 'b', base: head, changes });
  }
  const port = world.port();
  await port.accept(await port.fetch());
  const { desired, findings } = await readPolicyAt({ policyGit: port }, head);
  return desired ?? expect.fail(JSON.stringify(findings));
}

/** As a person with plain git. */
function say(how: readonly string[], number: number, ...paragraphs: readonly string[]): string {
  const tree = world.git('hash-object', '-t', 'tree', '-w', '/dev/null');
  const flags = how.length === 0 ? [] : ['-S'];
  const text = paragraphs.flatMap((p) => ['-m', p]);
  const made = world.git(...how, 'commit-tree', ...flags, ...text, tree);
  world.git('update-ref', `refs/sluice/comments/${number}/${made}`, made);
  return made;
}

const who = async (desired: Desired, comment: ProposalComment) => {
  const ports = { policyGit: world.port(), clock: world.clock };
  const memory = () => ({ acceptedHead: head });
  return commenterOf({ ports, memory } as unknown as Installation, desired, comment);
};
const commenters = async (desired: Desired) => {
  const comments = await localForge(world.options).comments();
  const told = comments.map(async (c) => [c.id, await who(desired, c)] as const);
  return Object.fromEntries(await Promise.all(told));
};
const onForge = (person: string, edited = false): ProposalComment => ({
  ...{ id: '1', number: 1, person, forge: 'github', text: '/sluice hold', at: 1, edited },
});

test('where people sign, only a signature tells who asks, and only below the proposal that it names', async () => {
  const desired = await siteWith('keys');
  const asAlice = signers.withSsh('alice');
  const plain = say([], 1, '/sluice reject', '#1');
  const good = say(asAlice, 1, '/sluice reject', '#1');
  const nameless = say(asAlice, 1, '/sluice reject');
  const strange = say(signers.withSsh('mallory'), 1, '/sluice reject', '#1', 'mallory');
  world.git('update-ref', 'refs/sluice/comments/2/moved', say(asAlice, 1, '/sluice approve', '#1'));
  const found = await commenters(desired);
  expect(found[good]).toEqual({ name: 'alice' });
  expect(found[plain]).toMatchObject({ problem: 'the comment is unsigned' });
  expect(found[nameless]).toMatchObject({ problem: 'no line of the comment is #1' });
  expect(found[strange]).toMatchObject({ problem: expect.stringContaining('belongs to nobody') });
  const comments = await localForge(world.options).comments();
  const moved = comments.find((c) => c.number === 2) ?? expect.fail('nothing was moved');
  expect(await who(desired, moved)).toMatchObject({ problem: 'no line of the comment is #2' });
});

test('where whoever can push decides, a name is enough, and has to be one of access.yaml if there is one', async () => {
  const desired = await siteWith('open');
  const forge = localForge(world.options);
  await forge.comment(1, { person: 'alice', text: '/sluice hold' });
  await forge.comment(1, { person: 'mallory', text: '/sluice hold' });
  const found = Object.values(await commenters(desired));
  expect(found).toContainEqual({ name: 'alice' });
  expect(found).toContainEqual(
    expect.objectContaining({ problem: 'access.yaml has nobody called mallory' }),
  );
});

test('a forge vouches for one login of one person, never for what somebody is called', async () => {
  const desired = await siteWith('open');
  expect(await who(desired, onForge('ALICE-X'))).toEqual({ name: 'alice' });
  for (const person of ['alice', 'twins', 'mallory', '']) {
    expect(await who(desired, onForge(person))).toMatchObject({
      problem: expect.stringContaining('nobody in access.yaml has the github login'),
    });
  }
  expect(await who(desired, onForge('alice-x', true))).toMatchObject({
    problem: 'the comment was changed after it was written',
  });
});

test('without access.yaml nobody on a forge may ask for anything', async () => {
  const desired = await siteWith('open', false);
  expect(await who(desired, onForge('alice-x'))).toMatchObject({
    problem: 'there is no access.yaml that says who may',
  });
});
