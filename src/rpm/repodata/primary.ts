import type { Dependency, FileEntry, Nevra } from '../../model/index.ts';
import { type Checksum, checksumOf } from './checksum.ts';
import { packageHrefOf } from './href.ts';
import { dependenciesOf, filesOf, nevraOf, packageShape } from './package-elements.ts';
import {
  childText,
  elementFault,
  numberAttribute,
  optionalChild,
  requiredChild,
  type XmlElement,
} from './xml-element.ts';
import { xmlRecords } from './xml-reader.ts';

/** One `<package>` of primary.xml. Texts are as written, numbers are whole; absent ones are empty or 0. */
export interface PrimaryRecord {
  readonly nevra: Nevra;
  /** Digest of the package file. */
  readonly checksum: Checksum;
  /** Relative to the repository, checked by `packageHrefOf`. */
  readonly href: string;
  readonly sizeBytes: number;
  readonly installedSizeBytes: number;
  readonly archiveSizeBytes: number;
  /** Seconds since 1970: of the file, and of the build. */
  readonly fileTime: number;
  readonly buildTime: number;
  readonly headerStart: number;
  readonly headerEnd: number;
  readonly summary: string;
  readonly description: string;
  readonly packager: string;
  readonly url: string;
  readonly license: string;
  readonly vendor: string;
  readonly group: string;
  readonly buildHost: string;
  /** Empty for source packages. */
  readonly sourceRpm: string;
  readonly provides: readonly Dependency[];
  readonly requires: readonly Dependency[];
  readonly conflicts: readonly Dependency[];
  readonly obsoletes: readonly Dependency[];
  readonly suggests: readonly Dependency[];
  readonly enhances: readonly Dependency[];
  readonly recommends: readonly Dependency[];
  readonly supplements: readonly Dependency[];
  /** Only the paths that primary lists. */
  readonly files: readonly FileEntry[];
}

/** Streams the packages of primary.xml. Whatever breaks its format is `MetadataInvalid`. */
export async function* readPrimary(
  source: AsyncIterable<Uint8Array>,
  what = 'primary',
): AsyncGenerator<PrimaryRecord> {
  for await (const element of xmlRecords(source, packageShape('primary', what))) {
    yield primaryRecord(element);
  }
}

export function primaryRecord(element: XmlElement): PrimaryRecord {
  const type = element.attributes.type;
  if (type !== 'rpm')
    throw elementFault(element, 'type of a package', { found: type ?? 'none', expected: 'rpm' });
  const format = requiredChild(element, 'format');
  const size = requiredChild(element, 'size');
  const time = optionalChild(element, 'time');
  const range = optionalChild(format, 'rpm:header-range');
  return {
    nevra: nevraOf(
      element,
      requiredChild(element, 'name').text,
      requiredChild(element, 'arch').text,
    ),
    checksum: packageChecksum(element),
    href: packageHrefOf(requiredChild(element, 'location')),
    sizeBytes: numberAttribute(size, 'package', 0),
    installedSizeBytes: numberAttribute(size, 'installed', 0),
    archiveSizeBytes: numberAttribute(size, 'archive', 0),
    fileTime: numberAttribute(time, 'file', 0),
    buildTime: numberAttribute(time, 'build', 0),
    headerStart: numberAttribute(range, 'start', 0),
    headerEnd: numberAttribute(range, 'end', 0),
    summary: childText(element, 'summary'),
    description: childText(element, 'description'),
    packager: childText(element, 'packager'),
    url: childText(element, 'url'),
    ...formatOf(format),
  };
}

function formatOf(format: XmlElement) {
  const list = (name: string) => dependenciesOf(optionalChild(format, `rpm:${name}`));
  return {
    license: childText(format, 'rpm:license'),
    vendor: childText(format, 'rpm:vendor'),
    group: childText(format, 'rpm:group'),
    buildHost: childText(format, 'rpm:buildhost'),
    sourceRpm: childText(format, 'rpm:sourcerpm'),
    provides: list('provides'),
    requires: list('requires'),
    conflicts: list('conflicts'),
    obsoletes: list('obsoletes'),
    suggests: list('suggests'),
    enhances: list('enhances'),
    recommends: list('recommends'),
    supplements: list('supplements'),
    files: filesOf(format),
  };
}

function packageChecksum(element: XmlElement): Checksum {
  const checksum = requiredChild(element, 'checksum');
  const pkgid = checksum.attributes.pkgid ?? 'none';
  if (pkgid !== 'YES')
    throw elementFault(checksum, 'pkgid of a checksum', { found: pkgid, expected: 'YES' });
  return checksumOf(checksum);
}
