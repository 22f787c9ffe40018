import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  digestOf,
  type Module,
  nevraText,
  type PackageEntry,
  sortedPackages,
} from '../../src/model/index.ts';
import { choosePackages, type Offer } from '../../src/planner/content/tree-packages.ts';

const packageOf = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'kernel'),
    version: fc.constantFrom('1', '2', '3', '4', '5'),
    arch: fc.constantFrom('x86_64', 'noarch'),
    bytes: fc.constantFrom('vendor', 'again'),
  })
  .map(({ name, version, arch, bytes }): PackageEntry => {
    const nevra = { name, epoch: 0, version, release: '1', arch };
    const sha256 = digestOf(`${nevraText(nevra)} ${bytes}`);
    return { ...nevra, sha256, sizeBytes: 1, buildTime: 0 };
  });

const listOf = fc
  .uniqueArray(packageOf, { selector: (p) => p.sha256, maxLength: 12 })
  .map(sortedPackages);

const moduleOf = fc.tuple(fc.constantFrom('1', '2', '3'), listOf).map(
  ([version, packages]): Module => ({
    ...{ kind: 'modulemd', nsvca: `m:s:${version}:c:x86_64`, yaml: '' },
    sha256: digestOf(version),
    artifacts: packages.map((p) => `${p.name}-0:${p.version}-1.${p.arch}`),
  }),
);

const about = fc.record({
  bases: fc.array(listOf, { maxLength: 3 }),
  promoted: listOf,
  modules: fc.uniqueArray(moduleOf, { selector: (m) => m.nsvca, maxLength: 2 }),
  keep: fc.constantFrom(1, 2, 'all' as const),
  replaced: listOf,
  admitted: listOf,
});

test('what nothing competes with is served without a look, and what is served is the same', () => {
  fc.assert(
    fc.property(about, ({ bases, promoted, modules, keep, ...lists }) => {
      const updates = promoted.map((entry): Offer => ({ entry, rank: bases.length }));
      const replaced = new Set(lists.replaced.map((p) => p.sha256));
      const admitted = new Map(lists.admitted.map((p, n) => [p.sha256, n]));
      const rules = { keep, replaced, admitted, modules };
      const quick = choosePackages({ bases, updates }, rules);
      const offers = bases.flatMap((base, rank) => base.map((entry): Offer => ({ entry, rank })));
      const each = choosePackages({ bases: [], updates: [...offers, ...updates] }, rules);
      expect(quick).toEqual(each);
      expect(quick.packages).toEqual(sortedPackages([...quick.packages]));
    }),
    { numRuns: 500 },
  );
});

test('a base alone, with one package of each name, is served as the list that it is', () => {
  const base = sortedPackages(fc.sample(packageOf, { numRuns: 1, seed: 1 }));
  const rules = { keep: 2, replaced: new Set<never>(), admitted: new Map(), modules: [] };
  expect(choosePackages({ bases: [base], updates: [] }, rules).packages).toBe(base);
});

test('a list that has a package twice serves it once', () => {
  const [one, other] = fc.sample(packageOf, { numRuns: 2, seed: 3 });
  if (!one || !other) throw new Error('no packages');
  const base = sortedPackages([one, { ...one }, other]);
  const rules = {
    keep: 'all' as const,
    replaced: new Set<never>(),
    admitted: new Map(),
    modules: [],
  };
  const { packages } = choosePackages({ bases: [base], updates: [] }, rules);
  expect(packages).toEqual(sortedPackages([one, other]));
});
