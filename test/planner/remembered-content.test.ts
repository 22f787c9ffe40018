import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plan } from '../../src/planner/index.ts';
import { merge, openProposals, planned, reject, settle } from '../support/apply.ts';
import { day, type ModelWorld, place, updatePackage, world } from '../support/world.ts';
import { advisory, moduleBuild, pkg } from '../support/world-packages.ts';

/** What happens to an installation, one thing after the other; the number chooses what it happens to. */
type Happening = (w: ModelWorld, n: number) => void;

const names = ['a', 'b', 'c', 'd', 'kernel'];

const happenings: Readonly<Record<string, Happening>> = {
  sync: (w, n) => {
    const packages = names.map((name, i) => `${name}-${(n >> i) % 4}-1.x86_64`);
    const told = packages.filter((_, i) => (n >> i) % 2 === 0);
    const advisories = told.map((p) => advisory(`A-${p.replaceAll('.', '-')}`, [p]));
    const modules = [moduleBuild('m:1:1:c:x86_64', [`d-0:${n % 4}-1.x86_64`])];
    w.offers('v', { packages, advisories, ...(n % 7 === 0 ? { modules } : {}) });
  },
  reissue: (w, n) => void w.offers('v', [`${names[n % 4]}-1-1.x86_64 again${n % 3}`]),
  other: (w, n) => void w.offers('other', [`${names[n % 5]}-${n % 4}-1.x86_64`]),
  merge: (w, n) => {
    const open = openProposals(w);
    const identity = open[n % Math.max(1, open.length)];
    if (identity) merge(w, identity);
  },
  reject: (w, n) => {
    const open = openProposals(w);
    const identity = open[n % Math.max(1, open.length)];
    if (identity) reject(w, identity);
  },
  revert: (w, n) => {
    const { promotions } = w.state.desired;
    const promotion = promotions[n % Math.max(1, promotions.length)];
    const served = w.state.channels.has(promotion?.channel ?? '');
    if (promotion && served) w.revert(promotion.channel, promotion.update, n % 2 === 0);
  },
  keep: (w, n) => void w.change('testing', (c) => ({ ...c, keep: 1 + (n % 3) })),
  trees: (w, n) =>
    void w.change('testing', (c) => ({ ...c, trees: n % 2 ? ['x86_64', 'debug'] : ['x86_64'] })),
  policy: (w, n) => {
    const action = (['skip', 'hold', 'copy'] as const)[n % 3] ?? 'copy';
    w.policy('some', {
      match: { packages: [names[n % 5] ?? 'a'], upstreams: [], severity: [] },
      ...{ priority: 10, action },
    });
  },
  hold: (w, n) => {
    const entry = pkg(`${names[n % 5]}-${n % 4}-1.x86_64`);
    const file = `holds/testing/h${n % 3}.yaml`;
    const { nevra, sha256 } = updatePackage(`${entry.name}-${entry.version}-1.x86_64`);
    const packages = [{ nevra, sha256 }];
    const hold = { channel: 'testing', file, reason: 'why not', packages, at: place(file) };
    w.state.desired.holds = [...w.state.desired.holds.filter((h) => h.file !== file), hold];
    w.commit();
  },
  forget: (w, n) => {
    const ids = [...w.state.snapshots.keys()];
    const id = ids[n % ids.length];
    if (id) w.state.snapshots.delete(id);
  },
  wait: (w, n) => void w.later((n % 10) * day),
};

function installation(testing: 'auto' | 'ask'): ModelWorld {
  const closure = { mode: 'enforce' as const, with: [] };
  const w = world().upstream('v').upstream('other').requires('c-2-1.x86_64', 'd = 2');
  w.channel('testing', { base: ['v', 'other'], gates: { closure } });
  w.channel('production', { base: ['v'], follows: 'testing', gates: { soakSeconds: 3 * day } });
  w.offers('other', ['o-1-1.x86_64']);
  return w.approvals({ testing }).offers(
    'v',
    names.map((n) => `${n}-1-1.x86_64`),
  );
}

/** The same values as other objects: nothing that was remembered of the ones is known of the others. */
const planAnew = (w: ModelWorld) => plan(structuredClone(w.value()));

test('a plan that remembers the ones before it is the plan that remembers nothing', () => {
  const list = fc.array(fc.tuple(fc.constantFrom(...Object.keys(happenings)), fc.nat(1000)), {
    maxLength: 14,
  });
  fc.assert(
    fc.property(fc.constantFrom('auto' as const, 'ask' as const), list, (mode, events) => {
      const w = installation(mode);
      settle(w);
      for (const [what, n] of events) {
        happenings[what]?.(w, n);
        expect(planned(w)).toEqual(planAnew(w));
        try {
          settle(w);
        } catch {
          return;
        }
      }
    }),
    { numRuns: 150 },
  );
});
