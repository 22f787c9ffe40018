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
