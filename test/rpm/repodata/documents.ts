import type { PackageDetail } from '../../../src/model/index.ts';
import { sha256Of } from '../../../src/model/index.ts';

/** One chunk, or many: the readers must not care. */
export async function* bytesOf(
  content: string | Uint8Array,
  chunkBytes = 1 << 16,
): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}

export const digest = 'ab'.repeat(32);

/** One valid package of primary.xml, with parts replaced. */
export function primaryPackage(
  parts: { name?: string; location?: string; checksum?: string } = {},
) {
  return `<package type="rpm">
  <name>${parts.name ?? 'tree'}</name><arch>x86_64</arch>
  <version epoch="0" ver="2.1.0" rel="3"/>
  ${parts.checksum ?? `<checksum type="sha256" pkgid="YES">${digest}</checksum>`}
  <summary>s</summary><description>d</description><packager/><url/>
  <time file="5" build="5"/><size package="1" installed="2" archive="3"/>
  ${parts.location ?? '<location href="Packages/tree-2.1.0-3.x86_64.rpm"/>'}
  <format><rpm:license>MIT</rpm:license><rpm:vendor/><rpm:group>g</rpm:group><rpm:buildhost>h</rpm:buildhost>
    <rpm:sourcerpm>tree-2.1.0-3.src.rpm</rpm:sourcerpm><rpm:header-range start="1" end="2"/></format>
</package>`;
}

export function primaryDocument(packages: string, count = 1, prolog = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${prolog}
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${count}">
${packages}
</metadata>`;
}

export function repomdDocument(parts: { location?: string; checksum?: string } = {}): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>12</revision>
<data type="primary">
  ${parts.checksum ?? `<checksum type="sha256">${digest}</checksum>`}
  <open-checksum type="sha256">${digest}</open-checksum>
  ${parts.location ?? '<location href="repodata/primary.xml.gz"/>'}
  <timestamp>12.75</timestamp><size>10</size><open-size>20</open-size>
</data></repomd>`;
}

/** A package with one of everything. */
export function packageDetail(changes: Partial<PackageDetail> = {}): PackageDetail {
  return {
    name: 'tree',
    epoch: 1,
    version: '2.1~rc1',
    release: '3^git',
    arch: 'x86_64',
    sha256: sha256Of(digest),
    sizeBytes: 1000,
    buildTime: 1_700_000_000,
    sourceRpm: 'tree-2.1~rc1-3^git.src.rpm',
    summary: 'Lists <directories> & "files"',
    description: 'One.\n\nTwo.\r\nThree: Grüße 🌳',
    packager: 'A <a@example.org>',
    url: 'https://example.org/?a=1&b=2',
    license: 'MIT',
    vendor: 'Example',
    group: 'Unspecified',
    buildHost: 'build.example.org',
    installedSizeBytes: 2000,
    archiveSizeBytes: 2100,
    headerStart: 280,
    headerEnd: 2057,
    provides: [{ name: 'tree', flags: 'EQ', epoch: '1', version: '2.1~rc1', release: '3^git' }],
    requires: [{ name: '/bin/sh', pre: true }, { name: '(a or (b if c))' }],
    conflicts: [{ name: 'oak', flags: 'LT', epoch: '0', version: '2' }],
    obsoletes: [],
    suggests: [],
    enhances: [],
    recommends: [{ name: 'birch' }],
    supplements: [],
    files: [
      { path: '/etc/tree.conf', type: 'file' },
      { path: '/usr/bin/tree', type: 'file' },
      { path: '/usr/share/a & b', type: 'dir' },
      { path: '/var/log/tree', type: 'ghost' },
    ],
    changelogs: [
      { author: 'A <a@example.org> - 2.1-3', date: 1_700_000_000, text: '- <new> & shiny' },
    ],
    ...changes,
  };
}
