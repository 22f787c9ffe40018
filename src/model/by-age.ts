import { changedInOrder, type ListDifference } from './listed-digests.ts';
import type { PackageEntry } from './package.ts';
import { byNameThenDigest, sortedPackages } from './snapshot.ts';

/** A time of 32 bits, as rpm has them, and a place among a million make one number of 53 bits. */
const mostPlaces = 2 ** 20;

/**
 * The order in which packages stand in metadata and in what is derived for it: by build time, then as in a tree. What is
 * new in a distribution was built lately, so it stands at the end, together.
 */
export function byAge(packages: readonly PackageEntry[]): readonly PackageEntry[] {
  const sorted = sortedPackages(packages);
  const ages = agesOf(sorted);
  // Sorting keeps the order of equals.
  if (!ages) return sorted.toSorted(compareAge);
  const aged: PackageEntry[] = [];
  for (const age of ages.sort()) {
    const entry = sorted[age % mostPlaces];
    if (entry) aged.push(entry);
  }
  return aged;
}

/**
 * Numbers are sorted many times faster than packages are compared: of each package its time and, after it, its place.
 * undefined where one has a time that no header can carry.
 */
function agesOf(sorted: readonly PackageEntry[]): Float64Array | undefined {
  if (sorted.length > mostPlaces) return undefined;
  const ages = new Float64Array(sorted.length);
  for (const [place, { buildTime }] of sorted.entries()) {
    if (buildTime >>> 0 !== buildTime) return undefined;
    ages[place] = buildTime * mostPlaces + place;
  }
  return ages;
}

/** The same of a list that differs from one whose order is known; undefined where that is not so after all. */
export const changedByAge = (
  aged: readonly PackageEntry[],
  difference: ListDifference<PackageEntry>,
): readonly PackageEntry[] | undefined =>
  changedInOrder(
    { list: aged, order: (a, b) => compareAge(a, b) || byNameThenDigest(a, b) },
    difference,
  );

const compareAge = (a: PackageEntry, b: PackageEntry): number => timeOf(a) - timeOf(b);

/** What is no time at all counts as none. */
const timeOf = ({ buildTime }: PackageEntry): number =>
  Number.isFinite(buildTime) ? buildTime : 0;
