import { describe, expect, it } from 'vitest';
import { hrefObjection, readPrimary, readRepomd } from '../../../src/rpm/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { all, bytesOf, primaryDocument, primaryPackage, repomdDocument } from './documents.ts';

const hostile = [
  '../../x',
  '..',
  '/etc/x',
  '//host/x',
  'a/../../b',
  'a/./b',
  '%2e%2e/x',
  '%2E%2E%2fx',
  'a%5cb',
  'a%00b',
  'a%zz',
  '..\\x',
  'a\u0085b',
  'a\u202eb',
  '',
  '.',
  'x/',
  'a//b',
  `${'x'.repeat(300)}.rpm`,
  `${'é'.repeat(200)}.rpm`,
  'x/'.repeat(2500),
  'CON',
  'a/nul.rpm',
  'C:/x.rpm',
  'file:///etc/passwd',
  'http://host/x.rpm',
  'x.rpm?y',
  'x.rpm#y',
];

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
const packageAt = (location: string) => primaryDocument(primaryPackage({ location }));

describe('locations', () => {
  it.each(hostile)('[C10] a package at %j', async (href) => {
    const document = packageAt(`<location href="${escaped(href)}"/>`);
    expect((await faultOf(() => all(readPrimary(bytesOf(document))))).code).toBe('MetadataInvalid');
  });

  it.each(['repodata/repomd.xml', 'Repodata/x.rpm', 'repodata'])(
    '[C10] a package at %j, where the metadata is',
    async (href) => {
      const document = packageAt(`<location href="${href}"/>`);
      expect((await faultOf(() => all(readPrimary(bytesOf(document))))).code).toBe(
        'MetadataInvalid',
      );
    },
  );

  it('[C10] line breaks, NUL and other encodings', async () => {
    for (const part of ['a&#10;b', 'a&#0;b', 'a\0b', 'a&#13;b', 'a&#9;b']) {
      const document = packageAt(`<location href="${part}"/>`);
      expect((await faultOf(() => all(readPrimary(bytesOf(document))))).code).toBe(
        'MetadataInvalid',
      );
    }
    const latin = Buffer.from(packageAt('<location href="gr\u00fcn.rpm"/>'), 'latin1');
    expect((await faultOf(() => all(readPrimary(bytesOf(latin))))).check).toBe('text is UTF-8');
    expect((await faultOf(() => all(readPrimary(bytesOf(packageAt('')))))).code).toBe(
      'MetadataInvalid',
    );
  });

  it.each(['http://other.example.org/', 'file:///', '.', ''])(
    '[C11] xml:base="%s"',
    async (base) => {
      const location = `<location xml:base="${base}" href="tree.rpm"/>`;
      const fault = await faultOf(() => all(readPrimary(bytesOf(packageAt(location)))));
      expect(fault.check).toBe('location has no xml:base');
      expect(
        (await faultOf(async () => readRepomd(Buffer.from(repomdDocument({ location }))))).check,
      ).toBe('location has no xml:base');
    },
  );

  it.each(hostile)('[C12] repomd.xml with a record at %j', async (href) => {
    const document = repomdDocument({ location: `<location href="${escaped(href)}"/>` });
    expect((await faultOf(async () => readRepomd(Buffer.from(document)))).code).toBe(
      'MetadataInvalid',
    );
  });

  it.each([
    'tree-2.1.0-3.x86_64.rpm',
    'Packages/t/tree.rpm',
    'x/2:1.0-1.rpm',
    'libstdc++%2B1.rpm',
    'grün/…/🌳.rpm',
    'con-1.0.rpm',
    '..a/b..',
  ])('takes %j', (href) => {
    expect(hrefObjection(href)).toBeUndefined();
  });
});
