import { gzipSync } from 'node:zlib';

/**
 * The smallest Debian package that aptly takes (deb(5): an ar archive of format version, control and data). Number and
 * revision make it; it has no files, so what it costs is the packages' number alone.
 */
export function debPackage(
  index: number,
  revision: number,
): { readonly fileName: string; readonly bytes: Buffer } {
  const name = `bench-${String(index).padStart(6, '0')}`;
  const control = [
    `Package: ${name}`,
    `Version: ${revision}`,
    'Architecture: amd64',
    'Maintainer: Bench <bench@example.org>',
    'Depends: libc6',
    `Description: package ${index} of the bench`,
  ];
  const bytes = Buffer.concat([
    Buffer.from('!<arch>\n'),
    arMember('debian-binary', Buffer.from('2.0\n')),
    arMember('control.tar.gz', gzipSync(tar('./control', Buffer.from(`${control.join('\n')}\n`)))),
    arMember('data.tar.gz', gzipSync(tarEnd)),
  ]);
  return { fileName: `${name}_${revision}_amd64.deb`, bytes };
}

const tarEnd = Buffer.alloc(1024);

/** ar(5): sixty bytes of header, the content, and one more byte to an even length. */
function arMember(name: string, content: Buffer): Buffer {
  const fields = [
    name.padEnd(16),
    '0'.padEnd(12),
    '0'.padEnd(6),
    '0'.padEnd(6),
    '100644'.padEnd(8),
  ];
  const header = `${fields.join('')}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), content, Buffer.from(content.length % 2 ? '\n' : '')]);
}

/** An archive of one file, in the ustar form of POSIX pax(1). */
function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, width: number) =>
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
  header.write(name, 0);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(content.length, 124, 12);
  octal(0, 136, 12);
  header.write(' '.repeat(8), 148);
  header.write('0ustar\x0000', 156);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511), tarEnd]);
}
