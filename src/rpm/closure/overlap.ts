import type { Dependency } from '../../model/index.ts';
import { compareVersions } from '../evr.ts';

/**
 * Whether two version ranges of one name meet, as rpm decides it (`rpmdsCompare`): without a version everything meets;
 * an absent epoch is 0; releases count only where both sides have one.
 */
export function overlaps(a: Dependency, b: Dependency): boolean {
  if (!a.flags || !b.flags || !a.version || !b.version) return true;
  const order = compareLoosely(a, b);
  if (order < 0) return isAbove(a.flags) || isBelow(b.flags);
  if (order > 0) return isBelow(a.flags) || isAbove(b.flags);
  return (
    (hasEqual(a.flags) && hasEqual(b.flags)) ||
    (isBelow(a.flags) && isBelow(b.flags)) ||
    (isAbove(a.flags) && isAbove(b.flags))
  );
}

/** Whether two dependencies of one name say the same. */
export function sameDependency(a: Dependency, b: Dependency): boolean {
  if (!a.flags || !a.version || !b.flags || !b.version) {
    return (a.flags && a.version) === (b.flags && b.version);
  }
  if (a.flags !== b.flags || a.version !== b.version) return false;
  return (a.release ?? '') === (b.release ?? '') && epochOf(a) === epochOf(b);
}

/** A dependency as rpm and dnf print it; an epoch of 0 is left out. */
export function dependencyText(dependency: Dependency): string {
  if (!dependency.flags || !dependency.version) return dependency.name;
  const epoch = epochOf(dependency) === 0 ? '' : `${epochOf(dependency)}:`;
  const release = dependency.release ? `-${dependency.release}` : '';
  return `${dependency.name} ${signs[dependency.flags]} ${epoch}${dependency.version}${release}`;
}

type Flags = NonNullable<Dependency['flags']>;
const signs = { LT: '<', LE: '<=', EQ: '=', GE: '>=', GT: '>' } as const;
const isBelow = (flags: Flags): boolean => flags === 'LT' || flags === 'LE';
const isAbove = (flags: Flags): boolean => flags === 'GT' || flags === 'GE';
const hasEqual = (flags: Flags): boolean => flags === 'EQ' || flags === 'LE' || flags === 'GE';
const epochOf = (dependency: Dependency): number => Number(dependency.epoch || 0);

function compareLoosely(a: Dependency, b: Dependency): number {
  if (epochOf(a) !== epochOf(b)) return epochOf(a) < epochOf(b) ? -1 : 1;
  const order = compareVersions(a.version ?? '', b.version ?? '');
  if (order !== 0 || !a.release || !b.release) return order;
  return compareVersions(a.release, b.release);
}
