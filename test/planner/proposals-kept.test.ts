import { expect, test } from 'vitest';
import { plan } from '../../src/planner/index.ts';
import { openProposals, planned, settle } from '../support/apply.ts';
import { world } from '../support/world.ts';

test('an upstream that is not mirrored again yet closes no proposal', () => {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  settle(w.approvals({ testing: 'ask' }).offers('v', ['a-1-1.x86_64']).pin('testing', 'v'));
  settle(w.offers('v', ['a-2-1.x86_64']));
  expect(openProposals(w)).toHaveLength(1);
  expect(planned(w).steps).toEqual([]);

  // The state directory was lost: the channel is back from the log, the upstream is still to be mirrored.
  const upstreams = new Map([['v', { name: 'v', due: true }]]);
  const { now, actual, desired } = w.value();
  const again = plan({ desired, actual: { ...actual, upstreams }, now });
  expect(again.steps.map((s) => s.kind)).toEqual(['mirror']);
});

test('a trial follows its channel, and comes back when it is lost', () => {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  settle(w.approvals({ testing: 'ask' }).offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']));
  settle(w.pin('testing', 'v'));
  settle(w.offers('v', ['a-2-1.x86_64', 'b-1-1.x86_64']));
  const { number = 0 } = w.state.proposals.find((p) => p.state === 'open') ?? {};
  const stepsWith = (trials: ReadonlyMap<number, string>) => {
    const { now, actual, desired } = w.value();
    return plan({ desired, actual: { ...actual, trials }, now }).steps;
  };
  const lost = stepsWith(new Map());
  expect(lost.map((s) => s.kind)).toEqual(['propose']);
  const key = lost[0]?.kind === 'propose' ? lost[0].trialKey : '';
  expect(stepsWith(new Map([[number, key]]))).toEqual([]);

  w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']);
  w.update('B-2', ['b-2-1.x86_64']).promote('testing', 'B-2');
  settle(w);
  const moved = stepsWith(new Map([[number, key]]));
  const again = moved.find((s) => s.kind === 'propose');
  const tried = again?.kind === 'propose' ? again.trial.trees.get('x86_64')?.packages : [];
  expect(tried?.map((p) => `${p.name}-${p.version}`)).toContain('b-2');
});
