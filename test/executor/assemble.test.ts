import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { decompressor } from '../../src/edge/index.ts';
import { assemble, point, type StoredContent } from '../../src/executor/index.ts';
import type { ChannelSnapshot, GenerationRecord, SigningOrder } from '../../src/model/index.ts';
import { readPrimary, readRepomd } from '../../src/rpm/index.ts';
import {
  blockDirectory,
  cutBlocks,
  generationDirectory,
  type Journal,
  openJournal,
  type Store,
} from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import {
  contentOf,
  type HeldPackage,
  heldPackages,
  hold,
  recordOf,
  testingChannel,
} from '../support/held-packages.ts';
import { memoryDisk } from '../support/memory-disk.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';

const clock = { now: () => 1_780_000_000 };
const log = { emit: () => undefined };
let signer: Awaited<ReturnType<typeof openpgpSigner>>;
let held: readonly HeldPackage[];

beforeAll(async () => {
  signer = await openpgpSigner();
  held = heldPackages([
    { name: 'alpha', lines: ['Requires: beta >= 1'] },
    { name: 'beta' },
    { name: 'beta', version: '2', content: 'two' },
  ]);
});

interface World {
  readonly store: Store & { readonly disk: ReturnType<typeof memoryDisk> };
  readonly journal: Journal;
}

async function world(packages = held): Promise<World> {
  const disk = memoryDisk();
  const store = { disk, root: '/state' };
  await hold(store, packages);
  return { store, journal: await openJournal(disk, '/state/journal', clock) };
}

const record = (content: ChannelSnapshot, number: number, more: Partial<GenerationRecord> = {}) =>
  recordOf(content, number, { keys: [signer.fingerprint], ...more });

const build = (
  w: World,
  content: ChannelSnapshot | StoredContent,
  r: GenerationRecord,
  alike: readonly string[] = [],
) =>
  assemble({ signer, clock }, w.store, {
    channel: testingChannel,
    content,
    record: r,
    previous: w.journal
      .entries('committed')
      .map((_, i, all) => all.length - i)
      .slice(0, 3),
    alike,
    siteUrl: 'http://rpm.example.org',
    upstreamKeys: [{ name: 'RPM-GPG-KEY-vendor', armored: 'vendor key' }],
  });

async function publish(w: World, content: ChannelSnapshot, r: GenerationRecord) {
  await build(w, content, r);
  const from = w.journal.entries('committed').at(-1)?.data as
    | { record: GenerationRecord }
    | undefined;
  const before = from === undefined ? {} : { from: from.record.content };
  return await point({ log }, w.store, {
    journal: w.journal,
    record: r,
    path: 'el9/testing',
    ...before,
  });
}

const tree = (number: number) => join(generationDirectory('/state', 'testing', number), 'x86_64');
const textAt = async (w: World, path: string) =>
  Buffer.from((await w.store.disk.read(path)) ?? []).toString();

async function primaryOf(w: World, number: number) {
  const repomd = readRepomd(
    (await w.store.disk.read(join(tree(number), 'repodata/repomd.xml'))) ?? new Uint8Array(),
  );
  const primary = repomd.records.find((r) => r.type === 'primary');
  const href = primary?.href ?? '';
  const opened = decompressor().open(
    href.endsWith('zst') ? 'zst' : 'gz',
    w.store.disk.chunks(join(tree(number), href)),
    { maxBytes: 1_000_000 },
  );
  const records = [];
  for await (const p of readPrimary(opened)) records.push(p);
  return records;
}

