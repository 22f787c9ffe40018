import type { PackageDetail } from '../model/index.ts';
import { readPackageHead } from '../rpm/index.ts';
import type { Block } from './blocks.ts';
import { packageHead } from './packages.ts';
import type { Store } from './paths.ts';

/** Everything that repodata says of a block's packages, from their heads. */
export async function blockDetails(
  store: Store,
  block: Pick<Block, 'packages'>,
): Promise<readonly PackageDetail[]> {
  return await Promise.all(
    block.packages.map(async (entry) =>
      readPackageHead(await packageHead(store, entry), {
        sha256: entry.sha256,
        sizeBytes: entry.sizeBytes,
      }),
    ),
  );
}

/** How derived files are written: without fsync, since a damaged one is noticed and made again. */
export const derived = { durable: false } as const;
