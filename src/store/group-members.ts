import { join } from 'node:path';
import type { Sha256 } from '../model/index.ts';
import type { FileRange } from '../ports.ts';
import { type BlockGroup, groupBlocks } from './block-groups.ts';
import type { ByType } from './block-texts.ts';
import type { Block } from './blocks.ts';
import { type DerivedPlace, keepDerivedJson, keptJson } from './derived-json.ts';
import { type Codec, memberFormat } from './member.ts';
import type { Store } from './paths.ts';

export type Sum = Pick<FileRange, 'sizeBytes' | 'crc32'>;

/** What is known of a block's members: of the compressed ones, and of what comes out of them. */
export interface Members {
  readonly packed: ByType<Sum>;
  readonly open: ByType<Sum>;
}

/** The members of its blocks, in their order; kept where a block's would be, as a group is a block of blocks. */
const placeOf = ({ key }: BlockGroup, codec: Codec): DerivedPlace => ({
  path: join('blocks', key.slice(0, 2), key, `members.${codec}.json`),
  format: memberFormat,
});

/** By the keys of the blocks, out of one file a group instead of one a block; `unkept` are the groups that have none. */
export async function keptGroupMembers(store: Store, blocks: readonly Block[], codec: Codec) {
  const members = new Map<Sha256, Members>();
  const unkept: BlockGroup[] = [];
  await Promise.all(
    groupBlocks(blocks).map(async (group) => {
      const kept = await keptJson<readonly Members[]>(store, placeOf(group, codec));
      if (kept === undefined) unkept.push(group);
      for (const [n, of] of kept?.entries() ?? []) {
        const block = group.blocks[n];
        if (block) members.set(block.key, of);
      }
    }),
  );
  return { members, unkept };
}

/**
 * Only for blocks whose bytes were compared with this, all of them: what is wrong here would be found wrong again at every
 * publication.
 */
export async function keepGroupMembers(
  store: Store,
  groups: readonly BlockGroup[],
  known: {
    readonly codec: Codec;
    readonly blocks: readonly ({ readonly block: Block } & Members)[];
  },
): Promise<void> {
  if (groups.length === 0) return;
  const byKey = new Map(known.blocks.map((one) => [one.block.key, one]));
  await Promise.all(
    groups.map(async (group) => {
      const members = group.blocks.flatMap(({ key }) => byKey.get(key) ?? []).map(sumsOf);
      await keepDerivedJson(store, placeOf(group, known.codec), members);
    }),
  );
}

const sumsOf = ({ packed, open }: Members): Members => ({
  packed: withoutPlaces(packed),
  open: withoutPlaces(open),
});

const withoutPlaces = ({ primary, filelists, other }: ByType<Sum>): ByType<Sum> => ({
  primary: sumOf(primary),
  filelists: sumOf(filelists),
  other: sumOf(other),
});

const sumOf = ({ sizeBytes, crc32 }: Sum): Sum => ({
  sizeBytes,
  ...(crc32 !== undefined && { crc32 }),
});