describe('assembling a generation', () => {
  for (const compression of ['gz', 'zst'] as const) {
    test(`[D16] primary (${compression}) names exactly the content, and every file is there`, async () => {
      const w = await world();
      const content = contentOf(held);
      expect((await build(w, content, record(content, 1, { compression }))).kind).toBe('done');
      const primary = await primaryOf(w, 1);
      expect(primary.map((p) => p.checksum.hex).toSorted()).toEqual(
        held.map((p) => p.entry.sha256).toSorted(),
      );
      for (const p of primary) {
        expect((await w.store.disk.read(join(tree(1), p.href)))?.length).toBe(p.sizeBytes);
      }
    });
  }

  test('[D16] a cached block that was made for other packages is made again', async () => {
    const w = await world();
    const [alpha, beta] = [contentOf(held.slice(0, 1)), contentOf(held.slice(1, 2))];
    await build(w, beta, record(beta, 1));
    const key = (c: ChannelSnapshot) =>
      cutBlocks(c.trees.get('x86_64')?.packages ?? [])[0]?.key ?? '';
    const [from, to] = [blockDirectory('/state', key(beta)), blockDirectory('/state', key(alpha))];
    for (const name of await w.store.disk.list(from)) {
      await w.store.disk.replace(join(to, name), (await w.store.disk.read(join(from, name))) ?? '');
    }
    await build(w, alpha, record(alpha, 2));
    const names = (await primaryOf(w, 2)).map((p) => p.nevra.name);
    expect(names).toEqual(['alpha']);
  });

  test('[D16] stored bytes of another package publish nothing', async () => {
    const [alpha, beta] = held;
    if (!alpha || !beta) throw new Error('two packages');
    const bytes = beta.bytes;
    const swapped = { bytes, entry: { ...alpha.entry, sizeBytes: bytes.length } };
    const w = await world([swapped]);
    const content = contentOf([swapped]);
    expect((await faultOf(() => build(w, content, record(content, 1)))).code).toBe(
      'MetadataInvalid',
    );
    expect(await w.store.disk.stat(generationDirectory('/state', 'testing', 1))).toBeUndefined();
  });

  test('[K11] the derived cache deleted or corrupted is made again, to the same bytes', async () => {
    const w = await world();
    const content = contentOf(held);
    const repomd = async (n: number) => await textAt(w, join(tree(n), 'repodata/repomd.xml'));
    await build(w, content, record(content, 1));
    const whole = await repomd(1);
    const derived = [...w.store.disk.nodes.keys()].filter((p) => p.includes('/derived/'));
    expect(derived.length).toBeGreaterThan(4);
    for (const path of derived) {
      const node = w.store.disk.nodes.get(path);
      if (node?.kind !== 'file') continue;
      await w.store.disk.replace(
        path,
        node.inode.bytes.map((b, i) => (i === 5 ? b ^ 1 : b)),
      );
      await w.store.disk.remove('/state/generations');
      await build(w, content, record(content, 1));
      expect(await repomd(1)).toBe(whole);
    }
    await w.store.disk.remove('/state/derived');
    await w.store.disk.remove('/state/generations');
    await build(w, content, record(content, 1));
    expect(await repomd(1)).toBe(whole);
  });

  test('what is known of blocks is read group by group, once it was compared with their bytes', async () => {
    const w = await world();
    const content = contentOf(held);
    await build(w, content, record(content, 1));
    await w.store.disk.remove('/state/generations');
    const read: string[] = [];
    const readEach: Store['disk']['readEach'] = (paths) => {
      const list = [...paths];
      read.push(...list);
      return w.store.disk.readEach(list);
    };
    await build(
      { ...w, store: { ...w.store, disk: { ...w.store.disk, readEach } } },
      content,
      record(content, 1),
    );
    expect(read.some((path) => path.endsWith('/metadata.gz'))).toBe(true);
    expect(read.filter((path) => path.endsWith('.json') && path.includes('/blocks/'))).toEqual([]);
  });

  test('metadata that lies on disk otherwise than it was written is written again, or refused', async () => {
    const w = await world();
    const content = contentOf(held);
    const repomd = async (wrongWrites: number) => {
      let left = wrongWrites;
      const stage: Store['disk']['stage'] = async (directory) => {
        const staged = await w.store.disk.stage(directory);
        const write = async (bytes: Uint8Array): Promise<void> => {
          const isWrong = directory.endsWith('repodata') && left > 0;
          if (isWrong) left -= 1;
          await staged.write(bytes.map((b, i) => (isWrong && i === bytes.length - 30 ? b ^ 1 : b)));
        };
        return { ...staged, write };
      };
      await w.store.disk.remove('/state/generations');
      await build(
        { ...w, store: { ...w.store, disk: { ...w.store.disk, stage } } },
        content,
        record(content, 1),
      );
      return await textAt(w, join(tree(1), 'repodata/repomd.xml'));
    };
    expect(await repomd(2)).toBe(await repomd(0));
    const fault = await faultOf(() => repomd(Number.POSITIVE_INFINITY));
    expect(fault.code).toBe('DiskError');
    expect(await w.store.disk.stat(generationDirectory('/state', 'testing', 1))).toBeUndefined();
  });

  test('twice is once, and a second number gives the same metadata', async () => {
    const w = await world();
    const content = contentOf(held);
    await publish(w, content, record(content, 1));
    expect((await build(w, content, record(content, 1))).kind).toBe('already');
    await publish(w, contentOf(held.slice(1)), record(contentOf(held.slice(1)), 2));
    await publish(w, content, record(content, 3));
    const files = async (n: number) => await w.store.disk.list(join(tree(n), 'repodata'));
    expect((await files(3)).length).toBe((await files(1)).length + 3);
    expect(await files(3)).toEqual(expect.arrayContaining([...(await files(1))]));
    const shared = (await files(1)).find((n) => n.endsWith('primary.xml.gz')) ?? '';
    const inode = (n: number) => {
      const node = w.store.disk.nodes.get(join(tree(n), 'repodata', shared));
      return node?.kind === 'file' ? node.inode : undefined;
    };
    expect(inode(3)).toBe(inode(1));
  });

  test('the metadata of a content that another repository has is linked, not made again', async () => {
    const w = await world();
    const content = contentOf(held);
    await publish(w, content, record(content, 1));
    for (const number of [2, 3, 4, 5]) {
      const other = contentOf(held.slice(number % 2));
      await publish(w, other, record(other, number));
    }
    await w.store.disk.remove('/state/derived');
    const alike = [generationDirectory('/state', 'testing', 1)];
    await build(w, content, record(content, 6), alike);
    const name = (await w.store.disk.list(join(tree(1), 'repodata'))).find((n) =>
      n.endsWith('primary.xml.gz'),
    );
    const inode = (number: number) => {
      const node = w.store.disk.nodes.get(join(tree(number), 'repodata', name ?? ''));
      return node?.kind === 'file' ? node.inode : undefined;
    };
    expect(inode(1)).toBeDefined();
    expect(inode(6)).toBe(inode(1));
    expect(await w.store.disk.list('/state/derived')).toEqual([]);
  });

  test('a content that a generation had is known by its digest: its blocks are not looked at', async () => {
    const w = await world();
    const content = contentOf(held);
    await publish(w, content, record(content, 1));
    const path = join(generationDirectory('/state', 'testing', 1), 'manifest.json');
    // What the blocks would say of the tree: other words for the same, so that only the digest of the content fits.
    const text = Buffer.from((await w.store.disk.read(path)) ?? []).toString();
    await w.store.disk.replace(path, text.replace(/"input": "[0-9a-f]{64}"/, '"input": ""'));
    await w.store.disk.remove('/state/derived');
    const alike = [generationDirectory('/state', 'testing', 1)];
    await build(w, content, record(content, 2), alike);
    expect(await w.store.disk.list('/state/derived')).toEqual([]);
    const zst = record(content, 3, { compression: 'zst' });
    await build(w, content, zst, alike);
    expect(await w.store.disk.list('/state/derived')).not.toEqual([]);
  });

  test('going back links what an earlier generation has, and reads the content only where that is damaged', async () => {
    const w = await world();
    const [whole, part] = [contentOf(held), contentOf(held.slice(1))];
    await publish(w, whole, record(whole, 1));
    await publish(w, part, record(part, 2));
    let reads = 0;
    const stored: StoredContent = {
      ...{
        id: whole.id,
        trees: [...whole.trees.keys()],
        returning: held.slice(0, 1).map((h) => h.entry),
      },
      read: async () => {
        reads += 1;
        return whole;
      },
    };
    const alike = [generationDirectory('/state', 'testing', 1)];
    expect((await build(w, stored, record(whole, 3), alike)).kind).toBe('done');
    expect(reads).toBe(0);
    expect(await primaryOf(w, 3)).toEqual(await primaryOf(w, 1));
    expect(await textAt(w, '/state/generations/testing/3/testing.repo')).toBe(
      await textAt(w, '/state/generations/testing/1/testing.repo'),
    );
    const primary = (await w.store.disk.list(join(tree(1), 'repodata'))).find((n) =>
      n.endsWith('primary.xml.gz'),
    );
    const good = await primaryOf(w, 1);
    const path = join(tree(1), 'repodata', primary ?? '');
    const bytes = Buffer.from((await w.store.disk.read(path)) ?? []);
    await w.store.disk.replace(path, bytes.fill(0, 20, 30));
    expect((await build(w, stored, record(whole, 4), alike)).kind).toBe('done');
    expect(reads).toBeGreaterThan(0);
    expect(await primaryOf(w, 4)).toEqual(good);
  });

  test('going back waits for packages that are not held any more', async () => {
    const w = await world(held.slice(1));
    const content = contentOf(held);
    const stored: StoredContent = {
      ...{ id: content.id, trees: ['x86_64'], returning: held.slice(0, 1).map((h) => h.entry) },
      read: async () => content,
    };
    const outcome = await build(w, stored, record(content, 1));
    expect(outcome).toMatchObject({ kind: 'waiting', hold: { code: 'SnapshotMissing' } });
  });

  test('missing bytes wait, with their number', async () => {
    const w = await world(held.slice(0, 1));
    const content = contentOf(held);
    const outcome = await build(w, content, record(content, 1));
    expect(outcome).toMatchObject({ kind: 'waiting', hold: { code: 'SnapshotMissing' } });
    expect(outcome.kind === 'waiting' && outcome.hold.text).toContain('2 packages');
    expect(await w.store.disk.list('/state/generations')).toEqual([]);
  });

  test('an unpublished generation that was planned otherwise gives way, a published one never', async () => {
    const w = await world();
    const [one, two] = [contentOf(held), contentOf(held.slice(1))];
    await build(w, one, record(one, 1));
    expect((await build(w, two, record(two, 1))).kind).toBe('done');
    expect(await primaryOf(w, 1)).toHaveLength(2);
    await publish(w, two, record(two, 1));
    expect((await faultOf(() => build(w, one, record(one, 1)))).code).toBe('SnapshotDamaged');
    expect(await primaryOf(w, 1)).toHaveLength(2);
  });

  test('without the key nothing is written', async () => {
    const w = await world();
    const content = contentOf(held);
    const fault = await faultOf(() =>
      build(w, content, record(content, 1, { keys: ['A'.repeat(40)] })),
    );
    expect(fault.code).toBe('KeyMissing');
    expect(await w.store.disk.list('/state/generations')).toEqual([]);
  });

  test('a signer that signs something else is found out before anything is published', async () => {
    const w = await world();
    const content = contentOf(held);
    const lying = {
      ...signer,
      sign: (order: SigningOrder) => signer.sign({ ...order, bytes: Buffer.from('x') }),
    };
    const fault = await faultOf(() =>
      assemble({ signer: lying, clock }, w.store, {
        channel: testingChannel,
        content,
        record: record(content, 1),
        previous: [],
        siteUrl: 'http://rpm.example.org',
        upstreamKeys: [],
      }),
    );
    expect(fault.code).toBe('SignatureInvalid');
    expect(await w.store.disk.list('/state/generations')).toEqual([]);
  });

  test('the .repo file names every tree and key', async () => {
    const w = await world();
    const content = contentOf(held);
    await build(w, content, record(content, 1));
    expect(await textAt(w, '/state/generations/testing/1/testing.repo')).toBe(
      [
        '[testing-x86_64]',
        'name=testing x86_64',
        'baseurl=http://rpm.example.org/el9/testing/x86_64/',
        'enabled=1',
        'gpgcheck=1',
        'repo_gpgcheck=1',
        'gpgkey=http://rpm.example.org/el9/testing/RPM-GPG-KEY-site',
        '       http://rpm.example.org/el9/testing/RPM-GPG-KEY-vendor',
        '',
      ].join('\n'),
    );
  });
});
