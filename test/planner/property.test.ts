import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentOf } from '../../src/planner/index.ts';
import { withEdits } from '../../src/planner/questions/with-edits.ts';
import { apply, merge, openProposals, planned, reject, settle } from '../support/apply.ts';
import { day, type ModelWorld, world } from '../support/world.ts';
import { advisory } from '../support/world-packages.ts';

/** What happens to an installation, one thing after the other. */
type Happening = (w: ModelWorld) => void;

const names = ['a', 'b', 'c', 'd'];

const sync = fc
  .record({ versions: fc.tuple(...names.map(() => fc.nat(3))), told: fc.subarray(names) })
  .map(
    ({ versions, told }): Happening =>
      (w) => {
        const packages = names.map((n, i) => `${n}-${versions[i] ?? 0}-1.x86_64`);
        const advisories = told.map((n) => {
          const own = packages.filter((p) => p.startsWith(`${n}-`));
          return advisory(`A-${own.join()}`.replaceAll(/[^\w-]/g, '.'), own);
        });
        w.offers('v', { packages, advisories });
      },
  );

const mergeOne = fc.nat(5).map(
  (n): Happening =>
    (w) => {
      const open = openProposals(w);
      const identity = open[n % Math.max(1, open.length)];
      if (identity) merge(w, identity);
    },
);

const rejectOne = fc.nat(5).map(
  (n): Happening =>
    (w) => {
      const open = openProposals(w);
      const identity = open[n % Math.max(1, open.length)];
      if (identity) reject(w, identity);
    },
);

const revertOne = fc.nat(5).map(
  (n): Happening =>
    (w) => {
      const { promotions } = w.state.desired;
      const promotion = promotions[n % Math.max(1, promotions.length)];
      const served = w.state.channels.has(promotion?.channel ?? '');
      if (promotion && served) w.revert(promotion.channel, promotion.update, n % 2 === 0);
    },
);

const wait = fc.nat(10).map(
  (days): Happening =>
    (w) =>
      void w.later(days * day),
);

const happenings = fc.array(fc.oneof(sync, mergeOne, rejectOne, revertOne, wait), {
  maxLength: 14,
});

function installation(testing: 'auto' | 'ask'): ModelWorld {
  const closure = { mode: 'enforce' as const, with: [] };
  const w = world().upstream('v').requires('c-2-1.x86_64', 'd = 2');
  w.channel('testing', { base: ['v'], gates: { closure } });
  w.channel('production', {
    base: ['v'],
    follows: 'testing',
    gates: { soakSeconds: 3 * day, closure },
  });
  return w.approvals({ testing }).offers(
    'v',
    names.map((n) => `${n}-1-1.x86_64`),
  );
}

test('after a plan is done, planning again gives no steps; a repeated plan is the same', () => {
  fc.assert(
    fc.property(fc.constantFrom('auto' as const, 'ask' as const), happenings, (mode, list) => {
      const w = installation(mode);
      settle(w);
      for (const happen of list) {
        happen(w);
        expect(planned(w)).toEqual(planned(w));
        settle(w);
        expect(planned(w).steps).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});

test('a reverted promotion leaves the content as if it had never been merged', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const w = installation('ask');
      settle(w);
      for (const happen of list) {
        happen(w);
        settle(w);
      }
      const before = w.content('testing');
      const identity = openProposals(w).find((i) => i.startsWith('errata/testing/'));
      if (!identity || !before) return;
      merge(w, identity);
      for (const step of planned(w).steps) if (step.kind !== 'commit') apply(w, step);
      const added = w.state.desired.promotions.at(-1);
      if (!added || w.content('testing') === before) return;
      w.revert('testing', added.update, true);
      settle(w);
      expect(w.content('testing')).toBe(before);
    }),
    { numRuns: 60 },
  );
});

test('what is tried is exactly what the edits bring', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const w = installation('ask');
      for (const happen of list) {
        happen(w);
        const { desired, actual } = w.value();
        for (const step of planned(w).steps) {
          if (step.kind !== 'propose') continue;
          const edited = withEdits(desired, step.request.edits);
          const channel = edited.channels.get(step.request.channel);
          expect(channel && contentOf({ desired: edited, actual }, channel).id).toBe(step.trial.id);
        }
        settle(w);
      }
    }),
    { numRuns: 40 },
  );
});
