import {
  type ClosureFinding,
  type Dependency,
  isSourcePackage,
  type Nevra,
  nevraText,
  type PackageDependencies,
  type Sha256,
} from '../../model/index.ts';
import { isPrimaryPath } from '../dependencies.ts';
import { archFamily, mayMeet } from './arch.ts';
import { dependencyText, overlaps, sameDependency } from './overlap.ts';
import type { RichDependency } from './rich.ts';
import { isRichMet, namesIn, type Providers, readRequirement } from './rich-met.ts';

export type RequirementFinding = Omit<ClosureFinding, 'tree'>;

/** Who provides and who requires what. Equal capabilities and equal requirements are one object each, whoever has them. */
export interface DependencyIndex {
  /** A package comes in. Of its files those that primary lists are enough; see `unlistedPaths`. */
  enter(candidate: PackageDependencies): void;
  /** Required paths that primary does not list: whoever knows all files of the packages has to `addFiles`. */
  unlistedPaths(): ReadonlySet<string>;
  /** Further files of a package that is in; only those in `unlistedPaths` count. */
  addFiles(sha256: Sha256, files: readonly string[]): void;
  /**
   * Requirements that none of the packages meets; sorted by NEVRA, digest and requirement. A package may meet its own;
   * one of another arch counts where one machine installs both. `rpmlib(…)` is rpm's own business and left out, and
   * so are source packages, which provide nothing either.
   */
  findings(): readonly RequirementFinding[];
}

export function dependencyIndex(): DependencyIndex {
  const index: Index = { packages: new Map(), names: new Map(), unlisted: new Set() };
  return {
    enter: (candidate) => enter(index, candidate),
    unlistedPaths: () => index.unlisted,
    addFiles: (sha256, files) => {
      const owner = index.packages.get(sha256);
      if (!owner) return;
      for (const name of files) if (index.unlisted.has(name)) provideOnce(index, owner, { name });
    },
    findings: () => findings(index),
  };
}

interface Index {
  readonly packages: Map<Sha256, Installed>;
  readonly names: Map<string, Name>;
  readonly unlisted: Set<string>;
}

interface Installed {
  readonly sha256: Sha256;
  readonly nevra: Nevra;
  readonly family: string;
}

interface Capability {
  readonly dependency: Dependency;
  owners: Installed[];
}

interface Requirement {
  readonly dependency: Dependency;
  readonly rich: RichDependency | undefined;
  requirers: Installed[];
}

/** What goes by one name. */
interface Name {
  capabilities: Capability[];
  requirements: Requirement[];
}

/** Most lists have one item, and `push` would make room for seventeen. */
function withOne<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}

function enter(index: Index, { sha256, nevra, provides, requires, files }: PackageDependencies) {
  if (isSourcePackage(nevra)) return;
  if (index.packages.has(sha256)) throw new Error(`${nevraText(nevra)} is in the index already`);
  const family = archFamily(nevra.arch);
  const installed: Installed = { sha256, nevra, family };
  index.packages.set(sha256, installed);
  for (const capability of provides) provide(index, installed, capability);
  for (const name of files) {
    if (isPrimaryPath(name) || index.unlisted.has(name)) provide(index, installed, { name });
  }
  for (const dependency of requires) {
    if (!dependency.name.startsWith('rpmlib(')) require(index, installed, dependency);
  }
}

function provide(index: Index, owner: Installed, dependency: Dependency): void {
  const name = nameOf(index, dependency.name);
  const known = name.capabilities.find((c) => sameDependency(c.dependency, dependency));
  const capability: Capability = known ?? { dependency, owners: [] };
  if (!known) name.capabilities = withOne(name.capabilities, capability);
  if (capability.owners.at(-1) === owner) return;
  capability.owners = withOne(capability.owners, owner);
}

function provideOnce(index: Index, owner: Installed, dependency: Dependency): void {
  const known = index.names.get(dependency.name)?.capabilities ?? [];
  if (!known.some((c) => c.owners.includes(owner))) provide(index, owner, dependency);
}

function require(index: Index, requirer: Installed, dependency: Dependency): void {
  const { requirements } = nameOf(index, dependency.name);
  const known = requirements.find((r) => sameDependency(r.dependency, dependency));
  const requirement = known ?? newRequirement(index, dependency);
  if (requirement.requirers.at(-1) === requirer) return;
  requirement.requirers = withOne(requirement.requirers, requirer);
}

function newRequirement(index: Index, dependency: Dependency): Requirement {
  const requirement = { dependency, rich: readRequirement(dependency), requirers: [] };
  const name = nameOf(index, dependency.name);
  name.requirements = withOne(name.requirements, requirement);
  for (const path of namesIn(requirement.rich)) {
    if (path.startsWith('/') && !isPrimaryPath(path)) index.unlisted.add(path);
  }
  return requirement;
}

function nameOf({ names }: Index, text: string): Name {
  const known = names.get(text);
  if (known) return known;
  const made = { capabilities: [], requirements: [] };
  names.set(text, made);
  return made;
}

function findings(index: Index): readonly RequirementFinding[] {
  const found: RequirementFinding[] = [];
  for (const { requirements } of index.names.values()) {
    for (const { dependency, rich, requirers } of requirements) {
      const isMet = metIn(index, rich);
      for (const { sha256, nevra, family } of requirers) {
        if (isMet(family)) continue;
        found.push({ sha256, nevra: nevraText(nevra), requirement: dependencyText(dependency) });
      }
    }
  }
  return sortedFindings(found);
}

/** By NEVRA, digest and requirement. */
export function sortedFindings(
  findings: readonly RequirementFinding[],
): readonly RequirementFinding[] {
  const keyed = findings.map((f) => [`${f.nevra}\n${f.sha256}\n${f.requirement}`, f] as const);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
}

/** Asked once for each arch family of those who require it. */
function metIn(index: Index, rich: RichDependency | undefined): (family: string) => boolean {
  const answers = new Map<string, boolean>();
  return (family) => {
    const known = answers.get(family);
    if (known !== undefined) return known;
    const answer = rich !== undefined && isRichMet(rich, providersFor(index, family));
    answers.set(family, answer);
    return answer;
  };
}

function providersFor({ names }: Index, family: string): Providers<Installed> {
  const fits = (owner: Installed): boolean => mayMeet(family, owner.family);
  const meeting = (dependency: Dependency): readonly Capability[] =>
    names.get(dependency.name)?.capabilities.filter((c) => overlaps(dependency, c.dependency)) ??
    [];
  return {
    has: (dependency) => meeting(dependency).some((c) => c.owners.some(fits)),
    owners: (dependency) => new Set(meeting(dependency).flatMap((c) => c.owners.filter(fits))),
  };
}
