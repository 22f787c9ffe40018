import { describe, expect, test } from 'vitest';
import type { Approval, CommitId, ProposalRecord, Sha256 } from '../../src/model/index.ts';
import { merge, openProposals, requestOf, settle } from '../support/apply.ts';
import { type ModelWorld, updatePackage, world } from '../support/world.ts';

const identity = 'promotion/production/U-a';

function follower(approvals?: { readonly count: number; readonly from: readonly string[] }) {
  const w = world()
    .upstream('v')
    .approvals({ testing: 'auto', production: 'auto' })
    .channel('testing', { base: ['v'] })
    .channel('production', { base: ['v'], follows: 'testing' });
  settle(w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']));
  if (approvals) {
    w.change('production', (c) => ({ ...c, gates: { ...c.gates, approvals } }));
  } else w.approvals({ testing: 'auto', production: 'ask' });
  w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']);
  w.update('U-a', ['a-2-1.x86_64']).update('U-b', ['b-2-1.x86_64']);
  settle(w.promote('testing', 'U-a', 'U-b'));
  return w;
}

function change(w: ModelWorld, edit: (p: ProposalRecord) => ProposalRecord, name = identity): void {
  w.state.proposals = w.state.proposals.map((p) => (p.identity === name ? edit(p) : p));
}

function approve(w: ModelWorld, person: string, more: Partial<Approval> = {}): void {
  change(w, (p) => {
    const approval = { person, head: p.head, delta: p.deltaDigest, at: w.state.now, ...more };
    return { ...p, approvals: [...(p.approvals ?? []), approval] };
  });
}

const holdOf = (w: ModelWorld, subject = 'promotion:U-a') =>
  settle(w).holds.find((h) => h.subject === subject);
const two = { count: 2, from: ['alice', 'bob', 'carol'] };
const served = (w: ModelWorld) => w.serves('production').includes('a-2-1.x86_64');

describe('approvals', () => {
  test('a merged proposal enters when enough different people approved it', () => {
    const w = follower(two);
    approve(w, 'alice');
    approve(w, 'alice');
    merge(w, identity);
    const hold = holdOf(w);
    expect(hold).toMatchObject({ code: 'AwaitsApproval' });
    expect(hold?.text).toContain('1 of 2 approvals (alice)');
    expect(hold?.awaits).toMatch(/^approval by bob, carol: sluice pr approve \d+$/);
    expect(served(w)).toBe(false);
    approve(w, 'carol');
    settle(w);
    expect(served(w)).toBe(true);
  });

  test('[F12] an approval of an older head, of another delta or of somebody else is named and does not count', () => {
    const w = follower(two);
    approve(w, 'alice');
    approve(w, 'bob', { head: 'e'.repeat(40) as CommitId });
    approve(w, 'carol', { delta: 'd'.repeat(64) as Sha256 });
    approve(w, 'mallory');
    change(w, (p) => ({ ...p, unreadableApprovals: ['dave'] }));
    merge(w, identity);
    const hold = holdOf(w);
    for (const words of [
      'bob approved an older head, eeeeeeeeeeee',
      'carol approved another delta',
      'mallory is not among those who may',
      'that of dave cannot be read',
    ]) {
      expect(hold?.text).toContain(words);
    }
    expect(served(w)).toBe(false);
  });

  test('what came without a proposal is held, and so is what a person had closed', () => {
    const w = follower(two);
    approve(w, 'alice');
    approve(w, 'bob');
    change(w, (p) => ({ ...p, state: 'closed', closedBy: 'person' }));
    w.promote('production', 'U-a');
    expect(holdOf(w)?.text).toContain('came without a proposal');
    expect(holdOf(w)?.awaits).toContain('deletion of promotions/production/U-a.yaml');
    expect(served(w)).toBe(false);
  });

  test('a pin that somebody moves by hand needs them too', () => {
    const w = follower(two);
    settle(w.pin('testing', 'v'));
    settle(w.pin('production', 'v'));
    expect(holdOf(w, 'base:v')).toMatchObject({ code: 'AwaitsApproval' });
    expect(served(w)).toBe(false);
  });

  test('such a channel is asked even where its policy would decide', () => {
    expect(openProposals(follower(two))).toEqual([identity, 'promotion/production/U-b']);
  });

  test('the proposal says whose approval is needed', () => {
    expect(requestOf(follower(two), identity).gates).toMatchObject([
      { code: 'AwaitsApproval', text: expect.stringContaining('2 approvals needed of alice, bob') },
    ]);
  });

  test('a login of a forge is the person whom access.yaml gives it, and nobody else', () => {
    const w = follower({ count: 1, from: ['alice'] });
    const at = { file: 'access.yaml', line: 1, col: 1 };
    const alice = { name: 'alice', logins: { github: 'a-lice' }, openpgp: [], ssh: [], at };
    const people = new Map([['alice', alice]]);
    w.state.desired.access = { people, teams: new Map(), rules: [], at };
    approve(w, 'alice', { forge: 'github' });
    merge(w, identity);
    expect(holdOf(w)?.text).toContain('alice is not among those who may');
    approve(w, 'A-lice', { forge: 'github' });
    settle(w);
    expect(served(w)).toBe(true);
  });

  test('a team that nobody declared lets nobody in; members of one that is there count', () => {
    const w = follower({ count: 1, from: ['team:linux'] });
    approve(w, 'alice');
    merge(w, identity);
    expect(holdOf(w)?.text).toContain('team:linux not known');
    const at = { file: 'access.yaml', line: 1, col: 1 };
    const teams = new Map([['linux', ['alice']]]);
    w.state.desired.access = { people: new Map(), teams, rules: [], at };
    settle(w);
    expect(served(w)).toBe(true);
  });
});

describe('sealed proposals', () => {
  test('a merged proposal whose update was changed after the review is held with the difference', () => {
    const w = follower();
    merge(w, identity);
    w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64', 'evil-1-1.x86_64']);
    w.update('U-a', ['a-2-1.x86_64', 'evil-1-1.x86_64']);
    const hold = holdOf(w);
    expect(hold).toMatchObject({ code: 'PlanDiverged' });
    expect(hold?.text).toContain('merged package evil-1-1.x86_64');
    expect(w.serves('production')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
    const seal = /plan\/([0-9a-f]{64})/.exec(hold?.awaits ?? '')?.[1];
    w.state.acknowledgedPlans = new Set([seal as Sha256]);
    expect(holdOf(w)?.code).not.toBe('PlanDiverged');
  });

  test('swapped bytes under the same name are another content', () => {
    const w = follower();
    merge(w, identity);
    w.offers('v', ['a-2-1.x86_64', 'a-2-1.x86_64 again', 'b-2-1.x86_64']);
    w.update('U-a', [updatePackage('a-2-1.x86_64 again')]);
    expect(holdOf(w)).toMatchObject({ code: 'PlanDiverged' });
  });

  test('two independent proposals merge one after the other, and together', () => {
    const apart = follower();
    merge(apart, identity);
    settle(apart);
    merge(apart, 'promotion/production/U-b');
    expect(settle(apart).holds).toEqual([]);
    const together = follower();
    merge(together, identity);
    merge(together, 'promotion/production/U-b');
    expect(settle(together).holds).toEqual([]);
    expect(together.serves('production')).toEqual(apart.serves('production'));
  });

  test('two green proposals of one package do not put each other in doubt', () => {
    const w = follower();
    w.offers('v', ['a-2-1.x86_64', 'a-3-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-a3', ['a-3-1.x86_64']).promote('testing', 'U-a3');
    settle(w);
    merge(w, identity);
    merge(w, 'promotion/production/U-a3');
    expect(settle(w).holds.map((h) => h.subject)).not.toContain('promotion:U-a3');
    expect(w.serves('production')).toContain('a-3-1.x86_64');
  });

  test('a rollback of what has changed since passes', () => {
    const w = follower();
    merge(w, identity);
    settle(w);
    settle(w.update('U-a', ['a-2-1.x86_64', 'b-2-1.x86_64']));
    settle(w.revert('production', 'U-a'));
    expect(w.serves('production')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
  });
});
