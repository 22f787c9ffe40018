import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Advisory,
  canonicalDigest,
  channelSnapshot,
  digestOf,
  type Group,
  type Module,
  type PackageEntry,
  type SnapshotId,
  type TreeContent,
  upstreamSnapshot,
} from '../../src/model/index.ts';
import {
  missingBytes,
  readSnapshot,
  restoreSnapshot,
  snapshotFiles,
  snapshotReader,
  writeSnapshot,
} from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { type HeldPackage, heldPackages, hold } from '../support/held-packages.ts';
import { memoryDisk } from '../support/memory-disk.ts';

const root = '/state';
const world = () => ({ disk: memoryDisk(), root });

const advisory: Advisory = {
  id: 'EX-2026:1',
  from: 'security@example.org',
  type: 'security',
  status: 'final',
  version: '1',
  title: 'an advisory — with “text” in it',
  issued: '2026-01-02',
  updated: '',
  rights: '',
  release: '',
  pushcount: '',
  severity: 'Important',
  summary: '',
  description: 'line\nline',
  solution: '',
  rebootSuggested: false,
  references: [],
  collections: [],
};
const group: Group = {
  sha256: digestOf('<group/>'),
  kind: 'group',
  id: 'core',
  packages: ['p000001'],
  xml: '<group/>',
};
const module: Module = {
  sha256: digestOf('document: modulemd'),
  kind: 'modulemd',
  nsvca: 'perl:5.36:1:abc:x86_64',
  artifacts: [],
  yaml: 'document: modulemd',
};
const entries = (count: number): readonly PackageEntry[] =>
  Array.from({ length: count }, (_, n) => ({
    name: `p${String(n).padStart(6, '0')}`,
    epoch: 0,
    version: '1',
    release: '1',
    arch: 'noarch',
    sha256: digestOf(`package ${n}`),
    sizeBytes: 1,
    buildTime: 0,
  }));
const tree = (count: number): TreeContent => ({
  packages: entries(count),
  advisories: [{ sha256: canonicalDigest(advisory), advisory }],
  groups: [group],
  modules: [module],
});
const upstream = upstreamSnapshot(tree(500));
const channel = channelSnapshot(
  new Map([
    ['source', tree(0)],
    ['x86_64', tree(510)],
  ]),
);

/** Once with every digest worked out, once believing what is remembered of manifests. */
const readings = (store: ReturnType<typeof world>) => [
  (id: SnapshotId) => readSnapshot(store, id),
  (id: SnapshotId) => snapshotReader(store).read(id),
];

