import { join } from 'node:path';
import { digestOf, type PackageDependencies, type PackageDetail } from '../model/index.ts';
import { blockDetails, derived } from './block-details.ts';
import type { Block } from './blocks.ts';
import { blockDirectory, type Store } from './paths.ts';

/** Raised when the same packages would give other dependencies. */
const format = 1;

/** What the closure check reads of a block's packages; cached like the metadata. */
export async function blockDependencies(
  store: Store,
  block: Block,
): Promise<readonly PackageDependencies[]> {
  const path = join(blockDirectory(store.root, block.key), 'deps.json');
  const cached = cachedDependencies(await store.disk.read(path));
  if (cached) return cached;
  const made = (await blockDetails(store, block)).map(dependenciesOf);
  const body = JSON.stringify(made);
  await store.disk.replace(path, `${digestOf(`${format}${body}`)}\n${body}\n`, derived);
  return made;
}

function cachedDependencies(
  bytes: Uint8Array | undefined,
): readonly PackageDependencies[] | undefined {
  if (bytes === undefined) return undefined;
  const [digest, body = ''] = Buffer.from(bytes).toString().split('\n');
  if (digestOf(`${format}${body}`) !== digest) return undefined;
  return JSON.parse(body) as readonly PackageDependencies[];
}

function dependenciesOf(detail: PackageDetail): PackageDependencies {
  const { sha256, name, epoch, version, release, arch } = detail;
  const { requires, provides, conflicts, obsoletes } = detail;
  const nevra = { name, epoch, version, release, arch };
  const files = detail.files.map((f) => f.path);
  return { sha256, nevra, requires, provides, conflicts, obsoletes, files };
}
