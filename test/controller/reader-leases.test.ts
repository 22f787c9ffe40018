import { expect, test } from 'vitest';
import type { Installation } from '../../src/controller/index.ts';
import { readerLeases } from '../../src/controller/index.ts';
import type { SnapshotId } from '../../src/model/index.ts';
import { leasedSnapshots, manifestPath } from '../../src/store/index.ts';
import { memoryDisk } from '../support/memory-disk.ts';

const hex = 'a'.repeat(64);
const id = `sha256:${hex}` as SnapshotId;

/** The few parts of an installation that leases use. */
async function world() {
  const store = { disk: memoryDisk(), root: '/state' };
  await store.disk.replace(manifestPath(store.root, id), '{}');
  const at = { now: 1000 };
  const warnings: unknown[] = [];
  const ports = { clock: { now: () => at.now }, log: { emit: (e: unknown) => warnings.push(e) } };
  return { store, at, warnings, lease: readerLeases({ store, ports } as unknown as Installation) };
}

test('whoever reads a snapshot at its address holds it for an hour after the last look', async () => {
  const { store, at, lease } = await world();
  await lease(`/snapshots/${hex}/x86_64/repodata/repomd.xml`);
  expect(await leasedSnapshots(store, 4599)).toEqual(new Map([[id, 4600]]));
  expect(await leasedSnapshots(store, 4600)).toEqual(new Map());
  at.now = 4000;
  await lease(`/snapshots/store/${hex}.json`);
  expect(await leasedSnapshots(store, 4600)).toEqual(new Map([[id, 7600]]));
});

test('many at once are one lease; a disk that refuses it keeps nobody from reading', async () => {
  const { store, warnings, lease } = await world();
  store.disk.trouble({});
  await Promise.all(Array.from({ length: 20 }, () => lease(`/snapshots/${hex}/x86_64/x`)));
  const changes = store.disk.count();
  const once = await world();
  once.store.disk.trouble({});
  await once.lease(`/snapshots/${hex}/x86_64/x`);
  expect(changes).toBe(once.store.disk.count());
  expect(warnings).toEqual([]);
  const full = await world();
  full.store.disk.trouble({ before: () => new Error('full') });
  await full.lease(`/snapshots/${hex}/x86_64/x`);
  expect(full.warnings).toHaveLength(1);
});

test('nothing is kept for what is not there, nor for what a channel serves', async () => {
  const { store, lease } = await world();
  await lease(`/snapshots/${'b'.repeat(64)}/x86_64/repodata/repomd.xml`);
  await lease('/testing/x86_64/repodata/repomd.xml');
  expect(await store.disk.list('/state/leases')).toEqual([]);
});
