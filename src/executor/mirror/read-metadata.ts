import {
  Fault,
  type Group,
  type HeldAdvisory,
  type Module,
  type Nevra,
  type Sha256,
  sha256Of,
} from '../../model/index.ts';
import type { Compression } from '../../ports.ts';
import {
  advisoryDigest,
  type Checksum,
  checkedBytes,
  type PrimaryRecord,
  type Repomd,
  type RepomdRecord,
  readComps,
  readModules,
  readPrimary,
  readUpdateinfo,
} from '../../rpm/index.ts';
import type { Sync } from './job.ts';
import { fromTheStart, type OpenFile, type UpstreamFiles } from './upstream-files.ts';

/** What primary says of a package, and no more than this sync needs: a repository may hold a hundred thousand. */
export interface OfferedPackage {
  readonly nevra: Nevra;
  readonly sha256: Sha256;
  readonly checksum: Checksum;
  readonly sizeBytes: number;
  readonly href: string;
}

export interface OfferedContent {
  readonly packages: readonly OfferedPackage[];
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
    packages: await collect(primary, readOffered),
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

async function* readOffered(
  source: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<OfferedPackage> {
  for await (const record of readPrimary(source, what)) {
    yield ownCopy(record, packageDigest(record, what));
  }
}

/** Strings cut from a document keep all of it in memory; these live for the whole sync and must not. */
function ownCopy({ nevra, checksum, sizeBytes, href }: PrimaryRecord, sha256: Sha256) {
  const { name, epoch, version, release, arch } = nevra;
  const own = (text: string): string => Buffer.from(text).toString();
  return {
    nevra: {
      name: own(name),
      epoch,
      version: own(version),
      release: own(release),
      arch: own(arch),
    },
    sha256: sha256Of(own(sha256)),
    checksum: { type: checksum.type, hex: own(checksum.hex) },
    sizeBytes,
    href: own(href),
  };
}

function packageDigest({ checksum, href }: PrimaryRecord, what: string): Sha256 {
  if (checksum.type === 'sha256') return sha256Of(checksum.hex);
  throw new Fault('MetadataInvalid', {
    object: `${what}: ${href}`,
    check: 'packages are named by their SHA-256',
    expected: 'checksum type sha256',
    found: checksum.type,
    fix: 'Ask the upstream to make its metadata with `createrepo_c --checksum sha256`.',
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
