import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { digestOf, type Sha256 } from '../model/index.ts';
import type { FileRange } from '../ports.ts';
import { derived } from './block-details.ts';
import {
  type BlockTexts,
  type ByType,
  blockTexts,
  makeTexts,
  metadataTypes,
  type NearBlocks,
  textsPath,
} from './block-texts.ts';
import type { Block } from './blocks.ts';
import { type Codec, type Member, pack } from './member.ts';
import { blockDirectory, type Store } from './paths.ts';
import { workAhead } from './work-ahead.ts';

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

/** Raised when compression changes: blocks that were made before are then made again. */
const format = 3;

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

/** How members are made that the cache does not have. */
export interface Making {
  readonly codec: Codec;
  readonly near: NearBlocks;
}

/** In the order of the blocks, from the cache or made. The bytes depend on the packages and the codec alone. */
export async function blocksMetadata(
  store: Store,
  blocks: readonly Block[],
  making: Making,
): Promise<readonly BlockMetadata[]> {
  const { codec, near } = making;
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
    if (block)
      found[n] = await packed(store, block, { codec, texts: await blockTexts(store, block, near) });
  };
  for await (const _ of workAhead(missing, blocksAhead, make));
  return found.filter((one) => one !== undefined);
}

/** Makes the members of a block again, whatever the cache has. */
export async function makeBlockMetadata(
  store: Store,
  block: Block,
  codec: Codec,
): Promise<BlockMetadata> {
  const texts = await makeTexts(store, block, new Map());
  return await packed(store, block, { codec, texts });
}

async function packed(
  store: Store,
  block: Block,
  { codec, texts }: { readonly codec: Codec; readonly texts: BlockTexts },
): Promise<BlockMetadata> {
  const [primary, filelists, other] = await Promise.all([
    pack(texts.primary, codec),
    pack(texts.filelists, codec),
    pack(texts.other, codec),
  ]);
  const bytes = Buffer.concat([primary, filelists, other].map((member) => member.packed));
  const index: Index = {
    format,
    key: block.key,
    packedSha256: digestOf(bytes),
    members: { primary: sums(primary), filelists: sums(filelists), other: sums(other) },
  };
  const made = placed(store, block, { codec, index });
  await store.disk.replace(made.packedPath, bytes, derived);
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
  const { primary, filelists, other } = index.members;
  const path = textsPath(store, block);
  const range = (offset: number, of: Index['members']['primary']): FileRange => ({
    path,
    offset,
    sizeBytes: of.openBytes,
    crc32: of.openCrc32,
  });
  return {
    block,
    packedPath: join(blockDirectory(store.root, block.key), `metadata.${codec}`),
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
