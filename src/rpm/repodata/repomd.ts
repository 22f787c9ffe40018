import { type Checksum, checksumOf } from './checksum.ts';
import { hrefOf } from './href.ts';
import {
  childText,
  elementFault,
  optionalChild,
  requiredAttribute,
  requiredChild,
  wholeNumber,
  type XmlElement,
} from './xml-element.ts';
import { xmlDocument } from './xml-reader.ts';

/** One `<data>` of repomd.xml: a file that holds a kind of metadata. */
export interface RepomdRecord {
  /** `primary`, `filelists`, `other`, `updateinfo`, `group`, `modules` … */
  readonly type: string;
  /** Relative to the repository, checked. */
  readonly href: string;
  readonly checksum: Checksum;
  /** Of the decompressed content. */
  readonly openChecksum?: Checksum;
  readonly sizeBytes?: number;
  readonly openSizeBytes?: number;
  /** Seconds since 1970; 0 when absent. */
  readonly timestamp: number;
}

export interface Repomd {
  /** As written; createrepo_c writes seconds since 1970, others count or write nothing. */
  readonly revision: string;
  readonly records: readonly RepomdRecord[];
}

/** Reads repomd.xml (createrepo_c's `repomd.xml`, namespace `…/metadata/repo`). */
export function readRepomd(bytes: Uint8Array, source = 'repomd.xml'): Repomd {
  const root = xmlDocument(bytes, {
    source,
    root: 'repomd',
    namespace: 'http://linux.duke.edu/metadata/repo',
    records: 'any',
  });
  const records: RepomdRecord[] = [];
  for (const data of root.children) {
    if (data.name !== 'data') continue;
    const record = recordOf(data);
    if (records.some((r) => r.type === record.type)) {
      throw elementFault(data, 'one record per type', { found: record.type });
    }
    records.push(record);
  }
  return { revision: childText(root, 'revision').trim(), records };
}

function recordOf(data: XmlElement): RepomdRecord {
  const type = requiredAttribute(data, 'type');
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(type))
    throw elementFault(data, 'type of a record', { found: type });
  const openChecksum = optionalChild(data, 'open-checksum');
  const sizeBytes = numberIn(data, 'size');
  const openSizeBytes = numberIn(data, 'open-size');
  return {
    type,
    href: hrefOf(requiredChild(data, 'location')),
    checksum: checksumOf(requiredChild(data, 'checksum')),
    ...(openChecksum === undefined ? {} : { openChecksum: checksumOf(openChecksum) }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(openSizeBytes === undefined ? {} : { openSizeBytes }),
    timestamp: timestampOf(data),
  };
}

function numberIn(data: XmlElement, name: string): number | undefined {
  const child = optionalChild(data, name);
  return child && wholeNumber(child, child.text, name);
}

/** Old createrepo wrote fractions of a second. */
function timestampOf(data: XmlElement): number {
  const child = optionalChild(data, 'timestamp');
  if (!child) return 0;
  return wholeNumber(child, child.text.trim().replace(/\.\d{1,15}$/, ''), 'timestamp');
}
