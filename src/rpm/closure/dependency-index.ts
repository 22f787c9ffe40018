import {
  type ClosureFinding,
  type Dependency,
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
  const index: Index = {
    ...{ packages: new Map(), names: new Map(), unlisted: new Set() },
    ...{ unmet: new Set(), changed: new Set(), asked: [] },
  };
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
  readonly unmet: Set<Requirement>;
  /** Names whose providers are not those that the answers were made with. */
  readonly changed: Set<string>;
  /** Requirements of an arch family that did not have them before. */
  readonly asked: { readonly requirement: Requirement; readonly family: string }[];
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
  /** Whether it is met, by arch family of those who require it. */
  readonly answers: Record<string, boolean>;
}

/** What goes by one name. */
interface Name {
  capabilities: Capability[];
  /** All that look it up. */
  requirements: Requirement[];
}

/** Most lists have one item, and `push` would make room for seventeen. */
function withOne<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}

function enter(index: Index, { sha256, nevra, provides, requires, files }: PackageDependencies) {
  if (nevra.arch === 'src' || nevra.arch === 'nosrc') return;
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
  // Who comes to require it later asks anyway.
  if (name.requirements.length > 0) index.changed.add(dependency.name);
}

function provideOnce(index: Index, owner: Installed, dependency: Dependency): void {
  const known = index.names.get(dependency.name)?.capabilities ?? [];
  if (!known.some((c) => c.owners.includes(owner))) provide(index, owner, dependency);
}

function require(index: Index, requirer: Installed, dependency: Dependency): void {
  const { requirements } = nameOf(index, dependency.name);
  const known = requirements.find(
    (r) => r.dependency.name === dependency.name && sameDependency(r.dependency, dependency),
  );
  const requirement = known ?? newRequirement(index, dependency);
  if (requirement.requirers.at(-1) === requirer) return;
  requirement.requirers = withOne(requirement.requirers, requirer);
  const { family } = requirer;
  if (requirement.answers[family] === undefined) index.asked.push({ requirement, family });
}

function newRequirement(index: Index, dependency: Dependency): Requirement {
  const rich = readRequirement(dependency);
  const requirement = { dependency, rich, requirers: [], answers: {} };
  for (const name of lookedUp(requirement)) {
    const found = nameOf(index, name);
    found.requirements = withOne(found.requirements, requirement);
    if (name.startsWith('/') && !isPrimaryPath(name)) index.unlisted.add(name);
  }
  return requirement;
}

/** The names in it, and its own, by which an equal one is found. */
const lookedUp = ({ rich, dependency }: Requirement): ReadonlySet<string> =>
  new Set(namesIn(rich)).add(dependency.name);

function nameOf({ names }: Index, text: string): Name {
  const known = names.get(text);
  if (known) return known;
  const made = { capabilities: [], requirements: [] };
  names.set(text, made);
  return made;
}

function findings(index: Index): readonly RequirementFinding[] {
  settle(index);
  const found: RequirementFinding[] = [];
  for (const { dependency, requirers, answers } of index.unmet) {
    const requirement = dependencyText(dependency);
    for (const { sha256, nevra, family } of requirers) {
      if (answers[family] === false) found.push({ sha256, nevra: nevraText(nevra), requirement });
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

/** Answers anew what the changes since the last time may have changed. */
function settle(index: Index): void {
  const touched = new Set<Requirement>();
  for (const name of index.changed) {
    for (const requirement of index.names.get(name)?.requirements ?? []) touched.add(requirement);
  }
  for (const requirement of touched) {
    for (const family of Object.keys(requirement.answers)) answer(index, requirement, family);
  }
  for (const { requirement, family } of index.asked) {
    if (requirement.answers[family] === undefined) answer(index, requirement, family);
    touched.add(requirement);
  }
  for (const requirement of touched) {
    if (Object.values(requirement.answers).includes(false)) index.unmet.add(requirement);
    else index.unmet.delete(requirement);
  }
  index.changed.clear();
  index.asked.length = 0;
}

function answer(index: Index, { rich, answers }: Requirement, family: string): void {
  answers[family] = rich !== undefined && isRichMet(rich, providersFor(index, family));
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
