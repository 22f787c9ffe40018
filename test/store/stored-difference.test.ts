import { expect, test } from 'vitest';
import { channelSnapshot, digestOf, emptyTree, type PackageEntry } from '../../src/model/index.ts';
import {
  readSnapshot,
  snapshotReader,
  storedDifference,
  writeSnapshot,
} from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { memoryDisk } from '../support/memory-disk.ts';

const entries = (count: number): readonly PackageEntry[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ name: `p${String(n).padStart(6, '0')}`, epoch: 0, version: '1', release: '1' },
    ...{ arch: 'noarch', sha256: digestOf(`package ${n}`), sizeBytes: 1, buildTime: 0 },
  }));
const content = (packages: readonly PackageEntry[], trees: readonly string[] = ['x86_64']) =>
  channelSnapshot(new Map(trees.map((name) => [name, { ...emptyTree, packages }])));

async function stored(...contents: readonly ReturnType<typeof content>[]) {
  const store = { disk: memoryDisk(), root: '/state' };
  for (const one of contents) await writeSnapshot(store, one);
  return store;
}

test('what one stored content has and another has not, wherever it stands', async () => {
  const all = entries(1500);
  const [before, after] = [content(all.slice(3)), content(all.filter((_, n) => n % 500 !== 7))];
  const store = await stored(before, after);
  const found = await storedDifference(store, before.id, after.id);
  const names = (list: readonly PackageEntry[] | undefined) => list?.map((p) => p.name);
  expect(names(found?.added)).toEqual(['p000000', 'p000001', 'p000002']);
  expect(names(found?.removed)).toEqual(['p000007', 'p000507', 'p001007']);
  expect(found?.trees).toEqual(['x86_64']);
});

test('reads no more objects than differ', async () => {
  const all = entries(5000);
  const [before, after] = [content(all), content(all.slice(1))];
  const store = await stored(before, after);
  let objects = 0;
  const readEach: typeof store.disk.readEach = (paths) => {
    const list = [...paths];
    objects += list.length;
    return store.disk.readEach(list);
  };
  const found = await storedDifference(
    { ...store, disk: { ...store.disk, readEach } },
    before.id,
    after.id,
  );
  expect(found?.removed).toHaveLength(1);
  expect(objects).toBeLessThan(8);
});

test('a tree that came or went counts whole; one that is not held says nothing', async () => {
  const [small, large] = [content(entries(3)), content(entries(3), ['source', 'x86_64'])];
  const store = await stored(small, large);
  expect((await storedDifference(store, small.id, large.id))?.added).toHaveLength(3);
  expect((await storedDifference(store, large.id, small.id))?.removed).toHaveLength(3);
  expect(await storedDifference(store, small.id, content(entries(4)).id)).toBeUndefined();
});

test('a list that nobody has compared with its digest says nothing until somebody has', async () => {
  const [before, after] = [content(entries(3)), content(entries(4))];
  const store = await stored(before, after);
  await store.disk.remove('/state/derived');
  expect(await storedDifference(store, before.id, after.id)).toBeUndefined();
  const reader = snapshotReader(store);
  for (const { id } of [before, after]) await reader.read(id);
  expect((await storedDifference(store, before.id, after.id))?.added).toHaveLength(1);
});

test('an object with other bytes is found out, as where the whole content is read', async () => {
  const [before, after] = [content(entries(900)), content(entries(899))];
  const store = await stored(before, after);
  for (const [path, node] of store.disk.nodes) {
    if (!path.includes('/objects/') || node.kind !== 'file') continue;
    await store.disk.replace(path, '[]');
  }
  const faults = [
    await faultOf(() => storedDifference(store, before.id, after.id)),
    await faultOf(() => readSnapshot(store, after.id)),
  ];
  expect(faults.map((f) => f.code)).toEqual(['SnapshotDamaged', 'SnapshotDamaged']);
});
