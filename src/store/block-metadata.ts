import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { digestOf, Fault, nevraText, type PackageDetail, type Sha256 } from '../model/index.ts';
import type { FileRange } from '../ports.ts';
import { filelistsFragment, otherFragment, primaryFragment } from '../rpm/index.ts';
import { blockDetails, derived } from './block-details.ts';
import type { Block } from './blocks.ts';
import { type Codec, type Member, pack } from './member.ts';
import { blockDirectory, packageHref, type Store } from './paths.ts';
import { workAhead } from './work-ahead.ts';

export const metadataTypes = ['primary', 'filelists', 'other'] as const;
export type MetadataType = (typeof metadataTypes)[number];
type ByType<T> = Readonly<Record<MetadataType, T>>;

/**
 * What a block contributes to the three metadata files, in two files of the cache: the compressed members one after the
 * other, and the open ones, because the checksum over an open metadata file reads all of it at every publication.
 */
export interface BlockMetadata {
  readonly block: Block;
  readonly packedPath: string;
  readonly packedSha256: Sha256;
  /** Lengths of the members in the compressed file. */
  readonly packedBytes: ByType<number>;
  readonly open: ByType<FileRange>;
}

/** Raised when fragments or compression change: blocks that were made before are then made again. */
const format = 2;

/** Blocks that are made at a time; each is a few megabytes at most. */
const blocksAhead = 4;

interface Index {
  readonly format: number;
  /** The block that the members were made for. */
  readonly key: Sha256;
  readonly packedSha256: Sha256;
  readonly members: ByType<{
    readonly packedBytes: number;
    readonly openBytes: number;
    readonly openCrc32: number;
  }>;
}

/** In the order of the blocks, from the cache or made from the package heads. The bytes depend on the packages alone. */
export async function blocksMetadata(
  store: Store,
  blocks: readonly Block[],
  codec: Codec,
): Promise<readonly BlockMetadata[]> {
  const found: (BlockMetadata | undefined)[] = [];
  const missing: number[] = [];
  for await (const bytes of store.disk.readEach(blocks.map((b) => indexPath(store, b, codec)))) {
    const block = blocks[found.length];
    const index = parsed(bytes);
    const isWhole = block && index?.format === format && index.key === block.key;
    if (!isWhole) missing.push(found.length);
    found.push(isWhole ? placed(store, block, { codec, index }) : undefined);
  }
  const make = async (n: number): Promise<void> => {
    const block = blocks[n];
    if (block) found[n] = await makeBlockMetadata(store, block, codec);
  };
  for await (const _ of workAhead(missing, blocksAhead, make));
  return found.filter((one) => one !== undefined);
}

/** Makes the members of a block, whatever the cache has. */
export async function makeBlockMetadata(
  store: Store,
  block: Block,
  codec: Codec,
): Promise<BlockMetadata> {
  const details = await blockDetails(store, block);
  const [primary, filelists, other] = await Promise.all([
    pack(primaryText(block, details), codec),
    pack(details.map(filelistsFragment).join(''), codec),
    pack(details.map(otherFragment).join(''), codec),
  ]);
  const all = [primary, filelists, other];
  const packed = Buffer.concat(all.map((member) => member.packed));
  const index: Index = {
    format,
    key: block.key,
    packedSha256: digestOf(packed),
    members: { primary: sums(primary), filelists: sums(filelists), other: sums(other) },
  };
  const made = placed(store, block, { codec, index });
  const open = Buffer.concat(all.map((member) => member.open));
  await store.disk.replace(made.open.primary.path, open, derived);
  await store.disk.replace(made.packedPath, packed, derived);
  await store.disk.replace(indexPath(store, block, codec), JSON.stringify(index), derived);
  return made;
}

const sums = ({ packed, open }: Member): Index['members']['primary'] => ({
  packedBytes: packed.byteLength,
  openBytes: open.byteLength,
  openCrc32: crc32(open),
});

function placed(
  store: Store,
  block: Block,
  { codec, index }: { readonly codec: Codec; readonly index: Index },
): BlockMetadata {
  const directory = blockDirectory(store.root, block.key);
  const { primary, filelists, other } = index.members;
  const path = join(directory, 'metadata.xml');
  const range = (offset: number, of: Index['members']['primary']): FileRange => ({
    path,
    offset,
    sizeBytes: of.openBytes,
    crc32: of.openCrc32,
  });
  return {
    block,
    packedPath: join(directory, `metadata.${codec}`),
    packedSha256: index.packedSha256,
    packedBytes: {
      primary: primary.packedBytes,
      filelists: filelists.packedBytes,
      other: other.packedBytes,
    },
    open: {
      primary: range(0, primary),
      filelists: range(primary.openBytes, filelists),
      other: range(primary.openBytes + filelists.openBytes, other),
    },
  };
}

const indexPath = (store: Store, block: Block, codec: Codec): string =>
  join(blockDirectory(store.root, block.key), `metadata.${codec}.json`);

function parsed(bytes: Uint8Array | undefined): Index | undefined {
  try {
    const index = bytes && (JSON.parse(Buffer.from(bytes).toString()) as Index);
    return index && metadataTypes.every((t) => index.members[t].openBytes > 0) ? index : undefined;
  } catch {
    return undefined;
  }
}

/**
 * With the post-condition of every publication: primary names exactly the packages of the content, by digest and by
 * file. It holds for each block when it is made, and so for every file that is put together from blocks.
 */
function primaryText(block: Block, details: readonly PackageDetail[]): string {
  const text = details.map((detail) => primaryFragment(detail, packageHref(detail))).join('');
  const digests = [...text.matchAll(/ pkgid="YES">([0-9a-f]{64})</g)].map((m) => m[1]);
  const hrefs = [...text.matchAll(/<location href="([^"]*)"/g)].map((m) => m[1]);
  const wrong = block.packages.find(
    (p, i) => p.sha256 !== digests[i] || packageHref(p) !== hrefs[i],
  );
  const count = block.packages.length;
  if (!wrong && digests.length === count && hrefs.length === count) return text;
  throw new Fault('MetadataInvalid', {
    object: wrong ? nevraText(wrong) : `block ${block.key}`,
    check: 'primary names exactly the packages of the content',
    expected: wrong ? `${packageHref(wrong)}` : `${count} packages`,
    found: wrong ? 'another package in its place' : `${digests.length} packages`,
    fix: 'Run `sluice verify`: the stored packages are not what the snapshot says of them.',
  });
}
