import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf, type PackageEntry, packageDifference } from '../../src/model/index.ts';
import { cutBlocks, cutByName } from '../../src/store/index.ts';

const entry = (n: number): PackageEntry => ({
  name: `p${String(n).padStart(6, '0')}`,
  epoch: 0,
  version: '1',
  release: '1',
  arch: 'noarch',
  sha256: digestOf(`package ${n}`),
  sizeBytes: 1,
  buildTime: 0,
});
const many = (count: number) => Array.from({ length: count }, (_, n) => entry(n));

describe('cutting packages into blocks', () => {
  test('loses nothing, keeps the order and the sizes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), (count) => {
        const packages = many(count);
        const blocks = cutBlocks(packages.toReversed());
        expect(blocks.flatMap((b) => b.packages)).toEqual(packages);
        for (const [i, block] of blocks.entries()) {
          expect(block.packages.length).toBeLessThanOrEqual(64);
          if (i < blocks.length - 1) expect(block.packages.length).toBeGreaterThanOrEqual(8);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('one more package changes few blocks', () => {
    const packages = many(5000);
    const before = new Set(cutBlocks(packages).map((b) => b.key));
    const inserted = cutBlocks([...packages, { ...entry(2500), sha256: digestOf('another') }]);
    expect(inserted.filter((b) => !before.has(b.key)).length).toBeLessThanOrEqual(3);
    const average = packages.length / before.size;
    expect(average).toBeGreaterThan(20);
    expect(average).toBeLessThan(50);
  });

  test('what was built later stands at the end, in blocks of its own', () => {
    const packages = many(2000);
    const before = new Set(cutBlocks(packages).map((b) => b.key));
    const updates = packages
      .filter((_, n) => n % 40 === 0)
      .map((p) => ({ ...p, sha256: digestOf(`update of ${p.name}`), buildTime: 9 }));
    const after = cutBlocks([...packages, ...updates]);
    const changed = after.filter((b) => !before.has(b.key));
    expect(changed).toEqual(after.slice(-changed.length));
    expect(changed.length).toBeLessThanOrEqual(5);
    expect(after.flatMap((b) => b.packages).slice(-50)).toEqual(updates);
  });

  test('what is stored of a list is cut as the list is sorted, whatever was built when', () => {
    const packages = many(500).map((p, n) => ({ ...p, buildTime: (n * 7) % 13 }));
    expect(cutByName(packages.toReversed()).flatMap((b) => b.packages)).toEqual(packages);
  });

  test('a list that is known to differ little from one that was cut is cut as if it were alone', () => {
    const packages = many(400).map((p, n) => ({ ...p, buildTime: (n * 7) % 13 }));
    const lists = fc.array(fc.subarray(packages, { minLength: 380 }), { minLength: 2 });
    fc.assert(
      fc.property(lists, ([first = [], ...rest]) => {
        let before = first;
        cutBlocks(before);
        for (const list of rest) {
          packageDifference(before, list);
          expect(cutBlocks(list)).toEqual(cutBlocks(list.map((p) => ({ ...p }))));
          before = list;
        }
      }),
      { numRuns: 40 },
    );
  });

  test('lists that are near to one another share blocks, and each is cut as if it were alone', () => {
    fc.assert(
      fc.property(fc.array(fc.subarray(many(300)), { minLength: 2, maxLength: 6 }), (lists) => {
        for (const list of lists) {
          const alone = cutBlocks(list.map((p) => ({ ...p })));
          expect(cutBlocks(list)).toEqual(alone);
        }
      }),
      { numRuns: 40 },
    );
    const packages = many(5000);
    const before = new Set(cutBlocks(packages));
    const inserted = cutBlocks([...packages, { ...entry(2500), sha256: digestOf('another') }]);
    expect(inserted.filter((block) => !before.has(block)).length).toBeLessThanOrEqual(3);
  });
});
