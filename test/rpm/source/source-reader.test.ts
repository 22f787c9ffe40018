import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readSourceHead, sourceReader } from '../../../src/rpm/index.ts';
import { type SourceFile, writeCpio, writeSourcePackage } from '../../support/source-package.ts';

const spec: SourceFile = { name: 'x.spec', content: 'Name: x\n' };
const link = 0o120777;

function read(archive: Buffer, chunkBytes = archive.length) {
  const reader = sourceReader('x-1-1.src');
  for (let at = 0; at < archive.length; at += chunkBytes) {
    reader.push(archive.subarray(at, at + chunkBytes));
  }
  return reader.finish();
}

describe('a source package, looked into from outside', () => {
  test('has names and the text of its spec, in pieces of any size', () => {
    const files = [
      { name: 'a.tar', content: Buffer.alloc(1001, 7) },
      spec,
      { name: 'b', content: '' },
    ];
    for (const size of [1, 3, 110, 512, 5000]) {
      expect(read(writeCpio(files), size)).toEqual({
        names: ['a.tar', 'x.spec', 'b'],
        spec: { name: 'x.spec', text: 'Name: x\n' },
      });
    }
  });

  test('is read as the cpio program reads it', () => {
    const archive = writeCpio([spec, { name: 'y', content: 'y' }]);
    const listed = execFileSync('cpio', ['-it', '--quiet'], { input: archive }).toString();
    expect(listed.trim().split('\n')).toEqual(['x.spec', 'y']);
  });

  test('tells how its payload is compressed and where it begins', () => {
    const bytes = writeSourcePackage([spec], { requires: ['gcc'] });
    const head = readSourceHead(bytes, {
      sha256: 'a'.repeat(64) as never,
      sizeBytes: bytes.length,
    });
    expect(head).toMatchObject({ compression: 'gz', detail: { name: 'sample', arch: 'src' } });
    expect(head.detail.requires.map((r) => r.name)).toEqual(['gcc']);
    expect(read(gunzipSync(bytes.subarray(head.payloadStart))).spec.name).toBe('x.spec');
  });
});

describe('[I10] a source package is refused, and nothing of it is unpacked, when', () => {
  test.each([
    ['a name leads upwards', [spec, { name: '../evil', content: 'x' }], 'names of files are plain'],
    ['a name is absolute', [spec, { name: '/etc/cron.d/evil', content: 'x' }], 'plain'],
    ['a name has folders', [spec, { name: 'a/b', content: 'x' }], 'plain'],
    ['a name reads as an option', [{ name: '-x.spec', content: '' }], 'plain'],
    ['a name is hidden', [spec, { name: '.rpmmacros', content: '' }], 'plain'],
    ['a name has two lines', [spec, { name: 'a\nb', content: '' }], 'plain'],
    [
      'there is a link to write through',
      [spec, { name: 'l', content: '/etc', mode: link }],
      'regular',
    ],
    ['there is a directory', [spec, { name: 'd', content: '', mode: 0o40755 }], 'regular files'],
    ['there is a device', [spec, { name: 'd', content: '', mode: 0o60600 }], 'regular files'],
    [
      'a name is there twice',
      [spec, { name: 'y', content: '' }, { name: 'y', content: '' }],
      'once',
    ],
    ['there are two specs', [spec, { name: 'y.spec', content: '' }], 'exactly one spec'],
    ['there is no spec', [{ name: 'y', content: '' }], 'exactly one spec'],
  ] as const)('%s', (_, files, check) => {
    expect(() => read(writeCpio(files))).toThrow(check);
  });

  test.each([
    ['its archive is cut', writeCpio([spec]).subarray(0, 130)],
    ['its archive is none', Buffer.from('not an archive'.repeat(20))],
    [
      'a size is no number',
      Buffer.from(writeCpio([spec]).toString('latin1').replace('00000008', 'zzzzzzzz'), 'latin1'),
    ],
  ])('%s', (_, archive) => {
    expect(() => read(archive)).toThrow(/cpio archive/);
  });
});
