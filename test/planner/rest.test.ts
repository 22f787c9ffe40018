import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plan } from '../../src/planner/index.ts';
import { merge, openProposals, reject, settle } from '../support/apply.ts';
import { day, type ModelWorld, world } from '../support/world.ts';
import { advisory } from '../support/world-packages.ts';

/** What may happen to a site between two passes. */
type Happening =
  | { readonly kind: 'offer'; readonly versions: readonly number[]; readonly erratum: boolean }
  | { readonly kind: 'wait'; readonly days: number }
  | { readonly kind: 'merge' | 'reject' | 'revert'; readonly index: number };

const names = ['a', 'b', 'c'];

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constant('offer' as const),
    versions: fc.tuple(...names.map(() => fc.integer({ min: 1, max: 4 }))),
    erratum: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    kind: fc.constantFrom('merge' as const, 'reject' as const, 'revert' as const),
    index: fc.nat(5),
  }),
);

function site(testing: 'auto' | 'ask'): ModelWorld {
  return world()
    .upstream('v')
    .channel('testing', { base: ['v'] })
    .channel('production', {
      base: ['v'],
      follows: 'testing',
      gates: { soakSeconds: 3 * day, closure: { mode: 'enforce', with: [] } },
    })
    .approvals({ testing, production: 'ask' })
    .requires('b-3-1.x86_64', 'nobody')
    .offers(
      'v',
      names.map((name) => `${name}-1-1.x86_64`),
    );
}

function happen(w: ModelWorld, event: Happening): void {
  w.later(60);
  if (event.kind === 'offer') {
    const packages = names.map((name, i) => `${name}-${event.versions[i] ?? 1}-1.x86_64`);
    const news = packages.filter((label) => !label.endsWith('-1-1.x86_64'));
    const advisories = event.erratum
      ? news.map((label) => advisory(`RHSA-${label.slice(0, 3)}`, [label]))
      : [];
    w.offers('v', { packages, advisories });
  }
  if (event.kind === 'wait') w.later(event.days * day);
  if (event.kind === 'merge' || event.kind === 'reject') {
    const open = openProposals(w);
    const proposal = open[event.index % open.length];
    if (proposal) (event.kind === 'merge' ? merge : reject)(w, proposal);
  }
  if (event.kind === 'revert') {
    const { promotions } = w.state.desired;
    const promotion = promotions[event.index % promotions.length];
    if (promotion && w.state.channels.has(promotion.channel)) {
      w.revert(promotion.channel, promotion.update);
    }
  }
}

test('whatever happens, a site comes to rest, and equal worlds give equal plans', () => {
  const story = fc.tuple(
    fc.constantFrom('auto' as const, 'ask' as const),
    fc.array(happening, { minLength: 1, maxLength: 12 }),
  );
  fc.assert(
    fc.property(story, ([testing, events]) => {
      const w = site(testing);
      settle(w);
      for (const event of events) {
        happen(w, event);
        const before = structuredClone(w.value());
        const first = plan(w.value());
        expect(plan(before)).toEqual(first);
        // Throws unless planning again soon gives no steps.
        const rest = settle(w);
        expect(rest.steps).toEqual([]);
        for (const hold of rest.holds) {
          expect(hold.text).not.toBe('');
          expect(hold.awaits).not.toBe('');
        }
      }
    }),
    { numRuns: 60 },
  );
});
