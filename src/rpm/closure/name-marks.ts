import { type Dependency, isSourcePackage, type PackageDependencies } from '../../model/index.ts';
import { isPrimaryPath } from '../dependencies.ts';
import { isRich } from './rich.ts';
import { namesIn, readRequirement } from './rich-met.ts';

/** What a package has to do with a name. `holds` is for paths that primary does not list. */
export type NameRole = 'provides' | 'requires' | 'requiresRich' | 'holds';

const salts: Readonly<Record<NameRole, number>> = {
  provides: 0,
  requires: 0x9e3779b9,
  requiresRich: 0x7f4a7c15,
  holds: 0x2545f491,
};

/**
 * 32 bits for a name: FNV-1a over its UTF-16 units, stirred once more. Who finds a package by a mark has to look at the
 * names, as different names may have the same mark.
 */
export function nameMark(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** A name's mark in one role; the same call takes the role off again. */
export function markAs(role: NameRole, mark: number): number {
  return (mark ^ salts[role]) >>> 0;
}

/** All marks of a package but those of unlisted paths, each once. Source packages provide and ask for nothing. */
export function marksOf({ nevra, ...parts }: PackageDependencies): ReadonlySet<number> {
  const marks = new Set<number>();
  if (isSourcePackage(nevra)) return marks;
  for (const { name } of parts.provides) marks.add(nameMark(name));
  for (const path of parts.files) if (isPrimaryPath(path)) marks.add(nameMark(path));
  for (const dependency of parts.requires) {
    const role = isRich(dependency.name) ? 'requiresRich' : 'requires';
    for (const name of namesAskedBy(dependency)) marks.add(markAs(role, nameMark(name)));
  }
  return marks;
}

/** Every name and path that a requirement looks up; none where it is rpm's own business. */
export function namesAskedBy(dependency: Dependency): ReadonlySet<string> {
  if (dependency.name.startsWith('rpmlib(')) return new Set();
  if (!isRich(dependency.name)) return new Set([dependency.name]);
  return namesIn(readRequirement(dependency));
}
