import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Mirrored } from '../../../src/executor/mirror/job.ts';
import { isWhole, type MirrorWorld, mirrorWorld } from '../../support/mirror-world.ts';

let world: MirrorWorld;
let a: string;
let b: string;
let good: string;
let stale: string;
let expected: Mirrored;
const gone = '/nonexistent/upstream/';
beforeAll(() => {
  world = mirrorWorld();
  [a = '', b = ''] = world.packages([{ name: 'a' }, { name: 'b' }]);
  stale = world.repository('stale', { packages: [a], revision: 1000 });
});
afterAll(() => world.dispose());
beforeEach(async () => {
  good = world.repository('good', { packages: [a, b], revision: 1001 });
  expected = await world.sync({ url: good });
  rmSync(world.state, { recursive: true });
  world.events.length = 0;
});

const warnings = () => world.events.flatMap((e) => (e.kind === 'warning' ? [e.text] : []));

describe('[A11] an upstream with mirrors', () => {
  it.each([
    ['first', () => [good, stale, gone]],
    ['in the middle', () => [stale, good, gone]],
    ['last', () => [gone, stale, good]],
  ])('takes the good one when it is %s, as if all were good', async (_title, addresses) => {
    const [url = '', ...mirrors] = addresses();
    const mirrored = await world.sync({ url, upstream: { mirrors } });
    expect(mirrored.snapshot).toEqual(expected.snapshot);
    expect(mirrored.taken.floor).toEqual(expected.taken.floor);
    expect(warnings()).toContainEqual(`vendor: passing over ${gone}`);
    await isWhole(world.store, mirrored);
  });

  it('passes over one that went back below the floor, and halts when all did', async () => {
    const first = await world.sync({ url: good });
    const again = await world.sync({ url: stale, upstream: { mirrors: [good] }, after: first });
    expect(again).toEqual({ ...first, unchanged: true });
    expect(warnings()).toContainEqual(`vendor: passing over ${stale}`);
    const fault = await world.refused({ url: stale, upstream: { mirrors: [gone] }, after: first });
    expect(fault.code).toBe('UpstreamRollback');
  });

  it('takes each file from where it is whole', async () => {
    const partial = `${join(world.root, 'partial')}/`;
    rmSync(partial, { recursive: true, force: true });
    cpSync(good, partial, { recursive: true });
    rmSync(join(partial, 'Packages/a-1-1.noarch.rpm'));
    writeFileSync(join(partial, 'Packages/b-1-1.noarch.rpm'), 'damaged');
    const mirrored = await world.sync({ url: partial, upstream: { mirrors: [good] } });
    expect(mirrored.snapshot).toEqual(expected.snapshot);
    await isWhole(world.store, mirrored);
  });

  it('with none that is whole gives no snapshot', async () => {
    const partial = `${join(world.root, 'partial')}/`;
    rmSync(partial, { recursive: true, force: true });
    cpSync(good, partial, { recursive: true });
    rmSync(join(partial, 'Packages/a-1-1.noarch.rpm'));
    const job = { url: partial, upstream: { mirrors: [partial, gone] } };
    await expect(world.sync(job)).rejects.toMatchObject({ code: 'UpstreamFileMissing' });
  });
});
