import { cpSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/model/index.ts';
import { keyFile } from '../../support/gpg.ts';
import { isWhole, type MirrorWorld, mirrorWorld } from '../../support/mirror-world.ts';
import { rewritePrimary } from '../../support/rewrite-metadata.ts';

let world: MirrorWorld;
let a: string;
let b: string;
let c: string;
beforeAll(() => {
  world = mirrorWorld();
  [a = '', b = '', c = ''] = world.packages([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
});
afterAll(() => world.dispose());

let url: string;
let repomd: string;
beforeEach(() => {
  url = world.repository('vendor', { packages: [a], revision: 1000 });
  repomd = join(url, 'repodata/repomd.xml');
});

describe('packages that are not what the metadata says', () => {
  it('[A01] [D06] one byte changed: nothing enters, both digests are shown', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    const served = join(url, 'Packages/b-1-1.noarch.rpm');
    const bytes = readFileSync(served);
    for (const offset of [20, 300, bytes.length - 10]) {
      const changed = Buffer.from(bytes);
      changed[offset] = (changed[offset] ?? 0) ^ 1;
      writeFileSync(served, changed);
      const fault = await world.refused({ url, after: first });
      expect(fault).toMatchObject({
        code: 'ChecksumMismatch',
        object: 'b-1-1.noarch (Packages/b-1-1.noarch.rpm)',
        expected: `sha256 ${digestOf(bytes)}`,
        found: `sha256 ${digestOf(changed)}`,
      });
    }
  });

  it('[A02] another genuine package under the address of one', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    cpSync(c, join(url, 'Packages/b-1-1.noarch.rpm'));
    const fault = await world.refused({ url, after: first });
    expect(fault).toMatchObject({ code: 'ChecksumMismatch' });
    expect(fault.object).toContain('b-1-1.noarch');
  });

  it('[A02] [D14] metadata rewritten to fit: the header names another package', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    rewritePrimary(url, world.vendor, (xml) => xml.replace('<name>b</name>', '<name>bb</name>'));
    const fault = await world.refused({ url, after: first });
    expect(fault).toMatchObject({
      code: 'PackageMismatch',
      expected: 'bb-1-1.noarch',
      found: 'b-1-1.noarch',
    });
  });

  it('[D14] [D18] file names prove nothing and reach no program', async () => {
    const odd = join(world.root, '--define=x.rpm');
    cpSync(a, odd);
    const { snapshot } = await world.sync({ url: world.repository('odd', { packages: [odd] }) });
    expect(snapshot.packages.map((p) => p.name)).toEqual(['a']);
  });

  it('[D18] a text file called .rpm is no package', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    const manifest = Buffer.from('https://example.org/evil.rpm\n');
    const digest = digestOf(readFileSync(b));
    writeFileSync(join(url, 'Packages/b-1-1.noarch.rpm'), manifest);
    rewritePrimary(url, world.vendor, (xml) =>
      xml
        .replace(digest, digestOf(manifest))
        .replace(/(<name>b<[\s\S]*?)package="\d+"/, `$1package="${manifest.length}"`),
    );
    const fault = await world.refused({ url, after: first });
    expect(fault.code).toBe('PackageInvalid');
    expect(fault.object).toContain('b-1-1.noarch');
  });

  it('[D16] [D04] a truncated package that its metadata describes gives no snapshot', async () => {
    const first = await world.sync({ url });
    const whole = readFileSync(b);
    const half = whole.subarray(0, whole.length - 100);
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    writeFileSync(join(url, 'Packages/b-1-1.noarch.rpm'), half);
    rewritePrimary(url, world.vendor, (xml) =>
      xml
        .replace(digestOf(whole), digestOf(half))
        .replace(/(<name>b<[\s\S]*?)package="\d+"/, `$1package="${half.length}"`),
    );
    const fault = await world.refused({ url, after: first });
    expect(fault.code).toBe('PackageInvalid');
  });

  it('[D17] a package that is a link to another file is refused', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    const served = join(url, 'Packages/b-1-1.noarch.rpm');
    renameSync(served, join(url, 'elsewhere'));
    symlinkSync('../elsewhere', served);
    const fault = await world.refused({ url, after: first });
    expect(fault).toMatchObject({ code: 'TransferRefused', found: 'symbolic link' });
  });
});

