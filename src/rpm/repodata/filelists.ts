import type { FileEntry, Nevra } from '../../model/index.ts';
import { filesOf, nevraOf, packageShape } from './package-elements.ts';
import { requiredAttribute } from './xml-element.ts';
import { xmlRecords } from './xml-reader.ts';

/** One `<package>` of filelists.xml. */
export interface FilelistsRecord {
  /** Digest of the package file, as hex of the kind that primary uses. */
  readonly pkgid: string;
  readonly nevra: Nevra;
  readonly files: readonly FileEntry[];
}

/** Streams the packages of filelists.xml. Whatever breaks its format is `MetadataInvalid`. */
export async function* readFilelists(
  source: AsyncIterable<Uint8Array>,
  what = 'filelists',
): AsyncGenerator<FilelistsRecord> {
  for await (const element of xmlRecords(source, packageShape('filelists', what))) {
    const name = requiredAttribute(element, 'name');
    yield {
      pkgid: requiredAttribute(element, 'pkgid').toLowerCase(),
      nevra: nevraOf(element, name, requiredAttribute(element, 'arch')),
      files: filesOf(element),
    };
  }
}
