import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nevraText } from '../../../src/model/index.ts';
import { blockDirectory, cutBlocks, makeBlockMetadata } from '../../../src/store/index.ts';
import { type BadServer, badServer } from '../../support/bad-server.ts';
import { faultOf } from '../../support/fault-of.ts';
import { isWhole, type MirrorWorld, mirrorWorld, serving } from '../../support/mirror-world.ts';
import { writeRpm } from '../../support/rpm-writer.ts';
import { treeLines } from '../../support/tree-digest.ts';

/** Enough for threads. */
const count = 130;
const unsigned = { require: { metadataSignature: true, packageSignatures: false } };

let world: MirrorWorld;
let packages: readonly string[];
let server: BadServer;
beforeAll(async () => {
  world = mirrorWorld();
  const pool = join(world.root, 'written');
  mkdirSync(pool);
  packages = Array.from({ length: count }, (_, n) => {
    const path = join(pool, `many-${n}.rpm`);
    writeFileSync(path, writeRpm({ name: `many-${n}` }).bytes);
    return path;
  });
  world.repository('many', { packages });
  server = await badServer(serving(() => join(world.root, 'many')));
});
afterAll(async () => {
  await server.close();
  world.dispose();
});
const fresh = () => rmSync(world.state, { recursive: true, force: true });
const staged = () => readdirSync(join(world.state, 'staging'));
const directory = () => `${join(world.root, 'many')}/`;

describe('a sync of many packages, in threads', () => {
  it.each([
    ['a directory', directory],
    ['http', () => server.url],
  ])('from %s ends where one by one it ends', async (_, url) => {
    fresh();
    const few = await world.sync({ url: url(), upstream: { ...unsigned, include: ['many-1*'] } });
    const mirrored = await world.sync({ url: url(), upstream: unsigned, after: few });
    expect(mirrored.snapshot.packages).toHaveLength(count);
    await isWhole(world.store, mirrored);
    const apart = await treeLines(world.state);
    expect(staged()).toEqual([]);
    fresh();
    const whole = await world.sync({ url: url(), upstream: unsigned });
    expect(whole.snapshot).toEqual(mirrored.snapshot);
    await isWhole(world.store, whole);
    const held = (lines: readonly string[]) => lines.filter((line) => line.includes('packages/'));
    expect(held(await treeLines(world.state))).toEqual(held(apart));
  });

  it('keeps what is derived from each block beside it, and tells how far it is', async () => {
    fresh();
    world.events.length = 0;
    const { snapshot } = await world.sync({ url: directory(), upstream: unsigned });
    for (const { key } of cutBlocks(snapshot.packages)) {
      const kept = readdirSync(blockDirectory(world.state, key));
      expect(kept).toEqual(expect.arrayContaining(['dependencies', 'paths', 'metadata.xml']));
    }
    const last = world.events.findLast((event) => event.kind === 'progress');
    expect(last).toMatchObject({ task: 'mirror vendor', unit: 'bytes' });
    expect(last?.kind === 'progress' && last.done === last.total).toBe(true);
  });

  it('compresses them for the channels, to the bytes that a publication would make', async () => {
    fresh();
    const codecs = ['gz', 'zst'] as const;
    const { snapshot } = await world.sync({ url: directory(), upstream: unsigned, codecs });
    const derived = () => treeLines(join(world.state, 'derived'));
    const early = await derived();
    for (const block of cutBlocks(snapshot.packages)) {
      for (const codec of codecs) await makeBlockMetadata(world.store, block, codec);
    }
    expect(early.filter((line) => line.includes('metadata.gz'))).not.toEqual([]);
    expect(await derived()).toEqual(early);
  });

  it('judges signatures there as well: all are refused, and none is kept', async () => {
    fresh();
    const { snapshot, taken } = await world.sync({ url: directory() });
    expect(snapshot.packages).toEqual([]);
    expect(new Set(taken.refused.map((r) => r.fault.code))).toEqual(new Set(['PackageUnsigned']));
    expect(taken.refused).toHaveLength(count);
    expect(staged()).toEqual([]);
    expect((await treeLines(world.state)).filter((line) => line.endsWith('.rpm'))).toEqual([]);
  });

  it('[D03] one damaged among many: named, no snapshot, and what came in whole is held', async () => {
    fresh();
    const path = join(world.root, 'many/Packages/many-77.rpm');
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.from(bytes).fill(0, 200, 210));
    const fault = await faultOf(() => world.sync({ url: directory(), upstream: unsigned }));
    writeFileSync(path, bytes);
    expect(fault.code).toBe('ChecksumMismatch');
    expect(fault.object).toContain('many-77-1.0-1.noarch');
    expect(staged()).toEqual([]);
    const mirrored = await world.sync({ url: directory(), upstream: unsigned });
    expect(mirrored.snapshot.packages.map(nevraText)).toHaveLength(count);
    await isWhole(world.store, mirrored);
  });
});
