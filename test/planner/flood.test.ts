import { expect, test } from 'vitest';
import { merge, openProposals, planned, requestOf, settle } from '../support/apply.ts';
import { type ModelWorld, world } from '../support/world.ts';
import { advisory } from '../support/world-packages.ts';

const kinds = [
  ['enhancement', 'None'],
  ['security', 'Low'],
  ['security', 'Critical'],
  ['bugfix', 'Critical'],
  ['security', 'Moderate'],
  ['security', 'Important'],
] as const;

const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `p${String(n + from).padStart(3, '0')}`);

/** A channel over a base, and one new advisory for each of its packages. */
function flooded(count: number): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  w.approvals({ testing: 'ask' });
  w.offers(
    'v',
    names(count).map((n) => `${n}-1-1.noarch`),
  );
  settle(w.pin('testing', 'v'));
  return offer(w, count);
}

function offer(w: ModelWorld, count: number, more: readonly string[] = []): ModelWorld {
  const packages = names(count).map((n) => `${n}-2-1.noarch`);
  const advisories = packages.map((p, n) => {
    const [type, severity] = kinds[n % kinds.length] ?? kinds[0];
    return advisory(`A-${String(n).padStart(3, '0')}`, [p], { type, severity });
  });
  const urgent = more.map((p) => advisory(`U-${p}`, [p], { severity: 'Critical' }));
  return w.offers('v', {
    packages: [...packages, ...more],
    advisories: [...advisories, ...urgent],
  });
}

const limitOf = (w: ModelWorld) => planned(w).holds.filter((h) => h.code === 'ProposalLimit');

test('500 new advisories open 20 proposals, security by severity first, and tell how many wait', () => {
  const w = flooded(500);
  const first = planned(w).steps.flatMap((s) => (s.kind === 'propose' ? [s.request.identity] : []));
  expect(first).toEqual(
    Array.from({ length: 20 }, (_, n) => `errata/testing/A-${String(n * 6 + 2).padStart(3, '0')}`),
  );
  expect(planned(w).steps.map((s) => s.kind)).toEqual(first.map(() => 'propose'));
  settle(w);
  expect(openProposals(w)).toEqual(first);
  expect(limitOf(w)).toMatchObject([{ subject: 'channel:testing', channel: 'testing' }]);
  expect(limitOf(w)[0]?.text).toMatch(/^480 proposals to testing not opened yet \(A-122, A-128/);
});

test('an answer makes place for the next, and what is open stays open', () => {
  const w = flooded(60);
  settle(w);
  const before = openProposals(w);
  // Ten critical ones, then those that are important.
  expect(before).toContain('errata/testing/A-005');
  expect(before).toHaveLength(20);
  merge(w, 'errata/testing/A-002');
  settle(w);
  const after = openProposals(w);
  expect(after).toHaveLength(20);
  const kept = before.filter((identity) => identity !== 'errata/testing/A-002');
  expect(after).toEqual(expect.arrayContaining(kept));
  expect(requestOf(w, 'errata/testing/A-004').advisories[0]?.severity).toBe('Moderate');
});

test('what is rejected takes no place', () => {
  const w = flooded(60);
  settle(w);
  w.state.proposals = w.state.proposals.map((p) => ({
    ...p,
    state: 'closed',
    closedBy: 'person',
  }));
  settle(w);
  expect(openProposals(w)).toHaveLength(20);
});

test('what is urgent does not wait behind what is not', () => {
  const w = flooded(60);
  settle(w);
  for (let round = 0; round < 2; round++) {
    for (const identity of openProposals(w)) merge(w, identity);
    settle(w);
  }
  const low = openProposals(w);
  expect(low).toHaveLength(20);
  settle(offer(w, 60, ['zz-9-1.noarch']));
  expect(openProposals(w)).toEqual(
    expect.arrayContaining([...low, 'errata/testing/U-zz-9-1.noarch']),
  );
});
