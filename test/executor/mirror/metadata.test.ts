import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Mirrored } from '../../../src/executor/mirror/job.ts';
import { digestOf } from '../../../src/model/index.ts';
import { type MirrorWorld, mirrorWorld } from '../../support/mirror-world.ts';
import { rewritePrimary, rewriteRepomd } from '../../support/rewrite-metadata.ts';
import { updateinfoText } from '../../support/upstream.ts';

/** Metadata that a vendor's own key signed and that is wrong all the same. */
let world: MirrorWorld;
let a: string;
let b: string;
let url: string;
let first: Mirrored;
beforeAll(() => {
  world = mirrorWorld();
  [a = '', b = ''] = world.packages([{ name: 'a' }, { name: 'b' }]);
});
afterAll(() => world.dispose());
beforeEach(async () => {
  url = world.repository('vendor', { packages: [a], revision: 1000 });
  first = await world.sync({ url });
  const updateinfo = updateinfoText([{ id: 'EX-1', packages: ['b-1-1.noarch'] }]);
  world.repository('vendor', { packages: [a, b], revision: 1001, updateinfo });
});

const primary = (edit: (xml: string) => string) => rewritePrimary(url, world.vendor, edit);
const repomd = (edit: (xml: string) => string) => rewriteRepomd(url, world.vendor, edit);
const refused = () => world.refused({ url, after: first });
const hrefOfB = 'href="Packages/b-1-1.noarch.rpm"';

describe('locations', () => {
  it.each([
    '../../outside.rpm',
    '/etc/passwd',
    'Packages/../../outside.rpm',
    '%2e%2e/outside.rpm',
    '..\\outside.rpm',
    '',
    '.',
    'Packages/',
    `${'x'.repeat(300)}.rpm`,
    'repodata/repomd.xml',
    'https://elsewhere.example/x.rpm',
    'CON',
  ])('[C10] of a package: %j', async (href) => {
    primary((xml) => xml.replace(hrefOfB, `href="${href}"`));
    const fault = await refused();
    expect(fault.code).toBe('MetadataInvalid');
    expect(existsSync(join(world.root, 'outside.rpm'))).toBe(false);
  });

  it.each(['https://elsewhere.example/', 'file:///'])('[C11] xml:base %s', async (base) => {
    primary((xml) => xml.replace(hrefOfB, `xml:base="${base}" ${hrefOfB}`));
    expect((await refused()).code).toBe('MetadataInvalid');
  });

  it('[C12] of a metadata file, out of the repository', async () => {
    writeFileSync(join(world.root, 'outside.xml.gz'), 'x');
    repomd((xml) => xml.replace(/href="repodata\/[^"]*primary/, 'href="../outside'));
    expect((await refused()).code).toBe('MetadataInvalid');
  });

  it('[C15] one location with two digests', async () => {
    primary((xml) => xml.replace(hrefOfB, 'href="Packages/a-1-1.noarch.rpm"'));
    const fault = await refused();
    expect(fault).toMatchObject({ code: 'MetadataInvalid', check: 'one location holds one file' });
    expect(fault.found).toContain('Packages/a-1-1.noarch.rpm');
  });

  it('one digest under two names', async () => {
    primary((xml) => {
      const digests = [...xml.matchAll(/pkgid="YES">([0-9a-f]{64})/g)].map((m) => m[1] ?? '');
      return xml.replace(digests[1] ?? '', digests[0] ?? '');
    });
    expect((await refused()).check).toBe('one digest has one name');
  });
});

describe('checksums, sizes and counts', () => {
  const record = (type: string, edit: (record: string) => string) =>
    repomd((xml) => xml.replace(new RegExp(`<data type="${type}">[^]*?</data>`), edit));
  const oneMore = (field: string) => (text: string) =>
    text.replace(new RegExp(`<${field}>(\\d+)<`), (_, n) => `<${field}>${Number(n) + 1}<`);
  const otherDigest = (field: string) => (text: string) =>
    text.replace(new RegExp(`(<${field} type="sha256">)[0-9a-f]{64}`), `$1${digestOf('other')}`);

  it.each([
    ['size', 'primary', oneMore('size')],
    ['open-size', 'primary', oneMore('open-size')],
    ['checksum', 'primary', otherDigest('checksum')],
    ['open-checksum', 'primary', otherDigest('open-checksum')],
    ['open-checksum', 'updateinfo', otherDigest('open-checksum')],
  ])('[C06] a wrong %s of %s is refused and named', async (field, type, edit) => {
    record(type, edit);
    const fault = await refused();
    expect(fault.code).toBe('ChecksumMismatch');
    expect(fault.check).toContain(field);
  });

  it('[C09] another number of packages than announced', async () => {
    for (const count of [1, 9_999_999]) {
      primary((xml) => xml.replace(/packages="\d+"/, `packages="${count}"`));
      const fault = await refused();
      expect(fault.code).toBe('MetadataInvalid');
      expect(`${fault.check} ${fault.found}`).toMatch(/2/);
    }
  });

  it('[C07] a primary that ends inside a package is never a smaller repository', async () => {
    primary((xml) => xml.slice(0, xml.lastIndexOf('<format>')));
    expect((await refused()).code).toBe('MetadataInvalid');
  });

  it.each([
    ['type="md5" pkgid="YES">0123456789abcdef0123456789abcdef<'],
    ['type="sha1" pkgid="YES">0123456789abcdef0123456789abcdef01234567<'],
    ['type="crc" pkgid="YES">01<'],
    ['type="sha256" pkgid="YES">01<'],
    [`type="sha256" pkgid="NO">${digestOf('x')}<`],
    [`type="sha512" pkgid="YES">${digestOf('x')}${digestOf('y')}<`],
  ])('[C13] a package checksum %s', async (text) => {
    primary((xml) => xml.replace(/type="sha256" pkgid="YES">[0-9a-f]+</, text));
    expect((await refused()).code).toBe('MetadataInvalid');
  });

  it('[C13] digests in upper case mean the same', async () => {
    primary((xml) =>
      xml.replace(/(pkgid="YES">)([0-9a-f]+)/g, (_, tag, hex) => `${tag}${hex.toUpperCase()}`),
    );
    const { snapshot } = await world.sync({ url, after: first });
    expect(snapshot.packages).toHaveLength(2);
  });
});

describe('records', () => {
  it('[C17] of an unknown type are neither read nor fetched', async () => {
    const [digest, href] = [digestOf('x'), 'repodata/evil.bin'];
    repomd((xml) =>
      xml.replace(
        '</repomd>',
        `<data type="x-evil"><checksum type="sha256">${digest}</checksum>
         <location href="${href}"/><size>1</size></data></repomd>`,
      ),
    );
    world.read.length = 0;
    const { snapshot } = await world.sync({ url, after: first });
    expect(snapshot.packages).toHaveLength(2);
    expect(world.read.filter((path) => path.includes('evil'))).toEqual([]);
  });

  it('without a primary there is no repository', async () => {
    repomd((xml) => xml.replace('type="primary"', 'type="primary_db"'));
    const fault = await refused();
    expect(fault).toMatchObject({ code: 'MetadataInvalid', check: 'repomd.xml names a primary' });
  });

  it('[C01] [C03] a DOCTYPE with entities is refused before anything is expanded', async () => {
    primary((xml) =>
      xml.replace('?>', '?><!DOCTYPE metadata [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    );
    const fault = await refused();
    expect(fault.code).toBe('MetadataInvalid');
    expect(`${fault.check} ${fault.found}`).toMatch(/DOCTYPE/i);
  });
});
