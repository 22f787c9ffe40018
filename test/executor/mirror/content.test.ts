import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nevraText } from '../../../src/model/index.ts';
import { packagePath } from '../../../src/store/index.ts';
import { isWhole, type MirrorWorld, mirrorWorld } from '../../support/mirror-world.ts';
import { updateinfoText } from '../../support/upstream.ts';

const comps = `<?xml version="1.0" encoding="UTF-8"?>
<comps><group><id>tools</id><name>Tools</name><description>x</description><default>true</default>
<uservisible>true</uservisible><packagelist><packagereq type="mandatory">a</packagereq></packagelist>
</group></comps>`;

let world: MirrorWorld;
let a: string;
let b: string;
let c: string;
beforeAll(() => {
  world = mirrorWorld();
  [a = '', b = '', c = ''] = world.packages([
    { name: 'a' },
    { name: 'b', epoch: 2, arch: 'x86_64', vendor: 'Example' },
    { name: 'c', arch: 'src' },
  ]);
});
afterAll(() => world.dispose());

const names = (packages: readonly Parameters<typeof nevraText>[0][]) => packages.map(nevraText);

describe('a sync', () => {
  it('brings packages, advisories and groups into a snapshot that is on disk', async () => {
    const updateinfo = updateinfoText([{ id: 'EX-1', packages: ['a-1-1.noarch'] }]);
    const url = world.repository('whole', { packages: [a, b], updateinfo, comps, revision: 1000 });
    const mirrored = await world.sync({ url });
    expect(mirrored.unchanged).toBe(false);
    expect(names(mirrored.snapshot.packages)).toEqual(['a-1-1.noarch', 'b-2:1-1.x86_64']);
    expect(mirrored.snapshot.advisories.map((x) => x.advisory.id)).toEqual(['EX-1']);
    expect(mirrored.snapshot.groups.map((g) => [g.kind, g.id, g.packages])).toEqual([
      ['group', 'tools', ['a']],
    ]);
    expect(mirrored.taken).toMatchObject({
      upstream: 'vendor',
      snapshot: mirrored.snapshot.id,
      signedBy: world.vendor.fingerprint,
      floor: { revision: 1000, timestamp: 1000 },
      refused: [],
      excused: [],
    });
    await isWhole(world.store, mirrored);
    expect(world.read.some((url) => /filelists|other/.test(url))).toBe(false);
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'progress', task: 'mirror vendor', unit: 'bytes' }),
    );
  });

  it('of an unchanged upstream transfers repomd.xml and nothing else', async () => {
    const url = world.repository('same', { packages: [a, b] });
    const first = await world.sync({ url });
    world.read.length = 0;
    const second = await world.sync({ url, after: first });
    expect(second).toEqual({ ...first, unchanged: true });
    expect(world.read).toEqual([`${url}repodata/repomd.xml`]);
  });

  it('fetches again what has gone from the store, although the upstream is unchanged', async () => {
    const url = world.repository('lost', { packages: [a, b] });
    const first = await world.sync({ url });
    const [lost] = first.snapshot.packages;
    if (lost !== undefined) rmSync(packagePath(world.state, lost));
    const second = await world.sync({ url, after: first });
    expect(second.snapshot).toEqual(first.snapshot);
    await isWhole(world.store, second);
  });

  it('looks again when the rules of the policy have changed', async () => {
    const url = world.repository('rules', { packages: [a, b] });
    const first = await world.sync({ url });
    const second = await world.sync({ url, after: first, upstream: { exclude: ['b'] } });
    expect(second.unchanged).toBe(false);
    expect(names(second.snapshot.packages)).toEqual(['a-1-1.noarch']);
  });

  it('downloads only what is new, and takes verdicts over', async () => {
    const first = await world.sync({ url: world.repository('step', { packages: [a] }) });
    const url = world.repository('step', { packages: [a, b], revision: 1_760_000_001 });
    world.read.length = 0;
    const second = await world.sync({ url, after: first });
    expect(world.read.filter((path) => path.endsWith('.rpm'))).toEqual([]);
    const [d = ''] = world.packages([{ name: 'd' }]);
    world.repository('step', { packages: [a, b, d], revision: 1_760_000_002 });
    await world.sync({ url, after: second });
    expect(world.read.filter((path) => path.endsWith('.rpm'))).toEqual([
      `${url}Packages/d-1-1.noarch.rpm`,
    ]);
  });

  it('takes what the globs on names and NEVRAs choose', async () => {
    const url = world.repository('globs', { packages: [a, b] });
    const chosen = async (include: string[], exclude: string[]) =>
      names((await world.sync({ url, upstream: { include, exclude } })).snapshot.packages);
    expect(await chosen(['a'], [])).toEqual(['a-1-1.noarch']);
    expect(await chosen(['*-2:1-*'], [])).toEqual(['b-2:1-1.x86_64']);
    expect(await chosen([], ['*.noarch'])).toEqual(['b-2:1-1.x86_64']);
    expect(await chosen(['*'], ['a', 'b'])).toEqual([]);
  });
});

