import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonicalDigest,
  channelSnapshot,
  digestOf,
  emptyTree,
  type PackageEntry,
  type TreeContent,
  upstreamSnapshot,
} from '../../src/model/index.ts';

const entry = (n: number): PackageEntry => ({
  ...{ name: `p${n % 97}`, epoch: 0, version: `${n}`, release: '1', arch: 'noarch' },
  ...{ sha256: digestOf(`package ${n}`), sizeBytes: 1, buildTime: 0 },
});
const entries = Array.from({ length: 400 }, (_, n) => entry(n));
const treeOf = (packages: readonly PackageEntry[]): TreeContent => ({ ...emptyTree, packages });

/** Written down as the design says it: SHA-256 over the canonical JSON of the sorted digests. */
const digestsIn = (tree: TreeContent) =>
  Object.fromEntries(
    (['packages', 'advisories', 'groups', 'modules'] as const).map((list) => [
      list,
      tree[list].map((x) => x.sha256).toSorted(),
    ]),
  );

test('a snapshot is named by the canonical JSON of its sorted digests', () => {
  const tree = treeOf(entries.slice(0, 300));
  expect(upstreamSnapshot(tree).id).toBe(`sha256:${canonicalDigest(digestsIn(tree))}`);
  const trees = { x86_64: digestsIn(tree), 'a "name"': digestsIn(emptyTree) };
  const snapshot = channelSnapshot(
    new Map([
      ['x86_64', tree],
      ['a "name"', emptyTree],
    ]),
  );
  expect(snapshot.id).toBe(`sha256:${canonicalDigest({ trees })}`);
});

/** Any order, and objects that are new although they say the same. */
const someEntries = fc
  .subarray(entries)
  .chain((some) => fc.tuple(fc.shuffledSubarray(some, { minLength: some.length }), fc.boolean()))
  .map(([some, copied]) => (copied ? some.map((e) => ({ ...e })) : some));

test('from a snapshot that is near, the next one is the same as from nothing', () => {
  fc.assert(
    fc.property(fc.array(someEntries, { minLength: 2, maxLength: 5 }), (contents) => {
      let near = channelSnapshot(new Map([['x86_64', treeOf([])]]));
      for (const packages of contents) {
        const trees = new Map([['x86_64', treeOf(packages)]]);
        const next = channelSnapshot(trees, near);
        const fresh = channelSnapshot(new Map([['x86_64', treeOf([...packages])]]));
        expect(next).toEqual(fresh);
        near = next;
      }
    }),
    { numRuns: 60 },
  );
});

test('small changes to a large snapshot are followed one after the other', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(399), fc.nat(399)), { minLength: 1, maxLength: 20 }),
      (changes) => {
        let packages: readonly PackageEntry[] = entries.filter((_, n) => n % 3 > 0);
        let near = upstreamSnapshot(treeOf(packages));
        for (const [out, into] of changes) {
          const left = near.packages.filter((p) => p !== entries[out]);
          const added = entries[into];
          packages = added && !left.includes(added) ? [...left, added] : left;
          const next = upstreamSnapshot(treeOf(packages), near);
          expect(next.id).toBe(`sha256:${canonicalDigest(digestsIn(treeOf(packages)))}`);
          near = next;
        }
      },
    ),
    { numRuns: 40 },
  );
});
