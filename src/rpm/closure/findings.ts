import {
  type ClosureFinding,
  type Dependency,
  nevraText,
  type PackageDependencies,
} from '../../model/index.ts';
import { archFamily, mayMeet } from './arch.ts';
import { dependencyText, overlaps } from './overlap.ts';
import { isInstallable, type ProvidesIndex } from './provides-index.ts';
import { isRich, parseRich, type RichDependency } from './rich.ts';

export type RequirementFinding = Omit<ClosureFinding, 'tree'>;

/**
 * Requirements of the candidates, all of them in the index, that none of its packages meets; sorted by NEVRA, digest
 * and requirement. A package may meet its own; one of another arch counts where one machine installs both.
 * `rpmlib(…)` is rpm's own business and left out, and so are source packages.
 */
export function closureFindings(
  candidates: Iterable<PackageDependencies>,
  index: ProvidesIndex,
): readonly RequirementFinding[] {
  const judge = closureJudge(index);
  for (const candidate of candidates) judge.add(candidate);
  return judge.findings();
}

/** The same for candidates that need not be in memory together. */
export interface ClosureJudge {
  add(candidate: PackageDependencies): void;
  /** Of all that were added. */
  findings(): readonly RequirementFinding[];
}

export function closureJudge(index: ProvidesIndex): ClosureJudge {
  const answers = new Map<string, boolean>();
  const findings = new Map<string, RequirementFinding>();
  return {
    add(candidate) {
      if (!isInstallable(candidate)) return;
      const family = archFamily(candidate.nevra.arch);
      for (const dependency of candidate.requires) {
        if (dependency.name.startsWith('rpmlib(')) continue;
        const requirement = dependencyText(dependency);
        const key = `${family} ${requirement}`;
        const met = answers.get(key) ?? isMet(dependency, family, index);
        answers.set(key, met);
        if (met) continue;
        const nevra = nevraText(candidate.nevra);
        const finding = { sha256: candidate.sha256, nevra, requirement };
        findings.set(`${nevra}\n${candidate.sha256}\n${requirement}`, finding);
      }
    },
    findings: () => {
      const sorted = [...findings].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return sorted.map(([, finding]) => finding);
    },
  };
}

function isMet(dependency: Dependency, family: string, index: ProvidesIndex): boolean {
  const rich: RichDependency | undefined = isRich(dependency.name)
    ? parseRich(dependency.name)
    : { kind: 'plain', dependency };
  return rich !== undefined && isRichMet(rich, { family, index });
}

interface Scope {
  readonly family: string;
  readonly index: ProvidesIndex;
}

/**
 * Whether the packages can meet it on every machine of this arch. `A if B` asks for A wherever B can be installed;
 * where nothing provides B it asks only for the `else` part. `A unless B` can always be met without B. `dnf
 * repoclosure` is content with any one part of an `and` or `if`; here every part counts.
 */
function isRichMet(rich: RichDependency, scope: Scope): boolean {
  switch (rich.kind) {
    case 'and':
      return isRichMet(rich.left, scope) && isRichMet(rich.right, scope);
    case 'or':
      return isRichMet(rich.left, scope) || isRichMet(rich.right, scope);
    case 'if':
      if (isRichMet(rich.condition, scope)) return isRichMet(rich.wanted, scope);
      return rich.otherwise === undefined || isRichMet(rich.otherwise, scope);
    case 'unless':
      if (isRichMet(rich.wanted, scope)) return true;
      if (rich.otherwise === undefined || !isRichMet(rich.condition, scope)) return false;
      return isRichMet(rich.otherwise, scope);
    default:
      return owners(rich, scope).size > 0;
  }
}

/** The packages that meet it alone: what `with` and `without` are about. */
function owners(rich: RichDependency, scope: Scope): ReadonlySet<number> {
  switch (rich.kind) {
    case 'plain':
      return plainOwners(rich.dependency, scope);
    case 'with':
    case 'and':
      return owners(rich.left, scope).intersection(owners(rich.right, scope));
    case 'without':
      return owners(rich.left, scope).difference(owners(rich.right, scope));
    case 'or':
      return owners(rich.left, scope).union(owners(rich.right, scope));
    default:
      return owners(rich.wanted, scope);
  }
}

function plainOwners(dependency: Dependency, { family, index }: Scope): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { owner, capability } of index.providersOf(dependency.name)) {
    if (!mayMeet(family, index.familyOf(owner))) continue;
    if (overlaps(dependency, capability)) found.add(owner);
  }
  return found;
}
