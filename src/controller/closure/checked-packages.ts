import {
  type ChannelSnapshot,
  type ClosureNeed,
  digestOf,
  digestsOf,
  type PackageEntry,
  type Sha256,
} from '../../model/index.ts';
import { type Block, type BlockGroup, cutBlocks, groupBlocks } from '../../store/index.ts';

/** All packages that a check looks at: a content and those that machines use together with it. */
export interface CheckedPackages {
  /** Digest of what follows. */
  readonly id: Sha256;
  /** Each once, as several lists may have it, by key. */
  readonly groups: ReadonlyMap<Sha256, BlockGroup>;
  /** The same once more, list by list; a package may be in several. */
  readonly lists: readonly CheckedList[];
}

export interface CheckedList {
  readonly packages: readonly PackageEntry[];
  readonly blocks: readonly Block[];
}

export function checkedPackages(need: ClosureNeed): CheckedPackages {
  const trees = [need.content, ...need.with].flatMap((c) => [...installableTrees(c).values()]);
  const lists = trees.map(({ packages }) => ({ packages, blocks: cutBlocks(packages) }));
  const groups = new Map<Sha256, BlockGroup>();
  for (const { blocks } of lists) for (const g of groupBlocks(blocks)) groups.set(g.key, g);
  const id = digestOf([...groups.keys()].toSorted().join('\n'));
  return { id, groups, lists };
}

/** Trees whose packages are never installed, so their requirements are not those of a machine. */
const uninstallable = new Set(['source', 'debug']);

export function installableTrees({ trees }: ChannelSnapshot): ChannelSnapshot['trees'] {
  return new Map([...trees].filter(([tree]) => !uninstallable.has(tree)));
}

/** Tells whether a package stands in a block that is not one of these. */
export function standsElsewhere(
  { lists }: CheckedPackages,
  blocks: ReadonlySet<Sha256>,
): (sha256: Sha256) => boolean {
  const inside = lists.map((list) => {
    const some = list.blocks.filter((b) => blocks.has(b.key));
    return new Set(some.flatMap((b) => b.packages.map((p) => p.sha256)));
  });
  return (sha256) =>
    lists.some(({ packages }, n) => digestsOf(packages).has(sha256) && !inside[n]?.has(sha256));
}
