import { beforeAll, describe, expect, test } from 'vitest';
import type { ChannelSnapshot } from '../../src/model/index.ts';
import { openJournal, readSnapshot, writeSnapshot } from '../../src/store/index.ts';
import { contentOf, type HeldPackage, heldPackages, hold } from '../support/held-packages.ts';
import { copyOf, type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { served, startPublisher } from '../support/publishing-world.ts';
import { type Death, deathAt, refusalAt, type Trouble } from '../support/trouble.ts';

const root = '/state';
const deaths: readonly Death[] = ['before', 'torn', 'after'];
let signer: Awaited<ReturnType<typeof openpgpSigner>>;
let before: ChannelSnapshot;
let after: ChannelSnapshot;
let held: readonly HeldPackage[];
/** Generation 1 is published; nothing else happened. */
let start: MemoryDisk;
let changes = 0;

beforeAll(async () => {
  signer = await openpgpSigner();
  held = heldPackages([{ name: 'alpha' }, { name: 'beta' }, { name: 'beta', version: '2' }]);
  before = contentOf(held.slice(0, 2));
  after = contentOf([...held.slice(0, 1), ...held.slice(2)]);
  start = memoryDisk();
  await hold({ disk: start, root }, held);
  await (await startPublisher(start, root, signer)).publish(before);
  const clean = copyOf(start);
  const publisher = await startPublisher(clean, root, signer);
  clean.trouble({});
  await publisher.publish(after);
  changes = clean.count();
});

const digests = (content: ChannelSnapshot) =>
  [...content.trees.values()].flatMap((t) => t.packages.map((p) => p.sha256));

/** Clients get the whole of the old or the whole of the new generation, never anything else. */
async function expectOldOrNew(disk: MemoryDisk): Promise<'old' | 'new'> {
  const view = await served(disk, root);
  const old = view?.revision === '1770000001';
  expect(view?.packages).toEqual(digests(old ? before : after));
  return old ? 'old' : 'new';
}

async function expectResumes(disk: MemoryDisk): Promise<void> {
  const view = await served(disk, root);
  const { entries } = await openJournal(copyOf(disk), `${root}/journal`, { now: () => 0 });
  // "Published" is never said before it is true.
  if (entries('committed').length === 2) expect(view?.revision).toBe('1770000002');
  const publisher = await startPublisher(disk, root, signer);
  await expectOldOrNew(disk);
  const countBefore = publisher.journal.entries().length;
  const again = await startPublisher(disk, root, signer);
  expect(again.journal.entries()).toHaveLength(countBefore);
  expect(await disk.list(`${root}/staging`)).toEqual([]);
  await again.publish(after);
  expect(await expectOldOrNew(disk)).toBe('new');
  const committed = again.journal
    .entries('committed')
    .map((e) => e.data as { record: { number: number } });
  expect(committed.map((c) => c.record.number)).toEqual([1, 2]);
  expect(await disk.list(`${root}/staging`)).toEqual([]);
}

async function publishUnder(trouble: Trouble): Promise<MemoryDisk> {
  const disk = copyOf(start);
  const publisher = await startPublisher(disk, root, signer);
  disk.trouble(trouble);
  await publisher.publish(after).catch(() => undefined);
  disk.trouble(undefined);
  return disk;
}

describe('publishing while the process can die', () => {
  test('a publication is enough changes to make the sweep worth while', () => {
    expect(changes).toBeGreaterThan(40);
  });

  for (const death of deaths) {
    test(`[K01] death ${death} every change: old or new, and the next start finishes it`, async () => {
      const seen = new Set<string>();
      for (let n = 1; n <= changes; n += 1) {
        const disk = await publishUnder(deathAt(n, death));
        seen.add(await expectOldOrNew(disk));
        await expectResumes(disk);
      }
      expect([...seen].toSorted()).toEqual(['new', 'old']);
    });
  }

  test('[K14] death at every change of five recoveries in a row converges', async () => {
    for (let n = 1; n <= changes; n += 3) {
      const disk = await publishUnder(deathAt(n, 'torn'));
      for (let round = 1; round <= 5; round += 1) {
        disk.trouble(deathAt(round, round % 2 === 0 ? 'before' : 'after'));
        await startPublisher(disk, root, signer).catch(() => undefined);
        disk.trouble(undefined);
        await expectOldOrNew(disk);
      }
      await expectResumes(disk);
    }
  });

  for (const errno of ['EIO', 'EXDEV', 'EMLINK', 'ENOSPC']) {
    test(`[K05] ${errno} at any rename, symlink or link: refused, and the next run does it`, async () => {
      const operations = ['rename', 'symlink', 'link'];
      for (let n = 1; n <= changes; n += 1) {
        const disk = await publishUnder(refusalAt(n, errno, operations));
        await expectOldOrNew(disk);
        await expectResumes(disk);
      }
    });
  }

  test('[K06] a full disk at every change: refused; done in the same process once there is room', async () => {
    for (let n = 1; n <= changes; n += 1) {
      const disk = copyOf(start);
      const publisher = await startPublisher(disk, root, signer);
      disk.trouble(refusalAt(n, 'ENOSPC'));
      await expect(publisher.publish(after)).rejects.toMatchObject({ code: 'DiskFull', exit: 6 });
      await expectOldOrNew(disk);
      await publisher.publish(after);
      expect(await expectOldOrNew(disk)).toBe('new');
      await expectResumes(disk);
    }
  });
});

describe('writing a snapshot while the process can die', () => {
  test('[K01] a snapshot is whole or not there, and writing it again completes it', async () => {
    const counting = memoryDisk();
    counting.trouble({});
    await writeSnapshot({ disk: counting, root }, after);
    const total = counting.count();
    for (let n = 1; n <= total; n += 1) {
      for (const death of deaths) {
        const disk = memoryDisk();
        disk.trouble(deathAt(n, death));
        await writeSnapshot({ disk, root }, after).catch(() => undefined);
        disk.trouble(undefined);
        const read = await readSnapshot({ disk, root }, after.id);
        if (read !== undefined) expect(read).toEqual(after);
        await writeSnapshot({ disk, root }, after);
        expect(await readSnapshot({ disk, root }, after.id)).toEqual(after);
      }
    }
  });
});
