import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/model/index.ts';
import { checkedBytes, readPrimary, readRepomd, repomdXml } from '../../../src/rpm/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  all,
  bytesOf,
  digest,
  primaryDocument,
  primaryPackage,
  repomdDocument,
} from './documents.ts';

const read = (document: string) => readRepomd(Buffer.from(document));

describe('repomd.xml', () => {
  it('is read with sizes, digests and a whole timestamp', () => {
    const checksum = { type: 'sha256', hex: digest };
    expect(read(repomdDocument())).toEqual({
      revision: '12',
      records: [
        {
          type: 'primary',
          href: 'repodata/primary.xml.gz',
          checksum,
          openChecksum: checksum,
          sizeBytes: 10,
          openSizeBytes: 20,
          timestamp: 12,
        },
      ],
    });
  });

  it('is written so that it reads back, with the revision as every timestamp', () => {
    const record = {
      type: 'primary',
      href: `repodata/${digest}-primary.xml.gz`,
      checksum: { type: 'sha512', hex: 'cd'.repeat(64) },
      openChecksum: { type: 'sha256', hex: digest },
      sizeBytes: 3,
      openSizeBytes: 9,
    } as const;
    const bare = { type: 'modules', href: 'repodata/m.yaml', checksum: record.openChecksum };
    const xml = repomdXml({ revision: 77, records: [record, bare] });
    expect(read(xml)).toEqual({
      revision: '77',
      records: [
        { ...record, timestamp: 77 },
        { ...bare, timestamp: 77 },
      ],
    });
  });

  it('refuses one type twice', async () => {
    const twice = repomdDocument().replace(/<data[\s\S]*<\/data>/, (data) => data + data);
    expect((await faultOf(async () => read(twice))).check).toBe('one record per type');
  });

  const weak = [
    ['no checksum', ''],
    ['md5', `<checksum type="md5">${'0'.repeat(32)}</checksum>`],
    ['sha1', `<checksum type="sha1">${'0'.repeat(40)}</checksum>`],
    ['sha (that is sha1)', `<checksum type="sha">${'0'.repeat(40)}</checksum>`],
    ['an unknown type', `<checksum type="crc32">${digest}</checksum>`],
    ['a property of every object', `<checksum type="constructor">${digest}</checksum>`],
    ['no type', `<checksum>${digest}</checksum>`],
    ['a wrong length', `<checksum type="sha256">${digest}0</checksum>`],
    ['the length of another type', `<checksum type="sha512">${digest}</checksum>`],
    ['other letters', `<checksum type="sha256">${'zz'.repeat(32)}</checksum>`],
    ['two checksums', `<checksum type="sha256">${digest}</checksum>`.repeat(2)],
  ] as const;

  it.each(weak)('[C13] a record with %s', async (_, checksum) => {
    expect((await faultOf(async () => read(repomdDocument({ checksum })))).code).toBe(
      'MetadataInvalid',
    );
  });

  it.each(weak)('[C13] a package with %s', async (_, checksum) => {
    const withId = checksum.replaceAll('<checksum', '<checksum pkgid="YES"');
    const document = primaryDocument(primaryPackage({ checksum: withId }));
    expect((await faultOf(() => all(readPrimary(bytesOf(document))))).code).toBe('MetadataInvalid');
  });

  it('[C13] a package whose checksum is not its id', async () => {
    for (const id of ['pkgid="NO"', '']) {
      const checksum = `<checksum type="sha256" ${id}>${digest}</checksum>`;
      const document = primaryDocument(primaryPackage({ checksum }));
      expect((await faultOf(() => all(readPrimary(bytesOf(document))))).check).toBe(
        'pkgid of a checksum',
      );
    }
  });

  it('[C13] upper case is the same digest', () => {
    const checksum = `<checksum type="SHA256"> ${digest.toUpperCase()} </checksum>`;
    expect(read(repomdDocument({ checksum })).records[0]?.checksum).toEqual({
      type: 'sha256',
      hex: digest,
    });
  });
});

describe('promised sizes and digests', () => {
  const content = 'some metadata';
  const checksum = { type: 'sha256', hex: digestOf(content) } as const;
  const right = { what: 'primary', sizeBytes: content.length, checksum } as const;

  it('passes what is promised', async () => {
    const passed = checkedBytes(bytesOf(content, 3), { ...right, layer: 'stored' });
    expect(Buffer.concat(await all(passed)).toString()).toBe(content);
  });

  it.each([
    ['size', 'stored', { sizeBytes: content.length + 1 }],
    ['size', 'stored', { sizeBytes: content.length - 1 }],
    ['checksum', 'stored', { checksum: { ...checksum, hex: digest } }],
    ['open-size', 'open', { sizeBytes: content.length + 1 }],
    ['open-size', 'open', { sizeBytes: content.length - 1 }],
    ['open-checksum', 'open', { checksum: { ...checksum, hex: digest } }],
  ] as const)('[C06] %s (%s) that is wrong is named', async (field, layer, change) => {
    const fault = await faultOf(() =>
      all(checkedBytes(bytesOf(content, 3), { ...right, layer, ...change })),
    );
    expect([fault.code, fault.object, fault.check]).toEqual(['ChecksumMismatch', 'primary', field]);
  });

  it('[C04] stops at the promised size', async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1;
        yield Buffer.alloc(1000);
      }
    }
    await faultOf(() =>
      all(checkedBytes(endless(), { what: 'x', layer: 'open', sizeBytes: 5000 })),
    );
    expect(read).toBe(6);
  });
});
