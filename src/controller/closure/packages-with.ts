import type { PackageDependencies, Sha256 } from '../../model/index.ts';
import {
  type Block,
  blockAt,
  dependenciesIn,
  dependencyLines,
  type GroupNames,
  markFilter,
  packageAt,
  type Store,
} from '../../store/index.ts';
import type { CheckedPackages } from './checked-packages.ts';

export interface Wanted {
  readonly checked: CheckedPackages;
  /** Of all groups of what is checked. */
  readonly names: readonly GroupNames[];
  readonly marks: readonly number[];
}

/** Packages that have one of some marks, and a few others whose names share one; each once. */
export async function* packagesWith(
  store: Store,
  wanted: Wanted,
): AsyncGenerator<PackageDependencies> {
  const places = placesWith(wanted);
  const seen = new Set<Sha256>();
  const numbers = [...places.values()];
  let at = 0;
  for await (const lines of dependencyLines(store, [...places.keys()])) {
    for (const n of numbers[at] ?? []) {
      const line = lines[n];
      const one = line === undefined ? undefined : dependenciesIn(line);
      if (!one || seen.has(one.sha256)) continue;
      seen.add(one.sha256);
      yield one;
    }
    at += 1;
  }
}

/** Blocks and the numbers of packages in them. */
function placesWith({ checked, names, marks }: Wanted): ReadonlyMap<Block, ReadonlySet<number>> {
  const found = new Map<Block, Set<number>>();
  if (marks.length === 0) return found;
  const isWanted = markFilter(marks);
  for (const group of names) {
    const blocks = checked.groups.get(group.key)?.blocks ?? [];
    for (let at = 0; at < group.marks.length; at += 1) {
      if (!isWanted(group.marks[at] ?? 0)) continue;
      const place = group.places[at] ?? 0;
      const block = blocks[blockAt(place)];
      if (block) found.set(block, (found.get(block) ?? new Set()).add(packageAt(place)));
    }
  }
  return found;
}