describe('snapshots', () => {
  test('a neighbour of one that was read is stored in the objects that it has anywhere', async () => {
    const [here, there] = [world(), world()];
    await writeSnapshot(here, upstream);
    const read = await readSnapshot(here, upstream.id);
    if (read?.kind !== 'upstream') throw new Error('it was written');
    const kept = read.packages.filter((_, n) => n % 150 !== 40);
    const [added] = entries(501).slice(-1);
    const packages = [...kept, ...(added ? [added] : [])];
    const near = upstreamSnapshot({ ...read, packages }, read);
    const apart = upstreamSnapshot(structuredClone({ ...read, packages }));
    await writeSnapshot(here, near);
    await writeSnapshot(there, apart);
    const files = async (store: typeof here) => {
      const list: unknown[] = [];
      for await (const file of snapshotFiles(store, near.id)) list.push(file);
      return list;
    };
    expect(await files(here)).toEqual(await files(there));
  });

  test('read back equal, whatever their kind', async () => {
    const store = world();
    for (const snapshot of [upstream, channel]) {
      expect(await readSnapshot(store, snapshot.id)).toBeUndefined();
      await writeSnapshot(store, snapshot);
      expect(await readSnapshot(store, snapshot.id)).toEqual(snapshot);
    }
  });

  test('only unknown objects are written, and equal blocks are one list in memory', async () => {
    const store = world();
    await writeSnapshot(store, upstream);
    const objects = () =>
      [...store.disk.nodes].filter(([p, n]) => p.includes('/objects/') && n.kind === 'file');
    const before = objects().length;
    await writeSnapshot(store, channel);
    expect(objects().length - before).toBeLessThanOrEqual(2);
    store.disk.trouble({});
    await writeSnapshot(store, channel);
    expect(store.disk.count()).toBe(0);
    const reader = snapshotReader(store);
    const [one, two] = [await reader.read(upstream.id), await reader.read(channel.id)];
    if (one?.kind !== 'upstream' || two?.kind !== 'channel') throw new Error('kinds');
    expect(two.trees.get('x86_64')?.packages[0]).toBe(one.packages[0]);
  });

  test('what was read and changed is stored like what was never read', async () => {
    const [near, far] = [world(), world()];
    const long = upstreamSnapshot(tree(900));
    await writeSnapshot(near, long);
    const read = await readSnapshot(near, long.id);
    if (read?.kind !== 'upstream') throw new Error('kind');
    const changes: readonly ((all: readonly PackageEntry[]) => readonly PackageEntry[])[] = [
      (all) => all.filter((_, n) => n !== 450),
      (all) => all.slice(3),
      (all) => all.slice(0, 890),
      (all) => [...all, ...entries(905).slice(900)],
    ];
    for (const change of changes) {
      const next = (all: readonly PackageEntry[]) =>
        upstreamSnapshot({ ...tree(0), packages: change(all) });
      await writeSnapshot(near, next(read.packages));
      await writeSnapshot(far, next(structuredClone(read.packages)));
    }
    const files = ({ disk }: typeof near) =>
      [...disk.nodes.keys()].filter((path) => path.endsWith('.json'));
    expect(files(near)).toEqual(expect.arrayContaining(files(far)));
  });

  test.each([
    { snapshots: 64, packages: 1_000_000 },
    { snapshots: 1000, packages: 2000 },
  ])('a reader keeps the last ones that it read, and lets the others go: %o', async (limits) => {
    const store = world();
    const contents = Array.from({ length: 80 }, (_, n) => upstreamSnapshot(tree(n)));
    for (const content of contents) await writeSnapshot(store, content);
    const reader = snapshotReader(store, limits);
    const first = upstreamSnapshot(tree(0)).id;
    const second = upstreamSnapshot(tree(1)).id;
    const before = [await reader.read(first), await reader.read(second)];
    for (const { id } of contents.slice(2)) {
      expect((await reader.read(id))?.id).toBe(id);
      expect(await reader.read(first)).toBe(before[0]);
    }
    const again = await reader.read(second);
    expect(again).not.toBe(before[1]);
    expect(again).toEqual(before[1]);
  });

  test('every damaged or missing file is found out', async () => {
    const store = world();
    await writeSnapshot(store, channel);
    const files = [...store.disk.nodes].filter(
      ([p, n]) => p.includes('/snapshots/') && n.kind === 'file',
    );
    expect(files.length).toBeGreaterThan(10);
    for (const [path, node] of files) {
      if (node.kind !== 'file') continue;
      const whole = node.inode.bytes;
      const isManifest = !path.includes('/objects/');
      for (const bytes of [
        Buffer.from(whole).toString('latin1').replace(/[0-9]/, 'x'),
        whole.subarray(0, 9),
      ]) {
        await store.disk.replace(path, bytes);
        for (const read of readings(store)) {
          expect((await faultOf(() => read(channel.id))).code).toBe('SnapshotDamaged');
        }
      }
      await store.disk.remove(path);
      for (const read of readings(store)) {
        if (isManifest) expect(await read(channel.id)).toBeUndefined();
        else expect((await faultOf(() => read(channel.id))).code).toBe('SnapshotDamaged');
      }
      await store.disk.replace(path, whole);
    }
    for (const read of readings(store)) expect(await read(channel.id)).toEqual(channel);
  });

  test('what is remembered of a manifest counts for that text only, and is made again', async () => {
    const store = world();
    await writeSnapshot(store, channel);
    const [note = ''] = [...store.disk.nodes.keys()].filter((p) => p.includes('/manifests/'));
    const kept = Buffer.from((await store.disk.read(note)) ?? []).toString();
    for (const bytes of ['', 'x', kept.replace(/[0-9]/, 'x')]) {
      await store.disk.replace(note, bytes);
      expect(await snapshotReader(store).read(channel.id)).toEqual(channel);
      expect(Buffer.from((await store.disk.read(note)) ?? []).toString()).toBe(kept);
    }
    // Another content under the same name: every object is whole, and so is its manifest.
    const manifest = note.replace('/derived/manifests/', '/snapshots/');
    const other = channelSnapshot(new Map([['x86_64', tree(509)]]));
    await writeSnapshot(store, other);
    const text = Buffer.from(
      (await store.disk.read(manifest.replace(channel.id.slice(7), other.id.slice(7)))) ?? [],
    ).toString();
    await store.disk.replace(manifest, text.replaceAll(other.id, channel.id));
    const fault = await faultOf(() => snapshotReader(store).read(channel.id));
    expect(fault).toMatchObject({
      code: 'SnapshotDamaged',
      found: expect.stringContaining(other.id),
    });
  });

  test('several that are asked for at once are read one after the other', async () => {
    const store = world();
    for (const snapshot of [upstream, channel]) await writeSnapshot(store, snapshot);
    const reader = snapshotReader(store);
    const ids = [upstream.id, channel.id, upstream.id];
    const [one, two, again] = await Promise.all(ids.map((id) => reader.read(id)));
    expect(again).toBe(one);
    if (one?.kind !== 'upstream' || two?.kind !== 'channel') throw new Error('kinds');
    expect(two.trees.get('x86_64')?.packages[0]).toBe(one.packages[0]);
  });

  test('come back from the files of the generation log', async () => {
    const store = world();
    await writeSnapshot(store, channel);
    const files = new Map<string, string>();
    for await (const { path, text } of snapshotFiles(store, channel.id)) files.set(path, text);
    expect([...files.keys()].at(-1)).toBe(`snapshots/${channel.id.slice(7)}.json`);
    const [known = ''] = files.keys();
    const rest: string[] = [];
    for await (const { path } of snapshotFiles(store, channel.id, new Set([known])))
      rest.push(path);
    expect(rest).toEqual([...files.keys()].slice(1));
    const empty = world();
    const read = async (path: string) => files.get(path);
    expect(await restoreSnapshot(empty, read, channel.id)).toEqual(channel);
    expect(await readSnapshot(empty, channel.id)).toEqual(channel);
    const [object] = [...files.keys()];
    const fault = await faultOf(() =>
      restoreSnapshot(world(), async (p) => (p === object ? '[]' : files.get(p)), channel.id),
    );
    expect(fault.code).toBe('SnapshotDamaged');
  });
});

describe('bytes of a snapshot', () => {
  let held: readonly HeldPackage[];
  beforeAll(() => {
    held = heldPackages([{ name: 'alpha' }, { name: 'beta' }]);
  });

  test('what is absent or too short is missing', async () => {
    const store = world();
    const packages = held.map((p) => p.entry);
    const snapshot = upstreamSnapshot({ ...tree(0), packages });
    await hold(store, held.slice(0, 1));
    const missing = async () => {
      const names: string[] = [];
      for await (const entry of missingBytes(store, snapshot)) names.push(entry.name);
      return names;
    };
    expect(await missing()).toEqual(['beta']);
    await hold(
      store,
      held.map(({ entry, bytes }) => ({ entry, bytes: bytes.subarray(1) })),
    );
    expect(await missing()).toEqual(['alpha', 'beta']);
    await hold(store, held);
    expect(await missing()).toEqual([]);
  });
});
