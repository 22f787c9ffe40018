import { expect, test } from 'vitest';
import { merge, openProposals, planned, settle } from '../support/apply.ts';
import { day, type ModelWorld, world } from '../support/world.ts';
import { advisory } from '../support/world-packages.ts';

/** A channel that asks, with a question about the first advisory. */
function asked(): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  settle(w.approvals({ testing: 'ask' }).offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']));
  settle(w.pin('testing', 'v'));
  settle(offering(w, ['a-2-1.x86_64', 'b-1-1.x86_64'], ['EX-1', 'a-2-1.x86_64']));
  expect(openProposals(w)).toEqual(['errata/testing/EX-1']);
  return w;
}

const offering = (
  w: ModelWorld,
  packages: readonly string[],
  ...told: readonly (readonly [string, string])[]
) => w.offers('v', { packages, advisories: told.map(([id, name]) => advisory(id, [name])) });

const closing = (w: ModelWorld) =>
  planned(w).steps.flatMap((s) => (s.kind === 'close' ? [[s.identity, s.as, s.why.text]] : []));

test('a question about an older version is superseded by the one about a newer one', () => {
  const w = offering(asked(), ['a-3-1.x86_64', 'b-1-1.x86_64'], ['EX-2', 'a-3-1.x86_64']);
  expect(closing(w)).toEqual([
    ['errata/testing/EX-1', 'superseded', expect.stringContaining('errata/testing/EX-2 brings')],
  ]);
  settle(w);
  expect(openProposals(w)).toEqual(['errata/testing/EX-2']);
});

test('a question that nothing newer answers is withdrawn when the upstream takes it back', () => {
  const w = offering(asked(), ['a-1-1.x86_64', 'b-2-1.x86_64'], ['EX-3', 'b-2-1.x86_64']);
  expect(closing(w)).toEqual([['errata/testing/EX-1', 'withdrawn', expect.any(String)]]);
});

test('what is in the policy was merged, however it got there', () => {
  const w = asked();
  merge(w, 'errata/testing/EX-1');
  w.state.proposals = w.state.proposals.map((p) => ({ ...p, state: 'open' }));
  const merged = ['errata/testing/EX-1', 'merged', 'its files are in the policy'];
  expect(closing(w)).toContainEqual(merged);
});

const statuses = (w: ModelWorld, identity: string) => {
  const { number } = w.state.proposals.find((p) => p.identity === identity) ?? {};
  const told = planned(w).statuses.find((s) => s.number === number)?.statuses ?? [];
  return Object.fromEntries(told.map((s) => [s.name, [s.state, s.text]]));
};

test('statuses say what is open and who can open it, as the gates would judge it now', () => {
  const identity = 'promotion/production/U-a';
  const w = world()
    .upstream('v')
    .approvals({ testing: 'auto', production: 'ask' })
    .channel('testing', { base: ['v'] })
    .channel('production', { base: ['v'], follows: 'testing', gates: { soakSeconds: 7 * day } });
  settle(w.offers('v', ['a-1-1.x86_64']));
  settle(w.pin('production', 'v'));
  const approvals = { count: 2, from: ['alice', 'bob'] };
  w.change('production', (c) => ({ ...c, gates: { ...c.gates, approvals } }));
  w.offers('v', ['a-2-1.x86_64']).update('U-a', ['a-2-1.x86_64']);
  settle(w.promote('testing', 'U-a'));
  settle(w.later(8 * day));
  expect(statuses(w, identity)).toEqual({
    approvals: ['pending', '0 of 2 approvals; needs 2 of alice, bob'],
    soak: ['success', 'it has been in testing for long enough'],
    schedule: ['success', 'no window, cadence or freeze is in the way now'],
  });
  w.state.proposals = w.state.proposals.map((p) => ({
    ...p,
    approvals: [{ person: 'bob', head: p.head, delta: p.deltaDigest, at: w.state.now }],
  }));
  const freeze = { name: 'x', file: 'freezes/x.yaml', channels: [], triggers: [], reason: 'fair' };
  w.state.desired.freezes = [{ ...freeze, at: { file: 'freezes/x.yaml', line: 1, col: 1 } }];
  const after = statuses(w, identity);
  expect(after.approvals).toEqual(['pending', '1 of 2 approvals (bob); needs 1 of alice']);
  expect(after.schedule?.[0]).toBe('pending');
  expect(after.schedule?.[1]).toContain('freezes/x.yaml stops admissions: fair');
  expect(statuses(w.later(60), identity)).toEqual(after);
  for (const [, text] of Object.values(after)) expect(text?.length).toBeLessThanOrEqual(140);
});

test('where approvals decide, the status counts for the access rules too', () => {
  const w = asked();
  const at = { file: 'access.yaml', line: 3, col: 1 };
  const person = (name: string) =>
    [name, { name, logins: { github: name }, openpgp: [], ssh: [], at }] as const;
  const people = new Map(['alice', 'bob', 'carol'].map(person));
  const rule = { may: ['promote'], on: ['promotion/testing/*'], count: 2 } as const;
  const rules = [{ ...rule, from: ['alice', 'bob'], at }];
  w.state.desired.access = { people, teams: new Map(), rules, at };
  w.state.desired.site = { ...w.state.desired.site, trust: 'forge' };
  const approve = (...names: readonly string[]) => {
    w.state.proposals = w.state.proposals.map((p) => ({
      ...p,
      approvals: names.map((person) => ({
        ...{ person, forge: 'github' as const, head: p.head, delta: p.deltaDigest },
        at: w.state.now,
      })),
    }));
    return statuses(w, 'errata/testing/EX-1').approvals;
  };
  expect(approve('alice', 'carol', 'mallory')).toEqual([
    'pending',
    '1 of 2 approvals (alice); needs 1 of bob',
  ]);
  expect(approve('alice', 'bob')?.[0]).toBe('success');
});