describe('packages that are left out and named', () => {
  it('[D15] a source package in a binary tree, and a binary one in the source tree', async () => {
    const url = world.repository('mixed', { packages: [a, b, c] });
    const binary = await world.sync({ url });
    expect(names(binary.snapshot.packages)).toEqual(['a-1-1.noarch', 'b-2:1-1.x86_64']);
    expect(binary.taken.refused.map((r) => [nevraText(r.nevra), r.fault.code])).toEqual([
      ['c-1-1.src', 'PackageMismatch'],
    ]);
    const source = await world.sync({ url, upstream: { tree: 'source' } });
    expect(names(source.snapshot.packages)).toEqual(['c-1-1.src']);
    expect(source.taken.refused).toHaveLength(2);
  });

  it('a package of a vendor that verifyTags does not accept', async () => {
    const url = world.repository('tags', { packages: [a, b] });
    const { snapshot, taken } = await world.sync({
      url,
      upstream: { verifyTags: { vendor: ['Example'] } },
    });
    expect(names(snapshot.packages)).toEqual(['b-2:1-1.x86_64']);
    expect(taken.refused.map((r) => r.fault)).toMatchObject([
      { code: 'PackageTagRefused', object: 'a-1-1.noarch', expected: 'Example', found: 'nothing' },
    ]);
  });

  it('a package larger than the limit, which is not even downloaded', async () => {
    const url = world.repository('large', { packages: [a] });
    world.read.length = 0;
    const limits = { maxPackageBytes: 100 };
    const { taken } = await world.sync({ url, upstream: { limits } });
    expect(taken.refused.map((r) => r.fault.code)).toEqual(['PackageTooLarge']);
    expect(world.read.filter((path) => path.endsWith('.rpm'))).toEqual([]);
  });

  it('[C14] one NEVRA with two digests: both; one NEVRA with one digest: once', async () => {
    const [other = ''] = world.packages([{ name: 'a', content: 'other bytes' }]);
    const twins = join(world.root, 'a-again.rpm');
    renameSync(other, twins);
    const copy = join(world.root, 'b-copy.rpm');
    cpSync(b, copy);
    const url = world.repository('twice', { packages: [a, twins, b, copy] });
    const { snapshot, taken } = await world.sync({ url });
    expect(names(snapshot.packages)).toEqual(['b-2:1-1.x86_64']);
    expect(taken.refused.map((r) => [nevraText(r.nevra), r.fault.code])).toEqual([
      ['a-1-1.noarch', 'NevraTwice'],
      ['a-1-1.noarch', 'NevraTwice'],
    ]);
    const [clash] = taken.refused;
    for (const { sha256 } of taken.refused) expect(clash?.fault.found).toContain(sha256);
  });

  it('[D01] an unsigned package, [D02] one signed by a key that is not pinned', async () => {
    const stranger = world.gpg.makeKey('stranger');
    const [unsigned = ''] = world.packages([{ name: 'u' }], 'unsigned');
    const [foreign = ''] = world.packages([{ name: 'f' }], stranger);
    const url = world.repository('doubtful', { packages: [a, unsigned, foreign] });
    const { snapshot, taken } = await world.sync({ url });
    expect(names(snapshot.packages)).toEqual(['a-1-1.noarch']);
    const faults = taken.refused.map((r) => [r.nevra.name, r.fault.code]);
    expect(faults.toSorted()).toEqual([
      ['f', 'KeyNotPinned'],
      ['u', 'PackageUnsigned'],
    ]);
    const kept = readdirSync(world.state, { recursive: true }).map(String);
    expect(kept.filter((path) => /\/[uf]-1-1/.test(path))).toEqual([]);
    expect(world.events).toContainEqual(expect.objectContaining({ kind: 'warning' }));
  });

  it('[D01] an unsigned package enters where the policy asks for no signatures', async () => {
    const [unsigned = ''] = world.packages([{ name: 'n' }], 'unsigned');
    const url = world.repository('unasked', { packages: [unsigned] });
    const require = { metadataSignature: true, packageSignatures: false };
    const { snapshot } = await world.sync({ url, upstream: { require } });
    expect(names(snapshot.packages)).toEqual(['n-1-1.noarch']);
  });
});
