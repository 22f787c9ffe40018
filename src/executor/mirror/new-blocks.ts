import type { PackageDetail, Sha256 } from '../../model/index.ts';
import {
  type Block,
  cutBlocks,
  keepBlockDependencies,
  keepBlockTexts,
  type Store,
} from '../../store/index.ts';
import type { OfferedPackage } from './offered-package.ts';

/** Blocks of packages that all come in with this sync. */
export interface NewBlocks {
  /** What is to be fetched, block by block. */
  readonly inOrder: readonly OfferedPackage[];
  /** A package that came in and was accepted; with the last one of its block, what is derived from the block is kept. */
  add(detail: PackageDetail): Promise<void>;
}

/**
 * Headers are read while packages come in; what metadata and the closure check need of them is derived at once, so that
 * nobody reads them again. Memory holds the details of the blocks that are under way.
 */
export function newBlocks(
  store: Store,
  wanted: readonly OfferedPackage[],
  missing: readonly OfferedPackage[],
): NewBlocks {
  const byDigest = new Map(missing.map((one) => [one.sha256, one]));
  const blocks = cutBlocks(wanted.map(entryOf));
  const waiting = new Map<Sha256, { readonly block: Block; readonly details: PackageDetail[] }>();
  const rest: OfferedPackage[] = [];
  const inOrder: OfferedPackage[] = [];
  for (const block of blocks) {
    const absent = block.packages.flatMap(({ sha256 }) => byDigest.get(sha256) ?? []);
    const isNew = absent.length === block.packages.length;
    (isNew ? inOrder : rest).push(...absent);
    const state = { block, details: [] };
    if (isNew) for (const { sha256 } of block.packages) waiting.set(sha256, state);
  }
  return {
    inOrder: [...inOrder, ...rest],
    add: async (detail) => {
      const state = waiting.get(detail.sha256);
      if (!state) return;
      waiting.delete(detail.sha256);
      state.details.push(detail);
      if (state.details.length < state.block.packages.length) return;
      const ordered = inBlockOrder(state.block, state.details);
      await keepBlockTexts(store, state.block, ordered);
      await keepBlockDependencies(store, state.block, ordered);
    },
  };
}

/** The parts of an entry by which blocks are cut and files are named. */
function entryOf({ nevra, sha256, sizeBytes, buildTime }: OfferedPackage) {
  return { ...nevra, sha256, sizeBytes, buildTime };
}

function inBlockOrder(block: Block, details: readonly PackageDetail[]): readonly PackageDetail[] {
  const byDigest = new Map(details.map((detail) => [detail.sha256, detail]));
  return block.packages.flatMap(({ sha256 }) => byDigest.get(sha256) ?? []);
}
