import type { Sha256 } from '../../model/index.ts';
import { dependencyIndex, type RequirementFinding } from '../../rpm/index.ts';
import { type GroupNames, makeGroupNames, type Store } from '../../store/index.ts';
import type { CheckedPackages } from './checked-packages.ts';
import { holdersOf } from './holders.ts';

/** What packages lack that nobody has checked before. On the way the names of all groups are made. */
export async function allFindings(
  store: Store,
  checked: CheckedPackages,
  keep: (names: GroupNames) => void,
): Promise<readonly RequirementFinding[]> {
  const index = dependencyIndex();
  const entered = new Set<Sha256>();
  for (const group of checked.groups.values()) {
    const names = await makeGroupNames(store, group, {
      each: (candidate) => {
        if (entered.has(candidate.sha256)) return;
        entered.add(candidate.sha256);
        index.enter(candidate);
      },
    });
    keep(names);
  }
  const holders = await holdersOf(store, checked, index.unlistedPaths());
  for (const { sha256, files } of holders) index.addFiles(sha256, files);
  return index.findings();
}
