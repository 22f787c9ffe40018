import type { Dependency, PackageDependencies } from '../../model/index.ts';
import { archFamily } from './arch.ts';
import { isRich, parseRich, type RichDependency } from './rich.ts';

/** Read several times, so a list or a function that starts anew. */
export type Packages = Iterable<PackageDependencies> | (() => Iterable<PackageDependencies>);

/** One provide of one package; `capability` of a path is the bare path. */
export interface Provider {
  readonly owner: number;
  readonly capability: Dependency;
}

/** Who provides what. Paths are kept only where somebody requires them: most of a repository's paths nobody names. */
export interface ProvidesIndex {
  /** Everything that provides this name or path, whatever the version. */
  providersOf(name: string): readonly Provider[];
  /** Arch family of a package, by its number. */
  familyOf(owner: number): string;
  /** Finds the owners of paths that no package of the index requires. */
  learnPaths(paths: ReadonlySet<string>): void;
}

const nobody: readonly Provider[] = [];

/** Indexes what these packages provide; source packages provide nothing. */
export function providesIndex(packages: Packages): ProvidesIndex {
  const all = typeof packages === 'function' ? packages : () => packages;
  const byName = new Map<string, Provider[]>();
  const families: string[] = [];
  const known = new Set<string>();
  const add = (name: string, provider: Provider): void => {
    const list = byName.get(name);
    if (list) list.push(provider);
    else byName.set(name, [provider]);
  };
  const learnPaths = (paths: ReadonlySet<string>): void => {
    const unknown = paths.difference(known);
    if (unknown.size === 0) return;
    const capabilities = new Map([...unknown].map((path) => [path, { name: path }]));
    let owner = 0;
    for (const candidate of installable(all())) {
      for (const path of candidate.files) {
        const capability = capabilities.get(path);
        if (capability) add(path, { owner, capability });
      }
      owner += 1;
    }
    for (const path of unknown) known.add(path);
  };
  const required = new Set<string>();
  for (const candidate of installable(all())) {
    const owner = families.push(archFamily(candidate.nevra.arch)) - 1;
    for (const capability of candidate.provides) add(capability.name, { owner, capability });
    collectPaths(candidate, required);
  }
  learnPaths(required);
  return {
    providersOf: (name) => byName.get(name) ?? nobody,
    familyOf: (owner) => {
      const family = families[owner];
      if (family === undefined) throw new Error(`no package ${owner} in this index`);
      return family;
    },
    learnPaths,
  };
}

export function isInstallable({ nevra }: PackageDependencies): boolean {
  return nevra.arch !== 'src' && nevra.arch !== 'nosrc';
}

function* installable(packages: Iterable<PackageDependencies>): Generator<PackageDependencies> {
  for (const candidate of packages) if (isInstallable(candidate)) yield candidate;
}

/** Adds the paths that a package requires, those inside rich dependencies too. */
export function collectPaths(candidate: PackageDependencies, paths: Set<string>): void {
  for (const { name } of candidate.requires) {
    if (name.startsWith('/')) paths.add(name);
    else if (isRich(name)) collectRichPaths(parseRich(name), paths);
  }
}

function collectRichPaths(rich: RichDependency | undefined, paths: Set<string>): void {
  if (rich === undefined) return;
  if (rich.kind === 'plain') {
    if (rich.dependency.name.startsWith('/')) paths.add(rich.dependency.name);
    return;
  }
  const parts =
    'left' in rich ? [rich.left, rich.right] : [rich.wanted, rich.condition, rich.otherwise];
  for (const part of parts) collectRichPaths(part, paths);
}