describe('metadata that is old, early or not signed as it must be', () => {
  it('[A03] older signed metadata is a rollback until an operator acknowledges it', async () => {
    const first = await world.sync({ url });
    cpSync(url, join(world.root, 'older'), { recursive: true });
    world.repository('vendor', { packages: [a, b], revision: 2000 });
    const second = await world.sync({ url, after: first });
    const older = `${join(world.root, 'older')}/`;
    const fault = await world.refused({ url: older, after: second });
    expect(fault).toMatchObject({ code: 'UpstreamRollback', exit: 7 });
    expect(fault.expected).toContain('revision 2000 of 1970-01-01T00:33:20');
    expect(fault.found).toContain('revision 1000 of 1970-01-01T00:16:40');
    expect(fault.fix).toContain('sluice acknowledge upstream/vendor');
    const back = await world.sync({ url: older, after: second, acknowledgedRollback: true });
    expect(back.snapshot).toEqual(first.snapshot);
    expect(back.taken.floor).toEqual({ revision: 1000, timestamp: 1000 });
  });

  it('[A05] the floor says how old the metadata is, so that a freeze can be seen', async () => {
    const first = await world.sync({ url });
    const again = await world.sync({ url, after: first });
    expect(again.unchanged).toBe(true);
    expect(again.taken.floor.timestamp).toBe(1000);
    expect(again.taken.takenAt).toBe(first.taken.takenAt);
  });

  it('[A10] a revision from the future is refused and moves no floor', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 9_999_999_999 });
    const fault = await world.refused({ url, after: first });
    expect(fault).toMatchObject({ code: 'RevisionImplausible', found: '9999999999' });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    const next = await world.sync({ url, after: first });
    expect(next.taken.floor.revision).toBe(1001);
  });

  it('[A12] a new key is refused with its fingerprint; with both keys pinned it works', async () => {
    const first = await world.sync({ url });
    const successor = world.gpg.makeKey('successor');
    world.repository('vendor', { packages: [a, b], revision: 1001, key: successor });
    const fault = await world.refused({ url, after: first });
    expect(fault.code).toBe('KeyNotPinned');
    expect(fault.found).toContain(successor.fingerprint);
    expect(fault.fix).toMatch(/keys/);
    const keys = [keyFile(world.vendor), keyFile(successor, 'successor')];
    const next = await world.sync({ url, after: first, keys });
    expect(next.taken.signedBy).toBe(successor.fingerprint);
    expect(next.taken.refused).toEqual([]);
  });

  it('[A13] a signature that disappears is no reason to do without', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    rmSync(`${repomd}.asc`);
    const fault = await world.refused({ url, after: first });
    expect(fault).toMatchObject({ code: 'MetadataUnsigned', check: 'repomd.xml is still signed' });
    expect(fault.expected).toContain(world.vendor.fingerprint);
  });

  it('[A14] the key of another upstream does not count here', async () => {
    const first = await world.sync({ url });
    const other = world.gpg.makeKey('other');
    const theirs = world.repository('theirs', { packages: [], key: other });
    const job = { url: theirs, keys: [keyFile(other, 'other')], upstream: { name: 'other' } };
    expect((await world.sync(job)).taken.signedBy).toBe(other.fingerprint);
    world.repository('vendor', { packages: [a, b], revision: 1001, key: other });
    const fault = await world.refused({ url, after: first });
    expect(fault.code).toBe('KeyNotPinned');
  });

  it('[A15] the signature of other metadata by the same key does not fit', async () => {
    const first = await world.sync({ url });
    const asc = readFileSync(`${repomd}.asc`);
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    writeFileSync(`${repomd}.asc`, asc);
    const fault = await world.refused({ url, after: first });
    expect(fault.code).toBe('SignatureInvalid');
  });

  it('[E08] a clear-signed text is no detached signature', async () => {
    const first = await world.sync({ url });
    world.repository('vendor', { packages: [a, b], revision: 1001 });
    world.gpg.run(
      '--local-user',
      world.vendor.fingerprint,
      '--output',
      `${repomd}.asc`,
      '--clear-sign',
      repomd,
    );
    const fault = await world.refused({ url, after: first });
    expect(['SignatureInvalid', 'MetadataUnsigned']).toContain(fault.code);
  });

  it('unsigned metadata is taken where the policy says so, and only there', async () => {
    rmSync(`${repomd}.asc`);
    const require = { metadataSignature: false, packageSignatures: true };
    const mirrored = await world.sync({ url, upstream: { require } });
    expect(mirrored.taken.signedBy).toBeUndefined();
    await isWhole(world.store, mirrored);
  });
});
