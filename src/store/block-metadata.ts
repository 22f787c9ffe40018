import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import {
  digestOf,
  type PackageDependencies,
  type PackageDetail,
  type PackageEntry,
  type Sha256,
} from '../model/index.ts';
import {
  filelistsFragment,
  otherFragment,
  primaryFragment,
  readPackageHead,
} from '../rpm/index.ts';
import type { Block } from './blocks.ts';
import { packageHead } from './packages.ts';
import { blockDirectory, packageLocation, type Store } from './paths.ts';

export type Codec = 'gz' | 'zst';
export const metadataTypes = ['primary', 'filelists', 'other'] as const;
export type MetadataType = (typeof metadataTypes)[number];

/** One gzip member (RFC 1952) or zstd frame (RFC 8878), and what comes out of it. */
export interface Member {
  readonly packed: Uint8Array;
  readonly open: Uint8Array;
}

/** What a block contributes to each metadata file. */
export type BlockMetadata = Readonly<Record<MetadataType, Member>>;

/** Raised when fragments or compression change: blocks that were made before are then made again. */
const format = 1;

/**
 * The members of a block, from the cache or made from the package heads. The cache carries its own digests; damaged
 * or absent, it is made again. The bytes depend on the packages alone.
 */
export async function blockMetadata(
  store: Store,
  block: Block,
  codec: Codec,
): Promise<BlockMetadata> {
  return (await cachedMembers(store, block, codec)) ?? (await makeMembers(store, block, codec));
}

type MemberIndex = { readonly format: number } & Readonly<Record<MetadataType, Sha256>>;

async function cachedMembers(
  store: Store,
  block: Block,
  codec: Codec,
): Promise<BlockMetadata | undefined> {
  const directory = blockDirectory(store.root, block.key);
  const index = parsed<MemberIndex>(await store.disk.read(join(directory, `${codec}.json`)));
  if (index?.format !== format) return undefined;
  const member = async (type: MetadataType): Promise<Member | undefined> => {
    const packed = await store.disk.read(join(directory, memberFile(type, codec)));
    if (!packed || digestOf(packed) !== index[type]) return undefined;
    return { packed, open: await unpack(packed, codec) };
  };
  const [primary, filelists, other] = await Promise.all(metadataTypes.map(member));
  return primary && filelists && other ? { primary, filelists, other } : undefined;
}

async function makeMembers(store: Store, block: Block, codec: Codec): Promise<BlockMetadata> {
  const details = await blockDetails(store, block);
  const made = {
    primary: await pack(details.map((d) => primaryFragment(d, href(d))).join(''), codec),
    filelists: await pack(details.map(filelistsFragment).join(''), codec),
    other: await pack(details.map(otherFragment).join(''), codec),
  };
  const directory = blockDirectory(store.root, block.key);
  for (const type of metadataTypes) {
    await store.disk.replace(join(directory, memberFile(type, codec)), made[type].packed, derived);
  }
  const index: MemberIndex = {
    format,
    primary: digestOf(made.primary.packed),
    filelists: digestOf(made.filelists.packed),
    other: digestOf(made.other.packed),
  };
  await store.disk.replace(join(directory, `${codec}.json`), JSON.stringify(index), derived);
  return made;
}

const derived = { durable: false } as const;

const memberFile = (type: MetadataType, codec: Codec): string => `${type}.xml.${codec}`;

/** `<location href>`: the published tree reaches the packages through its symlink `Packages`. */
export function href(entry: PackageEntry): string {
  return `Packages/${packageLocation(entry)}`;
}

async function blockDetails(store: Store, block: Block): Promise<readonly PackageDetail[]> {
  return await Promise.all(
    block.packages.map(async (entry) =>
      readPackageHead(await packageHead(store, entry), {
        sha256: entry.sha256,
        sizeBytes: entry.sizeBytes,
      }),
    ),
  );
}

/** What the closure check reads of a block's packages; cached like the metadata. */
export async function blockDependencies(
  store: Store,
  block: Block,
): Promise<readonly PackageDependencies[]> {
  const path = join(blockDirectory(store.root, block.key), 'deps.json');
  const cached = cachedDependencies(await store.disk.read(path));
  if (cached) return cached;
  const made = (await blockDetails(store, block)).map(dependenciesOf);
  const body = JSON.stringify(made);
  await store.disk.replace(path, `${digestOf(`${format}${body}`)}\n${body}\n`, derived);
  return made;
}

function cachedDependencies(
  bytes: Uint8Array | undefined,
): readonly PackageDependencies[] | undefined {
  if (bytes === undefined) return undefined;
  const [digest, body = ''] = Buffer.from(bytes).toString().split('\n');
  if (digestOf(`${format}${body}`) !== digest) return undefined;
  return JSON.parse(body) as readonly PackageDependencies[];
}

function dependenciesOf(detail: PackageDetail): PackageDependencies {
  const { sha256, name, epoch, version, release, arch } = detail;
  const { requires, provides, conflicts, obsoletes } = detail;
  const nevra = { name, epoch, version, release, arch };
  const files = detail.files.map((f) => f.path);
  return { sha256, nevra, requires, provides, conflicts, obsoletes, files };
}

function parsed<T>(bytes: Uint8Array | undefined): T | undefined {
  try {
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as T);
  } catch {
    return undefined;
  }
}

/** Compresses text into one member; fixed level, no name, no time: equal text gives equal bytes. */
export async function pack(text: string, codec: Codec): Promise<Member> {
  const open = Buffer.from(text);
  return { packed: await compress(open, codec), open };
}

async function compress(open: Uint8Array, codec: Codec): Promise<Uint8Array> {
  if (codec === 'gz') {
    const packed = await promisify(gzip)(open, { level: 6 });
    // Byte 9 names the operating system (RFC 1952): 255 = unknown, so that it does not enter the digest.
    packed[9] = 255;
    return packed;
  }
  const params = { [constants.ZSTD_c_compressionLevel]: 9 };
  return await promisify(zstdCompress)(open, { params });
}

export async function unpack(packed: Uint8Array, codec: Codec): Promise<Uint8Array> {
  return codec === 'gz' ? await promisify(gunzip)(packed) : await promisify(zstdDecompress)(packed);
}
