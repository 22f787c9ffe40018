import type { Dependency } from '../../model/index.ts';
import { isRich, parseRich, type RichDependency } from './rich.ts';

/** Who can meet plain dependencies on one machine. */
export interface Providers<Owner> {
  has(dependency: Dependency): boolean;
  owners(dependency: Dependency): ReadonlySet<Owner>;
}

/** A requirement as a tree; undefined for a rich one that rpm would not read, which nothing meets. */
export function readRequirement(dependency: Dependency): RichDependency | undefined {
  return isRich(dependency.name) ? parseRich(dependency.name) : { kind: 'plain', dependency };
}

/**
 * Whether the packages can meet it on every machine of an arch. `A if B` asks for A wherever B can be installed;
 * where nothing provides B it asks only for the `else` part. `A unless B` can always be met without B. `dnf
 * repoclosure` is content with any one part of an `and` or `if`; here every part counts.
 */
export function isRichMet<Owner>(rich: RichDependency, providers: Providers<Owner>): boolean {
  const isMet = (part: RichDependency): boolean => isRichMet(part, providers);
  switch (rich.kind) {
    case 'plain':
      return providers.has(rich.dependency);
    case 'and':
      return isMet(rich.left) && isMet(rich.right);
    case 'or':
      return isMet(rich.left) || isMet(rich.right);
    case 'if':
      if (isMet(rich.condition)) return isMet(rich.wanted);
      return rich.otherwise === undefined || isMet(rich.otherwise);
    case 'unless':
      if (isMet(rich.wanted)) return true;
      if (rich.otherwise === undefined || !isMet(rich.condition)) return false;
      return isMet(rich.otherwise);
    default:
      return owners(rich, providers).size > 0;
  }
}

/** The packages that meet it alone: what `with` and `without` are about. */
function owners<Owner>(rich: RichDependency, providers: Providers<Owner>): ReadonlySet<Owner> {
  switch (rich.kind) {
    case 'plain':
      return providers.owners(rich.dependency);
    case 'with':
    case 'and':
      return owners(rich.left, providers).intersection(owners(rich.right, providers));
    case 'without':
      return owners(rich.left, providers).difference(owners(rich.right, providers));
    case 'or':
      return owners(rich.left, providers).union(owners(rich.right, providers));
    default:
      return owners(rich.wanted, providers);
  }
}

/** Every name and path that a requirement looks up. */
export function namesIn(rich: RichDependency | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (part: RichDependency | undefined): void => {
    if (part === undefined) return;
    if (part.kind === 'plain') names.add(part.dependency.name);
    else if ('left' in part) [part.left, part.right].forEach(visit);
    else [part.wanted, part.condition, part.otherwise].forEach(visit);
  };
  visit(rich);
  return names;
}
