import {
  byAge,
  changedByAge,
  digestOf,
  knownDifferences,
  type PackageEntry,
  type Sha256,
  sortedPackages,
} from '../model/index.ts';

/**
 * A run of packages that is digested, cached and compressed as one. The same packages in a row are the same block in
 * every upstream, channel and generation.
 */
export interface Block {
  /** SHA-256 over the digests of its packages, one a line. */
  readonly key: Sha256;
  readonly packages: readonly PackageEntry[];
}

interface CutBlock extends Block {
  /** The content says that it ends here; otherwise the list does. */
  readonly cut: boolean;
}

const minPackages = 8;
const maxPackages = 64;

/** Lists and entries never change, so what was cut once stays right as long as somebody holds them. */
interface Known {
  readonly ofList: WeakMap<readonly PackageEntry[], readonly Block[]>;
  /** By its first package: a list that is near to one that was cut consists of the same blocks, as the same objects. */
  readonly from: WeakMap<PackageEntry, CutBlock>;
}

const newKnown = (): Known => ({ ofList: new WeakMap(), from: new WeakMap() });
const knownByAge = newKnown();
const knownByName = newKnown();

/**
 * The blocks of metadata and of all else that is derived: packages, sorted by age, are cut where the content says so,
 * after a digest that is a multiple of 32. What comes in was mostly built lately and so makes blocks of its
 * own at the end; what falls between others changes its block and rarely the next one. So cost follows the change.
 */
export const cutBlocks = (packages: readonly PackageEntry[]): readonly Block[] =>
  cut(packages, (list) => agedLikeOther(list) ?? byAge(list), knownByAge);

/** The same of packages sorted by name: the pieces in which a list is stored, for one that is read in this order. */
export const cutByName = (packages: readonly PackageEntry[]): readonly Block[] =>
  cut(packages, sortedPackages, knownByName);

/** Blocks that `cutByName` made once and that were read again: a list that consists of them is cut into the same objects. */
export function knowByName(blocks: Iterable<readonly PackageEntry[]>): void {
  for (const packages of blocks) {
    const [first] = packages;
    if (first) knownByName.from.set(first, cutBlock(packages));
  }
}

/** Out of the blocks of a list that is known to differ little: that is less work than sorting. */
function agedLikeOther(packages: readonly PackageEntry[]): readonly PackageEntry[] | undefined {
  for (const { from, ...difference } of knownDifferences(packages)) {
    const blocks = knownByAge.ofList.get(from);
    if (!blocks) continue;
    const aged = ([] as readonly PackageEntry[]).concat(...blocks.map((b) => b.packages));
    return changedByAge(aged, difference);
  }
  return undefined;
}

function cut(packages: readonly PackageEntry[], order: typeof byAge, known: Known) {
  const before = known.ofList.get(packages);
  if (before) return before;
  const sorted = order(packages);
  const blocks: Block[] = [];
  for (let start = 0; start < sorted.length; ) {
    const block = blockAt(sorted, start, known);
    blocks.push(block);
    start += block.packages.length;
  }
  known.ofList.set(packages, blocks);
  return blocks;
}

function blockAt(sorted: readonly PackageEntry[], start: number, { from }: Known): CutBlock {
  const first = sorted[start];
  const known = first && from.get(first);
  if (known && isAt(sorted, start, known)) return known;
  const block = blockOf(sorted, start);
  if (first) from.set(first, block);
  return block;
}

/** The same entries in a row; a block that only its list ended has to end this list too. */
function isAt(sorted: readonly PackageEntry[], start: number, block: CutBlock): boolean {
  const { packages, cut } = block;
  if (!cut && start + packages.length !== sorted.length) return false;
  return packages.every((entry, at) => sorted[start + at] === entry);
}

function blockOf(sorted: readonly PackageEntry[], start: number): CutBlock {
  const latest = Math.min(start + maxPackages, sorted.length);
  let end = Math.min(start + minPackages, latest);
  while (end < latest && !isCutAfter(sorted[end - 1]?.sha256)) end += 1;
  return cutBlock(sorted.slice(start, end));
}

function cutBlock(packages: readonly PackageEntry[]): CutBlock {
  const cut = packages.length === maxPackages || isCutBy(packages);
  let key: Sha256 | undefined;
  return {
    packages,
    cut,
    // Who stores a list asks for no key of its blocks.
    get key() {
      key ??= digestOf(packages.map((p) => `${p.sha256}\n`).join(''));
      return key;
    },
  };
}

const isCutBy = (packages: readonly PackageEntry[]): boolean =>
  packages.length >= minPackages && isCutAfter(packages.at(-1)?.sha256);

/** A multiple of 32, so once in as many digests, ends in a `0` after an even digit. */
export const isCutAfter = (digest: Sha256 | undefined): boolean =>
  digest?.endsWith('0') === true && Number.parseInt(digest.at(-2) ?? '1', 16) % 2 === 0;
