import type { PackageDependencies, PackageDetail, PackageEntry, Sha256 } from '../model/index.ts';
import { isPrimaryPath } from '../rpm/index.ts';
import { blockDetails } from './block-details.ts';
import type { Block } from './blocks.ts';
import { derivedJson, keepDerivedJson } from './derived-json.ts';
import type { Store } from './paths.ts';

/** Raised when the same packages would give other dependencies. */
const format = 2;

/** Paths of one package. */
export interface PackagePaths {
  readonly sha256: Sha256;
  readonly files: readonly string[];
}

/**
 * What the closure check reads of a block's packages; cached like the metadata. `files` has only the paths that
 * primary lists: nearly all that are ever required, and few of those that there are.
 */
export async function blockDependencies(
  store: Store,
  block: Block,
): Promise<readonly PackageDependencies[]> {
  return await derivedJson(store, placeOf(block, 'dependencies'), async () => {
    const details = await blockDetails(store, block);
    await keepDerivedJson(store, placeOf(block, 'paths'), details.map(unlistedPathsOf));
    return details.map(dependenciesOf);
  });
}

/** Of packages whose details are at hand, because they have just been read. */
export async function keepBlockDependencies(
  store: Store,
  block: Block,
  details: readonly PackageDetail[],
): Promise<void> {
  await keepDerivedJson(store, placeOf(block, 'paths'), details.map(unlistedPathsOf));
  await keepDerivedJson(store, placeOf(block, 'dependencies'), details.map(dependenciesOf));
}

/** The paths that primary does not list. */
export async function blockUnlistedPaths(
  store: Store,
  block: Block,
): Promise<readonly PackagePaths[]> {
  return await derivedJson(store, placeOf(block, 'paths'), async () =>
    (await blockDetails(store, block)).map(unlistedPathsOf),
  );
}

/** The same of single packages, with all their files; read from the packages themselves. */
export async function packageDependencies(
  store: Store,
  packages: readonly PackageEntry[],
): Promise<readonly PackageDependencies[]> {
  const details = await blockDetails(store, { packages });
  return details.map((detail) => ({ ...dependenciesOf(detail), files: pathsOf(detail) }));
}

function placeOf({ key }: Block, name: string) {
  return { path: `blocks/${key.slice(0, 2)}/${key}/${name}.json`, format };
}

function dependenciesOf(detail: PackageDetail): PackageDependencies {
  const { sha256, name, epoch, version, release, arch } = detail;
  const { requires, provides, conflicts, obsoletes } = detail;
  const nevra = { name, epoch, version, release, arch };
  const files = pathsOf(detail).filter(isPrimaryPath);
  return { sha256, nevra, requires, provides, conflicts, obsoletes, files };
}

function unlistedPathsOf(detail: PackageDetail): PackagePaths {
  return { sha256: detail.sha256, files: pathsOf(detail).filter((path) => !isPrimaryPath(path)) };
}

const pathsOf = ({ files }: PackageDetail): readonly string[] => files.map((file) => file.path);
