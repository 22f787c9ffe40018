import { type Dependency, isSourcePackage, type PackageDependencies } from '../../model/index.ts';
import { isPrimaryPath } from '../dependencies.ts';
import { archFamily } from './arch.ts';
import { nameMark, namesAskedBy } from './name-marks.ts';
import { dependencyText } from './overlap.ts';
import { isRich } from './rich.ts';

/** Marks of the names of which others may be told something else after a change. */
export interface TouchedNames {
  /** Something provides them now that did not before, or the other way round. */
  readonly plain: ReadonlySet<number>;
  /** Who provides them changed: rich requirements may ask which package it is. */
  readonly rich: ReadonlySet<number>;
}

export interface PackageChange {
  readonly entered: readonly PackageDependencies[];
  readonly left: readonly PackageDependencies[];
  /** Marks of the paths of all of them that primary does not list. */
  readonly paths: Iterable<number>;
}

/** What a new version provides as the old one did, which is most of it, touches nobody. */
export function touchedNames({ entered, left, paths }: PackageChange): TouchedNames {
  const [now, before] = [capabilitiesOf(entered), capabilitiesOf(left)];
  const all = [...now.values(), ...before.values()];
  const differing = [...missingIn(now, before), ...missingIn(before, now)];
  return {
    plain: new Set([...differing, ...paths]),
    rich: new Set([...all, ...paths]),
  };
}

export function isTouched(dependency: Dependency, { plain, rich }: TouchedNames): boolean {
  const touched = isRich(dependency.name) ? rich : plain;
  for (const name of namesAskedBy(dependency)) if (touched.has(nameMark(name))) return true;
  return false;
}

/** Marks of what is provided, by everything that an answer depends on. */
function capabilitiesOf(packages: readonly PackageDependencies[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { nevra, provides, files } of packages) {
    if (isSourcePackage(nevra)) continue;
    const family = archFamily(nevra.arch);
    const add = (dependency: Dependency): void => {
      const { name } = dependency;
      found.set(`${family}\0${name}\0${dependencyText(dependency)}`, nameMark(name));
    };
    provides.forEach(add);
    for (const name of files) if (isPrimaryPath(name)) add({ name });
  }
  return found;
}

function* missingIn(others: ReadonlyMap<string, number>, all: ReadonlyMap<string, number>) {
  for (const [capability, mark] of all) if (!others.has(capability)) yield mark;
}
