import type { PackageDependencies, Sha256 } from '../../model/index.ts';
import {
  type Block,
  dependenciesIn,
  type GroupNames,
  type KnownPackages,
  keptGroupNames,
  keptPackages,
  type Store,
} from '../../store/index.ts';
import { type CheckedPackages, standsElsewhere } from './checked-packages.ts';
import type { RecentCheck } from './recent-checks.ts';

/** What distinguishes the packages of a check from those of one before. */
export interface ChangedBlocks {
  /** Of the earlier check, where they are no groups of this one. */
  readonly groups: readonly GroupNames[];
  /** Those of the blocks that are gone. */
  readonly packages: KnownPackages;
  readonly gone: readonly Sha256[];
  readonly come: readonly Block[];
}

/** undefined when what the earlier check looked at is not all kept any more. */
export async function changedBlocks(
  store: Store,
  { groups }: CheckedPackages,
  before: RecentCheck,
): Promise<ChangedBlocks | undefined> {
  const former: GroupNames[] = [];
  const goneGroups = before.groups.filter((key) => !groups.has(key));
  for await (const names of keptGroupNames(store, goneGroups)) {
    if (!names) return undefined;
    former.push(names);
  }
  const known = new Set(before.groups);
  const old = new Set(former.flatMap((g) => g.blocks));
  const now = new Map<Sha256, Block>();
  for (const group of groups.values()) {
    for (const block of group.blocks) {
      now.set(block.key, block);
      if (known.has(group.key)) old.add(block.key);
    }
  }
  const gone = [...old].filter((key) => !now.has(key));
  const come = [...now.values()].filter((block) => !old.has(block.key));
  const packages = await keptPackages(store, gone);
  return packages && { groups: former, packages, gone, come };
}

export interface ChangedPackages {
  readonly entered: readonly PackageDependencies[];
  readonly left: readonly PackageDependencies[];
  /** Marks of paths that primary does not list, of all of them. */
  readonly paths: ReadonlySet<number>;
}

/** Packages only moved between blocks, and those that another list has too, neither entered nor left. */
export function changedPackages(
  checked: CheckedPackages,
  { come, packages: gone }: ChangedBlocks,
  arrived: KnownPackages,
): ChangedPackages {
  const isElsewhere = standsElsewhere(checked, new Set(come.map((b) => b.key)));
  const paths = new Set<number>();
  const only = (these: KnownPackages, others: KnownPackages): PackageDependencies[] => {
    const found: PackageDependencies[] = [];
    for (const [sha256, one] of these) {
      if (others.has(sha256) || isElsewhere(sha256)) continue;
      for (const mark of one.paths) paths.add(mark);
      found.push(dependenciesIn(one.line));
    }
    return found;
  };
  return { entered: only(arrived, gone), left: only(gone, arrived), paths };
}
