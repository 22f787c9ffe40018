import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  byAge,
  changedByAge,
  digestOf,
  knownDifferences,
  type PackageEntry,
  packageDifference,
  sortedPackages,
} from '../../src/model/index.ts';

const entry = (name: string, buildTime: number): PackageEntry => ({
  ...{ name, epoch: 0, version: '1', release: '1', arch: 'noarch' },
  ...{ sha256: digestOf(`${name} ${buildTime}`), sizeBytes: 1, buildTime },
});

const entries = (buildTime: fc.Arbitrary<number>) =>
  fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), buildTime).map(([n, t]) => entry(n, t)),
    { maxLength: 40 },
  );

/** What the order means, without any way around. */
const compared = (packages: readonly PackageEntry[]) =>
  sortedPackages(packages).toSorted((a, b) => a.buildTime - b.buildTime);

test('packages stand by the time when they were built, and as in a tree where it is the same', () => {
  const packages = [entry('b', 2), entry('a', 3), entry('c', 1), entry('a', 2)];
  expect(byAge(packages).map((p) => `${p.name} ${p.buildTime}`)).toEqual([
    'c 1',
    'a 2',
    'b 2',
    'a 3',
  ]);
});

test('the quick way gives what comparing gives', () => {
  const time = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(2 ** 32 - 1), fc.nat());
  fc.assert(
    fc.property(entries(time), (packages) => {
      expect(byAge(packages)).toEqual(compared(packages));
    }),
  );
});

test('times that no header can carry are in their order too', () => {
  const time = fc.constantFrom(-5, -1, 0, 0.5, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53);
  fc.assert(
    fc.property(entries(time), (packages) => {
      expect(byAge(packages)).toEqual(compared(packages));
    }),
  );
});

test('what is no time counts as none: the order is one, whichever way the list came', () => {
  const broken = [entry('b', Number.NaN), entry('c', 1), entry('a', 0), entry('d', Number.NaN)];
  const names = byAge(broken).map((p) => p.name);
  expect(names).toEqual(['a', 'b', 'd', 'c']);
  expect(byAge(broken.toReversed()).map((p) => p.name)).toEqual(names);
});

test('a list that was changed a little is put in order by the change', () => {
  const time = fc.constantFrom(0, 1, 2, 3, Number.NaN, -1);
  const all = fc.uniqueArray(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), time).map(([n, t]) => entry(n, t)),
    { selector: (p) => p.sha256 },
  );
  fc.assert(
    fc.property(
      all,
      fc.infiniteStream(fc.boolean()),
      fc.infiniteStream(fc.boolean()),
      (list, a, b) => {
        const before = sortedPackages(list.filter(() => a.next().value));
        const after = sortedPackages(list.filter(() => b.next().value));
        const difference = packageDifference(before, after);
        expect(changedByAge(byAge(before), difference)).toEqual(byAge(after));
      },
    ),
  );
});

test('what is to be taken out and does not stand in the list is noticed', () => {
  const removed = [entry('a', 1)];
  expect(changedByAge([entry('b', 1)], { added: [], removed })).toBeUndefined();
});

test('a small difference of two lists is remembered from both ends, and no longer than they are', () => {
  const before = sortedPackages('abcdefghijklmnopqr'.split('').map((name) => entry(name, 1)));
  const after = before.filter((p) => p.name !== 'c');
  packageDifference(before, after);
  const [removed] = before.filter((p) => p.name === 'c');
  expect(knownDifferences(after)).toEqual([{ from: before, added: [], removed: [removed] }]);
  expect(knownDifferences(before)).toEqual([{ from: after, added: [removed], removed: [] }]);
});
