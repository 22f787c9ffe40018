import type { ChangelogEntry, Nevra } from '../../model/index.ts';
import { nevraOf, packageShape } from './package-elements.ts';
import { childrenOf, requiredAttribute, wholeNumber } from './xml-element.ts';
import { xmlRecords } from './xml-reader.ts';

/** One `<package>` of other.xml. */
export interface OtherRecord {
  /** Digest of the package file, as hex of the kind that primary uses. */
  readonly pkgid: string;
  readonly nevra: Nevra;
  /** In the file's order: oldest first. */
  readonly changelogs: readonly ChangelogEntry[];
}

/** Streams the packages of other.xml. Whatever breaks its format is `MetadataInvalid`. */
export async function* readOther(
  source: AsyncIterable<Uint8Array>,
  what = 'other',
): AsyncGenerator<OtherRecord> {
  for await (const element of xmlRecords(source, packageShape('other', what))) {
    const name = requiredAttribute(element, 'name');
    yield {
      pkgid: requiredAttribute(element, 'pkgid').toLowerCase(),
      nevra: nevraOf(element, name, requiredAttribute(element, 'arch')),
      changelogs: childrenOf(element, 'changelog').map((entry) => ({
        author: requiredAttribute(entry, 'author'),
        date: wholeNumber(entry, requiredAttribute(entry, 'date'), 'changelog date'),
        text: entry.text,
      })),
    };
  }
}
