import { digestOf, type PackageEntry, type Sha256 } from '../model/index.ts';

/**
 * A run of packages that is digested, cached and compressed as one. The same packages in a row are the same block in
 * every upstream, channel and generation.
 */
export interface Block {
  /** SHA-256 over the digests of its packages, one a line. */
  readonly key: Sha256;
  readonly packages: readonly PackageEntry[];
}

const averagePackages = 32;
const minPackages = 8;
const maxPackages = 64;

/**
 * Cuts packages, sorted by name and digest, where the content says so: after a digest whose low 32 bits are a multiple
 * of 32. An insertion changes the block it falls into and rarely the next one, so cost follows the change.
 */
export function cutBlocks(packages: readonly PackageEntry[]): readonly Block[] {
  const blocks: Block[] = [];
  let run: PackageEntry[] = [];
  for (const entry of packages.toSorted(byNameThenDigest)) {
    run.push(entry);
    const full = run.length >= maxPackages;
    if (full || (run.length >= minPackages && isCut(entry.sha256))) {
      blocks.push(blockOf(run));
      run = [];
    }
  }
  if (run.length > 0) blocks.push(blockOf(run));
  return blocks;
}

function byNameThenDigest(a: PackageEntry, b: PackageEntry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.sha256 < b.sha256 ? -1 : a.sha256 > b.sha256 ? 1 : 0;
}

function isCut(digest: Sha256): boolean {
  return Number.parseInt(digest.slice(-8), 16) % averagePackages === 0;
}

function blockOf(packages: readonly PackageEntry[]): Block {
  return { key: digestOf(packages.map((p) => `${p.sha256}\n`).join('')), packages };
}
