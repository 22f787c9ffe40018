import { beforeAll, describe, expect, test } from 'vitest';
import type { GarbageItem } from '../../src/controller/garbage-report.ts';
import { removeGarbage } from '../../src/controller/remove-garbage.ts';
import type { ChannelSnapshot } from '../../src/model/index.ts';
import {
  heldSnapshots,
  hexOf,
  leaseSnapshot,
  linkPrivately,
  withoutPrivateName,
} from '../../src/store/index.ts';
import { contentOf, type HeldPackage, heldPackages, hold } from '../support/held-packages.ts';
import { copyOf, type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { served, startPublisher } from '../support/publishing-world.ts';
import { type Death, deathAt } from '../support/trouble.ts';

const cases = { killed: '[K01] [K18]', read: '[K18]' };
const root = '/state';
const now = 1_780_000_000;
const ports = { log: { emit: () => undefined }, clock: { now: () => now } };
let signer: Awaited<ReturnType<typeof openpgpSigner>>;
let before: ChannelSnapshot;
let after: ChannelSnapshot;
let held: readonly HeldPackage[];
/** Generation 2 is served; generation 1, its content and one package are named by nothing else. */
let start: MemoryDisk;
let items: readonly GarbageItem[];

beforeAll(async () => {
  signer = await openpgpSigner();
  held = heldPackages([{ name: 'alpha' }, { name: 'beta' }, { name: 'beta', version: '2' }]);
  before = contentOf(held.slice(0, 2));
  after = contentOf([...held.slice(0, 1), ...held.slice(2)]);
  start = memoryDisk();
  await hold({ disk: start, root }, held);
  const publisher = await startPublisher(start, root, signer);
  await publisher.publish(before);
  await publisher.publish(after);
  items = await unnamed();
});

async function unnamed(): Promise<readonly GarbageItem[]> {
  const reach = await heldSnapshots({ disk: start, root });
  const old = reach.get(before.id);
  const stays = reach.get(after.id);
  if (!old || !stays) throw new Error('not published');
  const only = (list: 'objects' | 'blocks' | 'packages') =>
    old[list].filter((name) => !stays[list].includes(name));
  const item = (kind: GarbageItem['kind']) => (name: string) => ({ kind, name, sizeBytes: 0 });
  return [
    item('address')(hexOf(before.id)),
    item('generation')('testing/1'),
    item('snapshot')(before.id),
    ...only('objects').map(item('object')),
    ...only('blocks').map(item('block')),
    ...only('packages').map(item('package')),
    { kind: 'generation', name: 'testing/2', sizeBytes: 0, keptBy: 'a channel serves it' },
  ];
}

/** Every file once, however many names it has. */
const bytesOn = (disk: MemoryDisk): number => {
  const files = [...disk.nodes].filter(([path]) => !path.includes('/journal/'));
  const inodes = new Set(files.flatMap(([, n]) => (n.kind === 'file' ? [n.inode] : [])));
  return [...inodes].reduce((sum, inode) => sum + inode.bytes.length, 0);
};
const pathsOf = (disk: MemoryDisk): readonly string[] =>
  [...disk.nodes.keys()].filter((path) => !path.includes('/journal/')).toSorted();
const addressOf = (content: ChannelSnapshot) => `${root}/public/snapshots/${hexOf(content.id)}`;
const digests = (content: ChannelSnapshot) =>
  [...content.trees.values()].flatMap((t) => t.packages.map((p) => p.sha256));

test('what has no reason goes, the rest stays; the freed bytes are those that are gone', async () => {
  const disk = copyOf(start);
  const { store, journal } = await startPublisher(disk, root, signer);
  const entries = held.map((one) => one.entry);
  await linkPrivately(store, 'lab', entries);
  const sizeBefore = bytesOn(disk);
  const { counts, freedBytes } = await removeGarbage(ports, { store, journal }, items);
  expect(counts).toMatchObject({ address: 1, generation: 1, snapshot: 1, package: 1 });
  expect(freedBytes).toBe(sizeBefore - bytesOn(disk));
  expect(freedBytes).toBeGreaterThan(held[1]?.bytes.length ?? 0);
  expect((await served(disk, root))?.packages).toEqual(digests(after));
  expect(await withoutPrivateName(store, 'lab', entries)).toEqual(entries.slice(1, 2));
  const kinds = journal.entries().map((e) => e.kind);
  expect(kinds.slice(kinds.indexOf('gc-begun'))).toEqual([
    'gc-begun',
    ...Array(counts.block > 0 ? 6 : 5).fill('gc-removing'),
    'gc-ended',
  ]);
});

test('a content whose bytes come back is published again, at its own address too', async () => {
  const disk = copyOf(start);
  await removeGarbage(ports, await startPublisher(disk, root, signer), items);
  const publisher = await startPublisher(disk, root, signer);
  await expect(publisher.publish(before)).rejects.toThrow('not held here');
  await hold({ disk, root }, held);
  // As a power cut leaves it that loses the removal of the name and keeps that of the folder.
  await disk.symlink('../../generations/testing/1', addressOf(before));
  await publisher.publish(before);
  expect((await served(disk, root))?.packages).toEqual(digests(before));
  expect(await disk.readLink(addressOf(before))).toBe('../../generations/testing/3');
});

describe('while the process can die', () => {
  for (const death of ['before', 'torn', 'after'] satisfies Death[]) {
    test(`${cases.killed} death ${death} every change of a removal: what stays is whole, the next one finishes`, async () => {
      const clean = copyOf(start);
      const publisher = await startPublisher(clean, root, signer);
      clean.trouble({});
      await removeGarbage(ports, publisher, items);
      const changes = clean.count();
      expect(changes).toBeGreaterThan(10);
      for (let n = 1; n <= changes; n += 1) {
        const disk = copyOf(start);
        const victim = await startPublisher(disk, root, signer);
        disk.trouble(deathAt(n, death));
        await removeGarbage(ports, victim, items).catch(() => undefined);
        disk.trouble(undefined);
        expect((await served(disk, root))?.packages).toEqual(digests(after));
        const next = await startPublisher(disk, root, signer);
        await removeGarbage(ports, next, items);
        expect(pathsOf(disk)).toEqual(pathsOf(clean));
        expect((await served(disk, root))?.packages).toEqual(digests(after));
      }
    });
  }
});

describe('while somebody reads', () => {
  test(`${cases.read} what a reader has leased since the report is not removed`, async () => {
    const disk = copyOf(start);
    const { store, journal } = await startPublisher(disk, root, signer);
    await leaseSnapshot(store, before.id, now + 60);
    const paths = pathsOf(disk);
    await expect(removeGarbage(ports, { store, journal }, items)).rejects.toMatchObject({
      code: 'PlanStale',
    });
    expect(pathsOf(disk)).toEqual(paths);
  });

  test('a lease that has ended keeps nothing and is cleared away', async () => {
    const disk = copyOf(start);
    const { store, journal } = await startPublisher(disk, root, signer);
    await leaseSnapshot(store, before.id, now);
    await removeGarbage(ports, { store, journal }, items);
    expect(await disk.list(`${root}/leases`)).toEqual([]);
    expect(await disk.list(`${root}/generations/testing`)).toEqual(['2']);
  });
});
