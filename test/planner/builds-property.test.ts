import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Answer } from '../../src/model/index.ts';
import { contentOf } from '../../src/planner/index.ts';
import { withEdits } from '../../src/planner/questions/with-edits.ts';
import { apply, merge, openProposals, planned, reject, settle } from '../support/apply.ts';
import { day, fingerprint, type ModelWorld, world } from '../support/world.ts';
import { building, buildsEnd, buildsMade } from '../support/world-builds.ts';
import { advisory } from '../support/world-packages.ts';

/** What happens to an installation that builds, one thing after the other. */
type Happening = (w: ModelWorld) => void;

const names = ['a', 'b'];

const sync = fc.record({ versions: fc.tuple(fc.nat(3), fc.nat(3)), told: fc.boolean() }).map(
  ({ versions, told }): Happening =>
    (w) => {
      const packages = names.map((n, i) => `${n}-${versions[i] ?? 0}-1.x86_64`);
      const [first = ''] = packages;
      const advisories = told ? [advisory(`A-${versions[0]}`, [first])] : [];
      w.offers('v', { packages, advisories });
      w.offers(
        's',
        packages.map((p) => p.replace('x86_64', 'src')),
      );
    },
);

const oneOf = (list: readonly string[], n: number) => list[n % Math.max(1, list.length)];

const answer = fc.record({ n: fc.nat(5), yes: fc.boolean() }).map(
  ({ n, yes }): Happening =>
    (w) => {
      const identity = oneOf(openProposals(w), n);
      if (identity) (yes ? merge : reject)(w, identity);
    },
);

const recipe = fc.constantFrom('.s', '.t').map(
  (dist): Happening =>
    (w) => {
      const policy = w.state.desired.policies.find((p) => p.name === 'built');
      if (policy) building(w, ['a'], { approvals: policy.approvals, build: { dist } });
    },
);

const luck = fc.boolean().map(
  (fails): Happening =>
    (w) =>
      buildsEnd(w, 'a', fails ? { failed: 'no luck' } : ['a', 'a-libs']),
);

const revert = fc.nat(5).map(
  (n): Happening =>
    (w) => {
      const { promotions } = w.state.desired;
      const promotion = promotions[n % Math.max(1, promotions.length)];
      if (promotion && w.state.channels.has(promotion.channel)) {
        w.revert(promotion.channel, promotion.update);
      }
    },
);

const happenings = fc.array(
  fc.oneof(
    sync,
    answer,
    recipe,
    luck,
    revert,
    fc.constant((w: ModelWorld) => void w.later(4 * day)),
  ),
  { maxLength: 14 },
);

const sign = { packages: fingerprint };

function installation(step: Answer): ModelWorld {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { trees: ['x86_64', 'source'], base: ['v', 's'], sign });
  const gates = { soakSeconds: 3 * day };
  w.channel('production', { base: ['v'], follows: 'testing', gates, sign });
  w.approvals({ testing: 'auto' }).offers('v', ['a-0-1.x86_64', 'b-0-1.x86_64']);
  w.offers('s', ['a-0-1.src', 'b-0-1.src']);
  const approvals = { start: step, build: step, sign: step, testing: step };
  return building(w, ['a'], { approvals, build: { dist: '.s' } });
}

test('with builds too, a plan that was done leaves nothing to do, and the same world gives the same plan', () => {
  fc.assert(
    fc.property(fc.constantFrom('auto' as const, 'ask' as const), happenings, (step, list) => {
      const w = installation(step);
      settle(w, 12);
      for (const happen of list) {
        happen(w);
        expect(planned(w)).toEqual(planned(w));
        settle(w, 12);
        const before = buildsMade(w).length;
        expect(planned(w).steps).toEqual([]);
        settle(w);
        expect(buildsMade(w)).toHaveLength(before);
      }
    }),
    { numRuns: 60 },
  );
});

test('a channel never serves the vendor package beside the one that was built of the same source', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const w = installation('auto');
      settle(w, 12);
      for (const happen of list) {
        happen(w);
        settle(w, 12);
        for (const channel of ['testing', 'production']) {
          const own = w.serves(channel).filter((p) => p.startsWith('a-'));
          const built = own.filter((p) => /-1\.[st]\./.test(p));
          expect(built.length === 0 || built.length === own.length).toBe(true);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('what is tried of a built update is exactly what its promotion brings', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const w = installation('auto');
      const policy = w.state.desired.policies.find((p) => p.name === 'built');
      building(w, ['a'], {
        approvals: { ...policy?.approvals, testing: 'ask' },
        build: { dist: '.s' },
      });
      for (const happen of list) {
        happen(w);
        for (let pass = 0; pass < 6; pass++) {
          const { desired, actual } = w.value();
          const { steps } = planned(w);
          for (const step of steps) {
            if (step.kind !== 'propose') continue;
            const edited = withEdits(desired, step.request.edits);
            const channel = edited.channels.get(step.request.channel);
            expect(channel && contentOf({ desired: edited, actual }, channel).id).toBe(
              step.trial.id,
            );
          }
          for (const step of steps) apply(w, step);
        }
      }
    }),
    { numRuns: 60 },
  );
});
