import { join } from 'node:path';
import { digestOf, type Sha256 } from '../model/index.ts';
import { filelistsFragment, otherFragment, primaryFragment } from '../rpm/index.ts';
import { blockDetails, derived } from './block-details.ts';
import type { Block } from './blocks.ts';
import { type Codec, type Member, pack, unpack } from './member.ts';
import { blockDirectory, packageHref, type Store } from './paths.ts';

export const metadataTypes = ['primary', 'filelists', 'other'] as const;
export type MetadataType = (typeof metadataTypes)[number];

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
    const open = await unpack(packed, codec).catch(() => undefined);
    return open && { packed, open };
  };
  const [primary, filelists, other] = await Promise.all(metadataTypes.map(member));
  return primary && filelists && other ? { primary, filelists, other } : undefined;
}

async function makeMembers(store: Store, block: Block, codec: Codec): Promise<BlockMetadata> {
  const details = await blockDetails(store, block);
  const [primary, filelists, other] = await Promise.all([
    pack(details.map((d) => primaryFragment(d, packageHref(d))).join(''), codec),
    pack(details.map(filelistsFragment).join(''), codec),
    pack(details.map(otherFragment).join(''), codec),
  ]);
  const made = { primary, filelists, other };
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

const memberFile = (type: MetadataType, codec: Codec): string => `${type}.xml.${codec}`;

function parsed<T>(bytes: Uint8Array | undefined): T | undefined {
  try {
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as T);
  } catch {
    return undefined;
  }
}
