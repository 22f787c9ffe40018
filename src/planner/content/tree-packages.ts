import type { Admitted, Channel, Module, PackageEntry, Sha256 } from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';

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
  readonly packages: readonly PackageEntry[];
  /** Module builds whose packages are not all served. */
  readonly deadModules: ReadonlySet<Module>;
}

/** Names of which several versions are installed beside each other (dnf's installonlypkgs). */
const installOnly =
  /^(kernel|kernel-(rt-|debug-|64k-|uki-|PAE-)?(core|modules|modules-core|modules-extra|modules-internal|devel|virt|default|debug)|kernel-(PAE|debug|rt|default|headers-multi))$/;
const installOnlyVersions = 3;

/** Reduces what is offered to what a tree serves: one digest per NEVRA, then the newest versions. */
export function choosePackages(offers: Iterable<Offer>, rules: TreeRules): ChosenPackages {
  const modular = modularPackages(rules.modules);
  const chosen: PackageEntry[] = [];
  const modularChosen: PackageEntry[] = [];
  for (const group of groupsOf(offers)) {
    const unique = group.length === 1 ? group : oneDigestPerNevra(group, rules);
    const ordinary: PackageEntry[] = [];
    for (const { entry } of unique) {
      if (modular.size > 0 && modular.has(fullNevra(entry))) modularChosen.push(entry);
      else ordinary.push(entry);
    }
    for (const entry of newest(ordinary, rules.keep)) chosen.push(entry);
  }
  const { kept, dead } = wholeBuilds(modularChosen, modular, rules);
  return { packages: chosen.concat(kept), deadModules: dead };
}

/**
 * By name and arch: versions only compete with each other inside such a group. Nearly every name is offered for one arch,
 * so a key of both, made anew for each package, would cost more than the rest.
 */
function* groupsOf(offers: Iterable<Offer>): Iterable<readonly Offer[]> {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const group = groups.get(offer.entry.name);
    if (group) group.push(offer);
    else groups.set(offer.entry.name, [offer]);
  }
  for (const group of groups.values()) {
    const arch = group[0]?.entry.arch;
    if (group.every((offer) => offer.entry.arch === arch)) yield group;
    else yield* Map.groupBy(group, (offer) => offer.entry.arch).values();
  }
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

function modularPackages(modules: readonly Module[]): ReadonlyMap<string, readonly Module[]> {
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
  modular: ReadonlyMap<string, readonly Module[]>,
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
