import {
  Fault,
  type Group,
  type HeldAdvisory,
  type Module,
  type Sha256,
} from '../../model/index.ts';
import type { Compression } from '../../ports.ts';
import {
  advisoryDigest,
  checkedBytes,
  type Repomd,
  type RepomdRecord,
  readComps,
  readModules,
  readUpdateinfo,
} from '../../rpm/index.ts';
import type { Sync } from './job.ts';
import { type Offered, readOffered } from './read-offered.ts';
import { fromTheStart, type OpenFile, type UpstreamFiles } from './upstream-files.ts';

export interface OfferedContent {
  readonly offered: Offered;
  readonly advisories: readonly HeldAdvisory[];
  readonly groups: readonly Group[];
  readonly modules: readonly Module[];
}

const maxStoredBytes = 1 << 30;
const maxOpenBytes = 8 * (1 << 30);
// Room for the last chunk, so that the check against repomd.xml speaks first and names its field.
const slackBytes = 16 << 20;

/** Reads what repomd.xml names and a snapshot needs; filelists and other are derived from the packages themselves. */
export async function readMetadata(
  sync: Sync,
  files: UpstreamFiles,
  repomd: Repomd,
): Promise<OfferedContent> {
  const record = (...types: string[]) =>
    types.flatMap((type) => repomd.records.filter((r) => r.type === type))[0];
  const primary = record('primary');
  if (primary === undefined) throw noPrimary(sync);
  const collect = <T>(from: RepomdRecord | undefined, read: Reader<T>): Promise<T[]> =>
    from === undefined ? Promise.resolve([]) : readRecord(sync, files, { record: from, read });
  return {
    offered: await readOffered(sync, (read) => readRecord(sync, files, { record: primary, read })),
    advisories: onePerDigest(await collect(record('updateinfo'), readAdvisories)),
    groups: onePerDigest(await collect(record('group', 'group_gz'), readComps)),
    modules: onePerDigest(await collect(record('modules'), readModules)),
  };
}

/** Vendors repeat themselves; a snapshot is a set. */
function onePerDigest<T extends { readonly sha256: Sha256 }>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map((one) => [one.sha256, one])).values()];
}

type Reader<T> = (
  source: AsyncIterable<Uint8Array>,
  what: string,
) => AsyncIterable<T> | Promise<readonly T[]>;

async function readRecord<T>(
  sync: Sync,
  files: UpstreamFiles,
  { record, read }: { readonly record: RepomdRecord; readonly read: Reader<T> },
): Promise<T[]> {
  const what = `${record.type} of ${sync.upstream.name}`;
  return await fromTheStart(files, async (open) => {
    const ends = { stored: false, open: false };
    const content = contentOf(sync, { open, record, what, ends });
    const values = await gathered(read(content, what));
    // A reader that stops at the end of its document must not leave the rest, and so the checksum, unread.
    if (!ends.stored || !ends.open) throw goesOn(what);
    return values;
  });
}

async function gathered<T>(values: AsyncIterable<T> | Promise<readonly T[]>): Promise<T[]> {
  if (values instanceof Promise) return [...(await values)];
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

interface Reading {
  readonly open: OpenFile;
  readonly record: RepomdRecord;
  readonly what: string;
  readonly ends: { stored: boolean; open: boolean };
}

async function* contentOf(
  sync: Sync,
  { open, record, what, ends }: Reading,
): AsyncGenerator<Uint8Array> {
  const { sizeBytes, openSizeBytes, checksum, openChecksum } = record;
  const exact = sizeBytes === undefined ? {} : { sizeBytes };
  const compression = compressionOf(record.href, what);
  const stored = toTheEnd(
    checkedBytes(open(record.href, { maxBytes: sizeBytes ?? maxStoredBytes, ...exact }), {
      what,
      layer: 'stored',
      checksum,
      ...exact,
    }),
    () => {
      ends.stored = true;
    },
  );
  const maxBytes = openSizeBytes === undefined ? maxOpenBytes : openSizeBytes + slackBytes;
  yield* toTheEnd(
    checkedBytes(sync.ports.decompress.open(compression, stored, { maxBytes }), {
      what,
      layer: 'open',
      ...(openSizeBytes === undefined || compression === 'none'
        ? {}
        : { sizeBytes: openSizeBytes }),
      ...(openChecksum === undefined ? {} : { checksum: openChecksum }),
    }),
    () => {
      ends.open = true;
    },
  );
}

async function* toTheEnd(
  source: AsyncIterable<Uint8Array>,
  ended: () => void,
): AsyncGenerator<Uint8Array> {
  yield* source;
  ended();
}

const compressions: readonly (readonly [RegExp, Compression])[] = [
  [/\.gz$/, 'gz'],
  [/\.xz$/, 'xz'],
  [/\.bz2$/, 'bz2'],
  [/\.zst$/, 'zst'],
  [/\.(xml|yaml)$/, 'none'],
];

function compressionOf(href: string, what: string): Compression {
  const known = compressions.find(([ending]) => ending.test(href))?.[1];
  if (known !== undefined) return known;
  throw new Fault('MetadataInvalid', {
    object: what,
    check: 'the compression of a metadata file',
    expected: '.gz, .xz, .bz2, .zst, .xml or .yaml',
    found: href,
    fix: 'Ask the upstream to offer its metadata in one of these as well.',
  });
}

async function* readAdvisories(
  source: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<HeldAdvisory> {
  for await (const advisory of readUpdateinfo(source, what)) {
    yield { sha256: advisoryDigest(advisory), advisory };
  }
}

function noPrimary(sync: Sync): Fault {
  return new Fault('MetadataInvalid', {
    object: `upstream ${sync.upstream.name}`,
    check: 'repomd.xml names a primary',
    found: 'none',
    fix: 'Check `url` of the upstream: it must be the folder that holds repodata/.',
  });
}

function goesOn(what: string): Fault {
  return new Fault('MetadataInvalid', {
    object: what,
    check: 'nothing follows the end of the document',
    found: 'more data',
    fix: 'Sync again; if it stays, the upstream serves damaged metadata.',
  });
}
