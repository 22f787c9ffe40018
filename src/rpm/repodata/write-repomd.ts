import type { RepomdRecord } from './repomd.ts';
import { attributesText } from './xml-writer.ts';

/**
 * repomd.xml: every timestamp is the revision (seconds since 1970, from the generation record), so equal content
 * gives equal bytes. Records are written in the order given.
 */
export function repomdXml(repomd: {
  readonly revision: number;
  readonly records: readonly Omit<RepomdRecord, 'timestamp'>[];
}): string {
  const records = repomd.records.map((record) => recordXml(record, repomd.revision)).join('');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">\n',
    `  <revision>${repomd.revision}</revision>\n`,
    records,
    '</repomd>\n',
  ].join('');
}

function recordXml(record: Omit<RepomdRecord, 'timestamp'>, revision: number): string {
  const { type, href, checksum, openChecksum, sizeBytes, openSizeBytes } = record;
  const open =
    openChecksum === undefined
      ? ''
      : `    <open-checksum type="${openChecksum.type}">${openChecksum.hex}</open-checksum>\n`;
  return [
    `  <data${attributesText({ type })}>\n`,
    `    <checksum type="${checksum.type}">${checksum.hex}</checksum>\n`,
    open,
    `    <location${attributesText({ href })}/>\n`,
    `    <timestamp>${revision}</timestamp>\n`,
    sizeBytes === undefined ? '' : `    <size>${sizeBytes}</size>\n`,
    openSizeBytes === undefined ? '' : `    <open-size>${openSizeBytes}</open-size>\n`,
    '  </data>\n',
  ].join('');
}
