import type { PackageDependencies, PackageEntry, Sha256 } from '../../model/index.ts';
import { markAs, nameMark } from '../../rpm/index.ts';
import {
  type Block,
  blockPaths,
  markFilter,
  packageDependencies,
  type Store,
} from '../../store/index.ts';
import type { CheckedPackages } from './checked-packages.ts';

const readsAtOnce = 16;

/** Packages that probably hold one of some paths that primary does not list, with all their files. */
export async function holdersOf(
  store: Store,
  { groups }: CheckedPackages,
  paths: ReadonlySet<string>,
): Promise<readonly PackageDependencies[]> {
  if (paths.size === 0) return [];
  const isAsked = markFilter([...paths].map((path) => markAs('holds', nameMark(path))));
  const blocks = [...groups.values()].flatMap((g) => g.blocks);
  const holders = new Map<Sha256, PackageEntry>();
  let at = 0;
  for await (const { marks, places } of blockPaths(store, blocks)) {
    const block: Block | undefined = blocks[at];
    for (let n = 0; n < marks.length; n += 1) {
      const holder = isAsked(marks[n] ?? 0) ? block?.packages[places[n] ?? 0] : undefined;
      if (holder) holders.set(holder.sha256, holder);
    }
    at += 1;
  }
  const found: PackageDependencies[] = [];
  const all = [...holders.values()];
  for (let start = 0; start < all.length; start += readsAtOnce) {
    found.push(...(await packageDependencies(store, all.slice(start, start + readsAtOnce))));
  }
  return found;
}
