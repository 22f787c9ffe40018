import { digestOf, type Sha256 } from '../model/index.ts';
import { type Block, isCutAfter } from './blocks.ts';

/** A run of blocks in a list: what is known of it changes with the blocks in it, and so rarely. */
export interface BlockGroup {
  /** SHA-256 over the keys of its blocks, one a line. */
  readonly key: Sha256;
  readonly blocks: readonly Block[];
}

const minBlocks = 8;
/** A place in a group is a number of 16 bits; see `group-names.ts`. */
const maxBlocks = 64;

const groupsOfBlocks = new WeakMap<readonly Block[], readonly BlockGroup[]>();

/** Cuts the blocks of a list where their keys say so, as blocks are cut by the digests of packages. */
export function groupBlocks(blocks: readonly Block[]): readonly BlockGroup[] {
  const known = groupsOfBlocks.get(blocks);
  if (known) return known;
  const groups: BlockGroup[] = [];
  for (let start = 0; start < blocks.length; ) {
    let end = Math.min(start + minBlocks, blocks.length);
    const latest = Math.min(start + maxBlocks, blocks.length);
    while (end < latest && !isCutAfter(blocks[end - 1]?.key)) end += 1;
    const some = blocks.slice(start, end);
    groups.push({ key: groupKey(some.map((b) => b.key)), blocks: some });
    start = end;
  }
  groupsOfBlocks.set(blocks, groups);
  return groups;
}

export const groupKey = (blocks: readonly Sha256[]): Sha256 =>
  digestOf(blocks.map((key) => `${key}\n`).join(''));
