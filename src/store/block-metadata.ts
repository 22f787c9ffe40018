import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Sha256 } from '../model/index.ts';
import type { FileRange } from '../ports.ts';
import { derived } from './block-details.ts';
import type { BlockGroup } from './block-groups.ts';
import {
  type BlockTexts,
  type ByType,
  blockTexts,
  type MetadataType,
  makeTexts,
  metadataTypes,
  type NearBlocks,
  textsPath,
} from './block-texts.ts';
import type { Block } from './blocks.ts';
import { keptGroupMembers, type Members, type Sum } from './group-members.ts';
import { type Codec, memberFormat, pack } from './member.ts';
import { blockDirectory, type Store } from './paths.ts';
import { workAhead } from './work-ahead.ts';

/**
 * What a block contributes to the three metadata files, in two files of the cache: the compressed members one after the
 * other, and the open ones, because the checksum over an open metadata file reads all of it at every publication.
 */
export interface BlockMetadata {
  readonly block: Block;
  readonly packed: ByType<FileRange>;
  readonly open: ByType<FileRange>;
}

/** Blocks that are made at a time; each is a few megabytes at most. */
const blocksAhead = 4;

interface Index extends Members {
  readonly format: number;
  /** The block that the members were made for. */
  readonly key: Sha256;
}

/** How members are made that the cache does not have. */
export interface Making {
  readonly codec: Codec;
  readonly near: NearBlocks;
}

export interface BlocksMetadata {
  /** In their order. */
  readonly blocks: readonly BlockMetadata[];
  /** Groups of them of which nothing is kept yet: `keepGroupMembers`. */
  readonly unkept: readonly BlockGroup[];
}

/** From the cache or made. The bytes depend on the packages and the codec alone. */
export async function blocksMetadata(
  store: Store,
  blocks: readonly Block[],
  making: Making,
): Promise<BlocksMetadata> {
  const { codec, near } = making;
  const { members, unkept } = await keptGroupMembers(store, blocks, codec);
  const single = blocks.filter((block) => !members.has(block.key));
  const found = new Map<Sha256, BlockMetadata>();
  let at = 0;
  for await (const bytes of store.disk.readEach(single.map((b) => indexPath(store, b, codec)))) {
    const index = parsed(bytes);
    if (index?.format === memberFormat && index.key === single[at]?.key)
      members.set(index.key, index);
    at += 1;
  }
  const make = async (block: Block): Promise<void> => {
    const texts = await blockTexts(store, block, near);
    found.set(block.key, await keepMembers(store, block, { codec, texts }));
  };
  const missing = single.filter((block) => !members.has(block.key));
  for await (const _ of workAhead(missing, blocksAhead, make));
  const all = blocks.map((block) => {
    const known = members.get(block.key);
    return known ? placed(store, block, { codec, members: known }) : found.get(block.key);
  });
  return { blocks: all.filter((one) => one !== undefined), unkept };
}

/** Makes the members of a block again, whatever the cache has. */
export async function makeBlockMetadata(
  store: Store,
  block: Block,
  codec: Codec,
): Promise<BlockMetadata> {
  const texts = await makeTexts(store, block, new Map());
  return await keepMembers(store, block, { codec, texts });
}

/** Compresses texts that are at hand and keeps what comes out. */
export async function keepMembers(
  store: Store,
  block: Block,
  { codec, texts }: { readonly codec: Codec; readonly texts: BlockTexts },
): Promise<BlockMetadata> {
  const [primary, filelists, other] = await Promise.all([
    pack(texts.primary, codec),
    pack(texts.filelists, codec),
    pack(texts.other, codec),
  ]);
  const members = { primary, filelists, other };
  const index: Index = {
    format: memberFormat,
    key: block.key,
    packed: byType((type) => sumOf(members[type].packed)),
    open: byType((type) => sumOf(members[type].open)),
  };
  const bytes = Buffer.concat(metadataTypes.map((type) => members[type].packed));
  await store.disk.replace(packedPath(store, block, codec), bytes, derived);
  await store.disk.replace(indexPath(store, block, codec), JSON.stringify(index), derived);
  return placed(store, block, { codec, members: index });
}

const byType = <T>(of: (type: MetadataType) => T): ByType<T> => ({
  primary: of('primary'),
  filelists: of('filelists'),
  other: of('other'),
});

const sumOf = (bytes: Uint8Array): Sum => ({ sizeBytes: bytes.byteLength, crc32: crc32(bytes) });

function placed(
  store: Store,
  block: Block,
  { codec, members }: { readonly codec: Codec; readonly members: Members },
): BlockMetadata {
  const inFile = (path: string, { primary, filelists, other }: ByType<Sum>): ByType<FileRange> => ({
    primary: { path, offset: 0, ...primary },
    filelists: { path, offset: primary.sizeBytes, ...filelists },
    other: { path, offset: primary.sizeBytes + filelists.sizeBytes, ...other },
  });
  return {
    block,
    packed: inFile(packedPath(store, block, codec), members.packed),
    open: inFile(textsPath(store, block), members.open),
  };
}

const packedPath = (store: Store, { key }: Block, codec: Codec): string =>
  join(blockDirectory(store.root, key), `metadata.${codec}`);

const indexPath = (store: Store, { key }: Block, codec: Codec): string =>
  join(blockDirectory(store.root, key), `members.${codec}.json`);

function parsed(bytes: Uint8Array | undefined): Index | undefined {
  try {
    const index = bytes && (JSON.parse(Buffer.from(bytes).toString()) as Index);
    const isWhole = index && metadataTypes.every((type) => index.open[type].sizeBytes > 0);
    return isWhole ? index : undefined;
  } catch {
    return undefined;
  }
}
