import { afterEach, beforeEach, expect, it } from 'vitest';
import { localForge } from '../../../src/edge/forge/local/index.ts';
import type { Sha256 } from '../../../src/model/index.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';
import { question } from './conformance.ts';

let world: PolicyWorld;
beforeEach(() => {
  world = policyWorld();
});
afterEach(() => world.remove());

const brings = { 'promotion:EXSA-2026:0001': ['package a-1-1.x86_64 d1 vendor'] };

function proposing() {
  const base = world.commit('start', { 'sluice.yaml': 'kind: Site\n' });
  const forge = localForge(world.options);
  const put = (text: string, change: Parameters<typeof question>[0] = { brings }) => {
    const changes = [{ path: 'promotions/testing/a.yaml', text }];
    return forge.put({ ...question(change), body: 'b', base, changes });
  };
  const only = async () => (await forge.list())[0] ?? expect.fail('no proposal');
  return { forge, put, only };
}

it('says what a proposal brings and who approved which head and delta', async () => {
  const { forge, put, only } = proposing();
  await put('a\n');
  await forge.approve(1, 'alice');
  await forge.approve(1, 'bob.b');
  const before = await only();
  expect(before.brings).toEqual(brings);
  const { head, deltaDigest: delta } = before;
  const at = world.clock.time;
  expect(before.approvals).toEqual([
    { person: 'alice', head, delta, at },
    { person: 'bob.b', head, delta, at },
  ]);
  expect(before.unreadableApprovals).toBeUndefined();
  await put('b\n', { brings, deltaDigest: 'd2'.padEnd(64, '0') as Sha256 });
  const after = await only();
  expect(after.head).not.toBe(head);
  expect(after.approvals?.map((a) => a.head)).toEqual([head, head]);
});

it('is brought up to date when only what it brings has changed', async () => {
  const { put, only } = proposing();
  await put('a\n');
  const other = { 'promotion:EXSA-2026:0001': ['package a-1-1.x86_64 d2 vendor'] };
  expect(await put('a\n', { brings: other })).toEqual({ number: 1, outcome: 'updated' });
  expect((await only()).brings).toEqual(other);
});

it('can still be approved when it was merged too early, as it was merged', async () => {
  const { forge, put, only } = proposing();
  await put('a\n');
  const { head } = await only();
  await forge.merge(1);
  await forge.approve(1, 'carol');
  expect(await only()).toMatchObject({ state: 'merged', approvals: [{ person: 'carol', head }] });
  await forge.put({
    ...question({ identity: 'errata/other' }),
    ...{ body: 'b', base: (await only()).head, changes: [{ path: 'x.yaml', text: 'x' }] },
  });
  await forge.close(2, 'person', 'rejected');
  await expect(forge.approve(2, 'carol')).rejects.toMatchObject({ code: 'ProposalUnknown' });
});

it('never takes another ref for an approval', async () => {
  const { forge, put, only } = proposing();
  await put('a\n');
  await forge.approve(1, 'alice');
  const approval = world.git('rev-parse', 'refs/sluice/approvals/1/alice');
  world.git('update-ref', 'refs/sluice/approvals/1/mallory', approval);
  world.git('update-ref', 'refs/sluice/approvals/1/eve', 'main');
  world.git('update-ref', 'refs/sluice/approvals/2/alice', approval);
  const record = await only();
  expect(record.approvals?.map((a) => a.person)).toEqual(['alice']);
  expect(record.unreadableApprovals).toEqual(['eve', 'mallory']);
});

it('remembers that people committed to the branch before it was merged', async () => {
  const { put, forge, only } = proposing();
  await put('a\n');
  const { branch } = await only();
  world.git('switch', '--quiet', branch);
  world.write('promotions/testing/b.yaml', 'mine\n');
  world.git('add', '.');
  world.git('commit', '--quiet', '-m', 'mine');
  world.git('switch', '--quiet', 'main');
  await forge.merge(1);
  expect(await only()).toMatchObject({ state: 'merged', edited: true });
});
