import { describe, expect, it } from 'vitest';
import { checkNevra, readPrimary, readUpdateinfo } from '../../../src/rpm/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { all, bytesOf, primaryDocument, primaryPackage } from './documents.ts';

const hostile = [
  '../../evil',
  '-rf',
  '--version',
  '$(id)',
  '`id`',
  'a;b',
  'a b',
  'a\nb',
  'tree\u202egnp',
  'tr\u00e9e',
  'x'.repeat(10_000),
  '<script>alert(1)</script>',
  '.hidden',
  '%{name}',
  '',
];
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const good = { name: 'tree', epoch: 0, version: '2.1.0', release: '3', arch: 'x86_64' };

describe('names of packages', () => {
  it.each(hostile.map((name) => [name.slice(0, 30), name]))('[C16] %j', async (_, name) => {
    const document = primaryDocument(primaryPackage({ name: escaped(name) }));
    const fault = await faultOf(() => all(readPrimary(bytesOf(document))));
    expect([fault.code, fault.check]).toEqual(['MetadataInvalid', 'name of a package']);
    expect(fault.message.length).toBeLessThan(1000);
    expect(fault.message).not.toMatch(/[\u202e\n]/);
  });

  it('[C16] in advisories too', async () => {
    const entry = '<package name="../evil" version="1" release="1" epoch="0" arch="noarch"/>';
    const document = `<updates><update><id>X-1</id><pkglist><collection>${entry}</collection></pkglist></update></updates>`;
    expect((await faultOf(() => all(readUpdateinfo(bytesOf(document))))).check).toBe(
      'name of a package',
    );
    const id = document.replace('X-1', '../../x').replace('../evil', 'good');
    expect((await faultOf(() => all(readUpdateinfo(bytesOf(id))))).check).toBe('id of an advisory');
  });

  it.each([
    { version: '1-2' },
    { version: '1/2' },
    { version: '' },
    { release: '$x' },
    { arch: '..' },
    { arch: 'x86-64' },
    { epoch: -1 },
    { epoch: 2 ** 32 },
    { epoch: 1.5 },
    { name: 'a'.repeat(230) },
  ])('[C16] %j', async (change) => {
    expect((await faultOf(async () => checkNevra({ ...good, ...change }))).code).toBe(
      'MetadataInvalid',
    );
  });

  it.each([
    { name: 'libstdc++' },
    { name: '389-ds-base' },
    { name: 'gcc-c++', version: '1.0~rc1^git.2', release: '1.el9_4.1' },
    { name: '_x', epoch: 2 ** 32 - 1, arch: 'src' },
    { name: 'perl-Test.Foo+bar' },
  ])('takes %j', (change) => {
    expect(() => checkNevra({ ...good, ...change })).not.toThrow();
  });
});
