import type { ClosureNeed, Sha256 } from '../../model/index.ts';
import type { RequirementFinding } from '../../rpm/index.ts';
import {
  blockPackages,
  type GroupNames,
  keptGroupNames,
  makeGroupNames,
  type Store,
} from '../../store/index.ts';
import { allFindings } from './all-findings.ts';
import { changedFindings } from './changed-findings.ts';
import { type ChangedBlocks, changedBlocks, changedPackages } from './changed-packages.ts';
import { type CheckedPackages, checkedPackages } from './checked-packages.ts';
import { type RecentCheck, recentChecks } from './recent-checks.ts';

/** Checks contents by what distinguishes them from one that was checked before. */
export interface ClosureChecks {
  /** What the packages of a content and of those beside it lack. */
  findings(store: Store, need: ClosureNeed): Promise<readonly RequirementFinding[]>;
}

/** Names of so many groups stay in memory: 100 kB each, for a thousand packages. */
const mostGroups = 256;

type NamesAtHand = Map<Sha256, GroupNames>;

export function closureChecks(): ClosureChecks {
  const recent = recentChecks();
  // The one that was used last stands last.
  const atHand: NamesAtHand = new Map();
  return {
    findings: async (store, need) => {
      const checked = checkedPackages(need);
      const same = await recent.same(store, checked);
      if (same) return same.findings;
      const near = await recent.nearest(store, checked);
      const changed = near && (await findingsAfter(store, { checked, before: near, atHand }));
      const found =
        changed ?? (await allFindings(store, checked, (names) => atHand.set(names.key, names)));
      for (const key of [...atHand.keys()].slice(0, -mostGroups)) atHand.delete(key);
      await recent.keep(store, checked, found);
      return found;
    },
  };
}

interface Following {
  readonly checked: CheckedPackages;
  readonly before: RecentCheck;
  readonly atHand: NamesAtHand;
}

/** undefined where beginning anew is less work, or the only way. */
async function findingsAfter(
  store: Store,
  { checked, before, atHand }: Following,
): Promise<readonly RequirementFinding[] | undefined> {
  const changed = await changedBlocks(store, checked, before);
  const all = checked.lists.reduce((sum, list) => sum + list.blocks.length, 0);
  if (!changed || changed.come.length * 2 > all) return undefined;
  const arrived = await blockPackages(store, changed.come, changed.packages);
  const names = await namesOf(store, { checked, changed, atHand });
  return await changedFindings(store, {
    ...{ checked, names, before: before.findings },
    packages: changedPackages(checked, changed, arrived),
  });
}

/** Of all groups: from memory, from what is kept, or made out of those of the groups whose place they take. */
async function namesOf(
  store: Store,
  {
    checked,
    changed,
    atHand,
  }: {
    readonly checked: CheckedPackages;
    readonly changed: ChangedBlocks;
    readonly atHand: NamesAtHand;
  },
): Promise<readonly GroupNames[]> {
  const missing = [...checked.groups.values()].filter((group) => !atHand.has(group.key));
  const keys = missing.map((group) => group.key);
  const found = new Map<Sha256, GroupNames>();
  for (const key of checked.groups.keys()) {
    const names = atHand.get(key);
    if (names) found.set(key, names);
  }
  let at = 0;
  for await (const kept of keptGroupNames(store, keys)) {
    const group = missing[at];
    if (group) found.set(group.key, kept ?? (await makeGroupNames(store, group, changed)));
    at += 1;
  }
  for (const [key, names] of found) {
    atHand.delete(key);
    atHand.set(key, names);
  }
  return [...found.values()];
}
