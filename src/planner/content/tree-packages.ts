import {
  type Admitted,
  type Channel,
  changedPackages,
  type Module,
  type PackageEntry,
  packagesNamed,
  type Sha256,
  sortedPackages,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';

/** All that something brings into a tree. */
export interface Offered {
  /** The packages of each base, in the order of a tree. */
  readonly bases: readonly (readonly PackageEntry[])[];
  readonly updates: readonly Offer[];
}

/** A package that something brings into a tree. */
export interface Offer {
  readonly entry: PackageEntry;
  /** Earlier base entries come first, promoted updates after all of them. */
  readonly rank: number;
  /** Built here, which comes before every vendor's package of the same name. */
  readonly built?: true;
}

export interface TreeRules {
  readonly keep: Channel['keep'];
  /** Digests that a promoted re-issue takes the place of. */
  readonly replaced: ReadonlySet<Sha256>;
  readonly admitted: Admitted;
  readonly modules: readonly Module[];
}

export interface ChosenPackages {
  /** In the order of a tree. */
  readonly packages: readonly PackageEntry[];
  /** Module builds whose packages are not all served. */
  readonly deadModules: ReadonlySet<Module>;
}

/** Names of which several versions are installed beside each other (dnf's installonlypkgs). */
const installOnly =
  /^(kernel|kernel-(rt-|debug-|64k-|uki-|PAE-)?(core|modules|modules-core|modules-extra|modules-internal|devel|virt|default|debug)|kernel-(PAE|debug|rt|default|headers-multi))$/;
const installOnlyVersions = 3;

/**
 * Reduces what is offered to what a tree serves: one digest per NEVRA, then the newest versions. Of most names a base has
 * one package and nothing else brings any: these are served as they are, and only the rest is looked at.
 */
export function choosePackages(offered: Offered, rules: TreeRules): ChosenPackages {
  const modular = modularPackages(rules.modules);
  const all = unionOf(offered.bases);
  const chosen: PackageEntry[] = [];
  const modularChosen: PackageEntry[] = [];
  const names = competingNames(all, offered.updates, modular);
  for (const group of groupsOf(names, offered)) {
    const ordinary: PackageEntry[] = [];
    for (const { entry } of oneDigestPerNevra(group, rules)) {
      if (modular.has(fullNevra(entry))) modularChosen.push(entry);
      else ordinary.push(entry);
    }
    chosen.push(...newest(ordinary, rules.keep));
  }
  const { kept, dead } = wholeBuilds(modularChosen, modular, rules);
  return { packages: withChosen(all, names, chosen.concat(kept)), deadModules: dead };
}

/** What is offered by bases, each digest once, as one list in the order of a tree. */
function unionOf(bases: Offered['bases']): readonly PackageEntry[] {
  const [first, ...others] = bases;
  if (!first) return [];
  if (others.length === 0) return sortedPackages(first);
  const all = sortedPackages(first.concat(...others));
  return all.filter((entry, at) => entry.sha256 !== all[at - 1]?.sha256);
}

/** Names with several packages, and those whose package comes or goes with a module. */
function competingNames(
  all: readonly PackageEntry[],
  updates: readonly Offer[],
  modular: Modular,
): ReadonlySet<string> {
  const names = new Set(updates.map((offer) => offer.entry.name));
  let last = '';
  for (const { name } of all) {
    if (name === last) names.add(name);
    last = name;
  }
  if (modular.size === 0) return names;
  for (const entry of all) if (modular.has(fullNevra(entry))) names.add(entry.name);
  return names;
}

/** By name and arch: versions only compete with each other inside such a group. */
function* groupsOf(names: ReadonlySet<string>, offered: Offered): Iterable<readonly Offer[]> {
  const updates = Map.groupBy(offered.updates, (offer) => offer.entry.name);
  for (const name of names) {
    const based = offered.bases.flatMap((base, rank) =>
      packagesNamed(base, name).map((entry) => ({ entry, rank })),
    );
    const offers: readonly Offer[] = [...based, ...(updates.get(name) ?? [])];
    yield* Map.groupBy(offers, (offer) => offer.entry.arch).values();
  }
}

/** The list with what was chosen in place of all that it has of some names. */
function withChosen(
  all: readonly PackageEntry[],
  names: ReadonlySet<string>,
  chosen: readonly PackageEntry[],
): readonly PackageEntry[] {
  const digests = new Set(chosen.map((entry) => entry.sha256));
  const removed: PackageEntry[] = [];
  for (const name of names) {
    for (const entry of packagesNamed(all, name)) {
      if (!digests.delete(entry.sha256)) removed.push(entry);
    }
  }
  const added = chosen.filter((entry) => digests.has(entry.sha256));
  return changedPackages(all, { added, removed });
}

function oneDigestPerNevra(group: readonly Offer[], rules: TreeRules): readonly Offer[] {
  const winners = new Map<string, Offer>();
  for (const offer of group) {
    const { entry } = offer;
    const evr = `${entry.epoch}:${entry.version}-${entry.release}`;
    const other = winners.get(evr);
    if (!other || beats(offer, other, rules)) winners.set(evr, offer);
  }
  return [...winners.values()];
}

function beats(a: Offer, b: Offer, rules: TreeRules): boolean {
  if (a.built !== b.built) return a.built === true;
  const replacedA = rules.replaced.has(a.entry.sha256);
  const replacedB = rules.replaced.has(b.entry.sha256);
  if (replacedA !== replacedB) return replacedB;
  const admittedA = rules.admitted.get(a.entry.sha256) ?? Number.POSITIVE_INFINITY;
  const admittedB = rules.admitted.get(b.entry.sha256) ?? Number.POSITIVE_INFINITY;
  if (admittedA !== admittedB) return admittedA < admittedB;
  if (a.rank !== b.rank) return a.rank < b.rank;
  return a.entry.sha256 < b.entry.sha256;
}

function newest(entries: readonly PackageEntry[], keep: Channel['keep']): readonly PackageEntry[] {
  const name = entries[0]?.name ?? '';
  if (keep === 'all') return entries;
  const count = installOnly.test(name) ? Math.max(keep, installOnlyVersions) : keep;
  if (entries.length <= count) return entries;
  return entries.toSorted((a, b) => compareEvr(b, a)).slice(0, count);
}

/** `name-epoch:version-release.arch` as modulemd writes artifacts, the epoch always there. */
function fullNevra(p: PackageEntry): string {
  return `${p.name}-${p.epoch}:${p.version}-${p.release}.${p.arch}`;
}

/** Builds by what they brought. */
type Modular = ReadonlyMap<string, readonly Module[]>;

function modularPackages(modules: readonly Module[]): Modular {
  const byArtifact = new Map<string, Module[]>();
  for (const module of modules) {
    if (module.kind !== 'modulemd') continue;
    for (const artifact of module.artifacts) {
      const list = byArtifact.get(artifact);
      if (list) list.push(module);
      else byArtifact.set(artifact, [module]);
    }
  }
  return byArtifact;
}

/** Module builds live or die whole: the newest builds of a stream stay, each with everything it brought. */
function wholeBuilds(
  entries: readonly PackageEntry[],
  modular: Modular,
  rules: TreeRules,
): { readonly kept: readonly PackageEntry[]; readonly dead: ReadonlySet<Module> } {
  const builds = rules.modules.filter((m) => m.kind === 'modulemd');
  const alive = new Set<Module>();
  for (const stream of Map.groupBy(builds, streamOf).values()) {
    const sorted = stream.toSorted((a, b) => buildNumber(b) - buildNumber(a));
    const count = rules.keep === 'all' ? sorted.length : rules.keep;
    for (const build of sorted.slice(0, count)) alive.add(build);
  }
  const kept = entries.filter((p) => modular.get(fullNevra(p))?.some((m) => alive.has(m)));
  return { kept, dead: new Set(builds.filter((m) => !alive.has(m))) };
}

/** `name:stream:version:context:arch`; builds of one stream differ in version and context. */
function streamOf(module: Module): string {
  const [name, stream, , , arch] = module.nsvca.split(':');
  return `${name}:${stream}:${arch}`;
}

function buildNumber(module: Module): number {
  return Number(module.nsvca.split(':')[2] ?? 0);
}
