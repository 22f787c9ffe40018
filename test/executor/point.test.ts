import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { point } from '../../src/executor/index.ts';
import type { ChannelSnapshot, GenerationRecord } from '../../src/model/index.ts';
import { generationDirectory, lastRecord, pointedAt, publicPath } from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { contentOf, heldPackages, hold, recordOf } from '../support/held-packages.ts';
import { copyOf, type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { type Publisher, startPublisher } from '../support/publishing-world.ts';

const root = '/state';
const path = 'el9/testing';
const log = { emit: () => undefined };
let signer: Awaited<ReturnType<typeof openpgpSigner>>;
let contents: readonly [ChannelSnapshot, ChannelSnapshot, ChannelSnapshot];
let start: MemoryDisk;

beforeAll(async () => {
  signer = await openpgpSigner();
  const held = heldPackages([{ name: 'alpha' }, { name: 'beta' }, { name: 'gamma' }]);
  contents = [contentOf(held), contentOf(held.slice(1)), contentOf(held.slice(2))];
  start = memoryDisk();
  await hold({ disk: start, root }, held);
});

const publisher = (disk = copyOf(start)) => startPublisher(disk, root, signer);
const pointTo = (p: Publisher, record: GenerationRecord, from?: ChannelSnapshot) =>
  point({ log }, p.store, { journal: p.journal, record, path, ...(from ? { from: from.id } : {}) });
const kinds = (p: Publisher) => p.journal.entries().map((e) => e.kind);

describe('pointing a channel', () => {
  test('switches it and gives the content an address of its own', async () => {
    const p = await publisher();
    expect(await pointTo(p, await p.assemble(contents[0]))).toMatchObject({ kind: 'done' });
    const first = { channel: 'testing', number: 1 };
    expect(await pointedAt(p.store, path)).toEqual(first);
    expect(await pointedAt(p.store, `snapshots/${contents[0].id.slice(7)}`)).toEqual(first);
    await p.publish(contents[1]);
    await p.publish(contents[0]);
    expect(await pointedAt(p.store, path)).toEqual({ channel: 'testing', number: 3 });
    expect(await pointedAt(p.store, `snapshots/${contents[0].id.slice(7)}`)).toEqual(first);
  });

  test('[K25] asked twice is one effect', async () => {
    const p = await publisher();
    await p.publish(contents[0]);
    const record = lastRecord(p.journal, 'testing') ?? recordOf(contents[0], 1);
    expect(await pointTo(p, record)).toEqual({ kind: 'already' });
    expect(kinds(p)).toEqual(['committing', 'committed']);
  });

  test('a plan from before another publication changes nothing', async () => {
    const p = await publisher();
    await p.publish(contents[0]);
    await p.publish(contents[1]);
    const record = await p.assemble(contents[2]);
    const fault = await faultOf(() => pointTo(p, record, contents[0]));
    expect(fault.code).toBe('PlanStale');
    expect(await pointedAt(p.store, path)).toEqual({ channel: 'testing', number: 2 });
    expect(kinds(p)).toHaveLength(4);
  });

  test.each([
    ['repomd.xml that was made again after it was signed', 'SignatureInvalid'],
    ['no signature', 'MetadataUnsigned'],
    ['the signature of another generation', 'SignatureInvalid'],
  ])('[J08] %s is not pointed at', async (what, code) => {
    const p = await publisher();
    await p.publish(contents[0]);
    const record = await p.assemble(contents[1]);
    const repomd = (number: number) =>
      join(generationDirectory(root, 'testing', number), 'x86_64/repodata/repomd.xml');
    const { disk } = p.store;
    if (what.startsWith('repomd')) {
      const text = Buffer.from((await disk.read(repomd(2))) ?? []).toString();
      await disk.replace(repomd(2), text.replace('<revision>', '<revision>1'));
    } else if (what.startsWith('no')) await disk.remove(`${repomd(2)}.asc`);
    else {
      const other = (await disk.read(`${repomd(1)}.asc`)) ?? '';
      await disk.replace(`${repomd(2)}.asc`, other);
    }
    const options = { journal: p.journal, record, path, from: contents[0].id };
    const ports = { log, signer, clock: { now: () => 1_790_000_000 } };
    expect((await faultOf(() => point(ports, p.store, options))).code).toBe(code);
    expect(await pointedAt(p.store, path)).toEqual({ channel: 'testing', number: 1 });
    expect(kinds(p)).toEqual(['committing', 'committed']);
  });

  test('nothing is pointed at that was not assembled', async () => {
    const p = await publisher();
    const fault = await faultOf(() => pointTo(p, recordOf(contents[0], 1)));
    expect(fault.code).toBe('SnapshotMissing');
    expect(kinds(p)).toEqual([]);
    expect(await pointedAt(p.store, path)).toBeUndefined();
  });

  test('a generation that the journal knows is served again when its name is gone', async () => {
    const p = await publisher();
    await p.publish(contents[0]);
    await p.store.disk.remove(publicPath(root, path));
    const record = lastRecord(p.journal, 'testing') ?? recordOf(contents[0], 1);
    expect(await pointTo(p, record)).toMatchObject({ kind: 'done' });
    expect(await pointedAt(p.store, path)).toEqual({ channel: 'testing', number: 1 });
    expect(lastRecord(p.journal, 'testing')).toEqual(record);
  });
});
