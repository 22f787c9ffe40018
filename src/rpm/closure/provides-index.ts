import type { Dependency, PackageDependencies } from '../../model/index.ts';
import { archFamily } from './arch.ts';
import { isRich, parseRich, type RichDependency } from './rich.ts';

/** Read twice, so a list or a function that starts anew. */
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
}

/**
 * Fills an index from packages that need not be in memory together: `add` all of them first, then `addFiles` of all
 * of them. `files` may be left out of what is added. Source packages provide nothing.
 */
export interface GrowingProvidesIndex extends ProvidesIndex {
  /** Provides, and the paths that are required. */
  add(candidate: PackageDependencies): void;
  /** Paths that are required; without any, a second reading has no purpose. */
  requiredPaths(): Iterable<string>;
  /** The required ones among the files of a package that was added. */
  addFiles(candidate: Pick<PackageDependencies, 'sha256' | 'files'>): void;
}

const nobody: readonly Provider[] = [];

/** Indexes what these packages provide, for the requirements of these packages. */
export function providesIndex(packages: Packages): ProvidesIndex {
  const all = typeof packages === 'function' ? packages : () => packages;
  const index = growingProvidesIndex();
  for (const candidate of all()) index.add(candidate);
  const [required] = index.requiredPaths();
  if (required !== undefined) for (const candidate of all()) index.addFiles(candidate);
  return index;
}

export function growingProvidesIndex(): GrowingProvidesIndex {
  const byName = new Map<string, Provider[]>();
  const families: string[] = [];
  const owners = new Map<string, number>();
  const paths = new Map<string, Dependency>();
  const learn = (name: string, provider: Provider): void => {
    const list = byName.get(name);
    if (list) list.push(provider);
    else byName.set(name, [provider]);
  };
  return {
    add(candidate) {
      // One package may be in several trees.
      if (!isInstallable(candidate) || owners.has(candidate.sha256)) return;
      const owner = families.push(archFamily(candidate.nevra.arch)) - 1;
      owners.set(candidate.sha256, owner);
      for (const capability of candidate.provides) learn(capability.name, { owner, capability });
      for (const path of requiredPaths(candidate)) paths.set(path, { name: path });
    },
    requiredPaths: () => paths.keys(),
    addFiles(candidate) {
      const owner = owners.get(candidate.sha256);
      if (owner === undefined) return;
      for (const path of candidate.files) {
        const capability = paths.get(path);
        if (capability) learn(path, { owner, capability });
      }
    },
    providersOf: (name) => byName.get(name) ?? nobody,
    familyOf(owner) {
      const family = families[owner];
      if (family === undefined) throw new Error(`no package ${owner} in this index`);
      return family;
    },
  };
}

export function isInstallable({ nevra }: PackageDependencies): boolean {
  return nevra.arch !== 'src' && nevra.arch !== 'nosrc';
}

/** The paths that a package requires, those inside rich dependencies too. */
function* requiredPaths({ requires }: PackageDependencies): Generator<string> {
  for (const { name } of requires) {
    if (name.startsWith('/')) yield name;
    else if (isRich(name)) yield* richPaths(parseRich(name));
  }
}

function* richPaths(rich: RichDependency | undefined): Generator<string> {
  if (rich === undefined) return;
  if (rich.kind === 'plain') {
    if (rich.dependency.name.startsWith('/')) yield rich.dependency.name;
    return;
  }
  const parts =
    'left' in rich ? [rich.left, rich.right] : [rich.wanted, rich.condition, rich.otherwise];
  for (const part of parts) yield* richPaths(part);
}
