import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ChannelSnapshot, digestOf } from '../../src/model/index.ts';
import {
  generationDirectory,
  openJournal,
  pointAt,
  pointedAt,
  publicPath,
  recordsOf,
  recover,
} from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { contentOf, heldPackages, hold, recordOf } from '../support/held-packages.ts';
import { copyOf, type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { served, startPublisher } from '../support/publishing-world.ts';

const root = '/state';
const path = 'el9/testing';
let signer: Awaited<ReturnType<typeof openpgpSigner>>;
let contents: readonly [ChannelSnapshot, ChannelSnapshot];
/** Two generations were published. */
let finished: MemoryDisk;

beforeAll(async () => {
  signer = await openpgpSigner();
  const held = heldPackages([{ name: 'alpha' }, { name: 'beta' }]);
  contents = [contentOf(held), contentOf(held.slice(1))];
  finished = memoryDisk();
  await hold({ disk: finished, root }, held);
  const publisher = await startPublisher(finished, root, signer);
  for (const content of contents) await publisher.publish(content);
});

async function start(disk: MemoryDisk) {
  const store = { disk, root };
  const journal = await openJournal(disk, `${root}/journal`, { now: () => 1_780_000_000 });
  return { store, journal, recovery: await recover(store, journal) };
}
const begun = (number: number) => ({ record: recordOf(contents[0], number), path });

describe('recovery', () => {
  test('of a state directory at rest changes nothing', async () => {
    const disk = copyOf(finished);
    disk.trouble({});
    const { recovery } = await start(disk);
    expect(recovery).toEqual({ committed: [], aborted: [], repointed: [], cleared: 0 });
    expect(disk.count()).toBe(0);
  });

  test('of a state directory that is not there yet', async () => {
    const { recovery } = await start(memoryDisk());
    expect(recovery.committed).toEqual([]);
  });

  test('[K14] a switch that happened is committed, once', async () => {
    const disk = copyOf(finished);
    const { journal, store } = await start(disk);
    await journal.append('committing', begun(3));
    await disk.makeDirectory(generationDirectory(root, 'testing', 3));
    await pointAt(store, path, begun(3).record);
    expect((await start(disk)).recovery.committed).toEqual([begun(3)]);
    const again = await start(disk);
    expect(again.recovery.committed).toEqual([]);
    expect(recordsOf(again.journal, 'testing').map((r) => r.number)).toEqual([1, 2, 3]);
  });

  test('[K14] a switch that did not happen is aborted, once', async () => {
    const disk = copyOf(finished);
    await (await start(disk)).journal.append('committing', begun(3));
    expect((await start(disk)).recovery.aborted).toEqual([begun(3)]);
    const again = await start(disk);
    expect(again.recovery.aborted).toEqual([]);
    expect(recordsOf(again.journal, 'testing').map((r) => r.number)).toEqual([1, 2]);
    expect((await served(disk, root))?.revision).toBe('1770000002');
  });

  test('a public name that is lost or too old points at the last generation again', async () => {
    for (const harm of [
      (disk: MemoryDisk) => disk.remove(publicPath(root, path)),
      (disk: MemoryDisk) => pointAt({ disk, root }, path, { channel: 'testing', number: 1 }),
    ]) {
      const disk = copyOf(finished);
      await harm(disk);
      expect((await start(disk)).recovery.repointed).toHaveLength(1);
      expect(await pointedAt({ disk, root }, path)).toEqual({ channel: 'testing', number: 2 });
    }
  });

  test('[K12] a journal older than what is served halts, and serving goes on', async () => {
    const disk = copyOf(finished);
    const file = join(root, 'journal/000001.log');
    const lines = Buffer.from((await disk.read(file)) ?? [])
      .toString()
      .split('\n');
    await disk.replace(file, `${lines.slice(0, 2).join('\n')}\n`);
    const fault = await faultOf(() => start(disk));
    expect(fault.code).toBe('JournalDamaged');
    expect(fault.found).toBe('testing/2');
    expect((await served(disk, root))?.revision).toBe('1770000002');
  });

  test('unfinished files go, whatever they are', async () => {
    const disk = copyOf(finished);
    await disk.replace(join(root, 'staging/half'), 'half a package');
    await disk.replace(join(root, 'staging/generation-testing/x86_64/repodata/repomd.xml'), '<');
    await disk.symlink('../packages', join(root, 'staging/pointer'));
    expect((await start(disk)).recovery.cleared).toBe(3);
    expect(await disk.list(join(root, 'staging'))).toEqual([]);
  });

  test('[K11] derived files that a power cut emptied are made again, to the same metadata', async () => {
    const disk = copyOf(finished);
    const before = await served(disk, root);
    for (const [name, node] of disk.nodes) {
      if (node.kind === 'file' && name.includes('/derived/')) node.inode.bytes = new Uint8Array();
    }
    const publisher = await startPublisher(disk, root, signer);
    await publisher.publish(contents[0]);
    await disk.remove(`${root}/generations/testing/1`);
    await publisher.publish(contents[1]);
    const after = await served(disk, root);
    expect(after?.packages).toEqual(before?.packages);
    const primaries = async (number: number) =>
      (await disk.list(`${root}/generations/testing/${number}/x86_64/repodata`)).map((n) =>
        digestOf(n),
      );
    expect(await primaries(4)).toEqual(expect.arrayContaining(await primaries(2)));
  });
});
