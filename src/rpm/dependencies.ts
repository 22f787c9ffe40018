import type { Dependency } from '../model/index.ts';
import { compareVersions } from './evr.ts';
import type { Header } from './header.ts';
import { numberOf, numbersOf, textOf, textsOf } from './header-values.ts';
import { tags } from './tags.ts';

/** Bits of a dependency's flags (`rpmds.h`, RPMSENSE_*). */
const sense = {
  comparison: 0xf,
  prerequisite: 1 << 6,
  scriptPre: 1 << 9,
  scriptPost: 1 << 10,
  missingOk: 1 << 19,
  strong: 1 << 27,
} as const;

const comparisons: Readonly<Record<number, NonNullable<Dependency['flags']>>> = {
  2: 'LT',
  4: 'GT',
  8: 'EQ',
  10: 'LE',
  12: 'GE',
};

export interface Dependencies {
  readonly provides: readonly Dependency[];
  readonly requires: readonly Dependency[];
  readonly conflicts: readonly Dependency[];
  readonly obsoletes: readonly Dependency[];
  readonly suggests: readonly Dependency[];
  readonly enhances: readonly Dependency[];
  readonly recommends: readonly Dependency[];
  readonly supplements: readonly Dependency[];
}

interface DependencyTags {
  readonly name: number;
  readonly flags: number;
  readonly version: number;
}

const kinds = {
  provides: { name: tags.provideName, flags: tags.provideFlags, version: tags.provideVersion },
  requires: { name: tags.requireName, flags: tags.requireFlags, version: tags.requireVersion },
  conflicts: { name: tags.conflictName, flags: tags.conflictFlags, version: tags.conflictVersion },
  obsoletes: { name: tags.obsoleteName, flags: tags.obsoleteFlags, version: tags.obsoleteVersion },
  suggests: { name: tags.suggestName, flags: tags.suggestFlags, version: tags.suggestVersion },
  enhances: { name: tags.enhanceName, flags: tags.enhanceFlags, version: tags.enhanceVersion },
  recommends: {
    name: tags.recommendName,
    flags: tags.recommendFlags,
    version: tags.recommendVersion,
  },
  supplements: {
    name: tags.supplementName,
    flags: tags.supplementFlags,
    version: tags.supplementVersion,
  },
  // Weak dependencies of old SUSE packages, each tag for two kinds that differ by a strength.
  oldSuggests: {
    name: tags.oldSuggestsName,
    flags: tags.oldSuggestsFlags,
    version: tags.oldSuggestsVersion,
  },
  oldEnhances: {
    name: tags.oldEnhancesName,
    flags: tags.oldEnhancesFlags,
    version: tags.oldEnhancesVersion,
  },
} as const satisfies Record<string, DependencyTags>;

/**
 * All dependencies of a package as createrepo_c lists them: without `rpmlib(…)`, without what the package itself
 * provides or owns as a primary file, without repetitions, and of glibc's versions only the newest. `owns` is asked for
 * primary paths only.
 */
export function dependenciesOf(header: Header, owns: (path: string) => boolean): Dependencies {
  const of = (kind: keyof typeof kinds): Dependency[] => plain(read(header, kinds[kind]));
  const provides = withSelf(header, read(header, kinds.provides));
  const wanted = wantedRequires(read(header, kinds.requires), provides, owns);
  const suggested = byStrength(read(header, kinds.oldSuggests));
  const enhanced = byStrength(read(header, kinds.oldEnhances));
  return {
    provides: plain(provides),
    requires: wanted.requires,
    conflicts: of('conflicts'),
    obsoletes: of('obsoletes'),
    suggests: [...of('suggests'), ...suggested.weak],
    enhances: [...of('enhances'), ...enhanced.weak],
    recommends: [...wanted.recommends, ...of('recommends'), ...suggested.strong],
    supplements: [...of('supplements'), ...enhanced.strong],
  };
}

interface Raw {
  readonly name: string;
  readonly flags: number;
  readonly version: string;
  /** Absent when the epoch is not a number: such a dependency is left out. */
  readonly dependency: Dependency | undefined;
}

function read(header: Header, kind: DependencyTags): Raw[] {
  const flags = numbersOf(header, kind.flags);
  const versions = textsOf(header, kind.version);
  const raws: Raw[] = [];
  for (const [n, name] of textsOf(header, kind.name).entries()) {
    const flag = flags[n];
    const version = versions[n];
    // The three lists run in step; what has no partner is not a dependency.
    if (flag === undefined || version === undefined) break;
    raws.push({ name, flags: flag, version, dependency: dependencyOf(name, flag, version) });
  }
  return raws;
}

/** Packages from before rpm 4 do not say that they provide themselves; rpm adds it when it reads them. */
function withSelf(header: Header, provides: readonly Raw[]): readonly Raw[] {
  if (header.hasRegion || !header.entries.has(tags.sourceRpm)) return provides;
  const [name, version, release] = [tags.name, tags.version, tags.release].map((tag) =>
    textOf(header, tag),
  );
  if (name === undefined || version === undefined || release === undefined) return provides;
  const epoch = numberOf(header, tags.epoch);
  const text = `${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`;
  const self = { name, flags: 8, version: text, dependency: dependencyOf(name, 8, text) };
  return provides.some((p) => identity(p) === identity(self)) ? provides : [...provides, self];
}

function dependencyOf(name: string, flags: number, text: string): Dependency | undefined {
  const comparison = comparisons[flags & sense.comparison];
  const base = { name, ...(comparison === undefined ? {} : { flags: comparison }) };
  if (text === '') return base;
  const colon = text.indexOf(':');
  const epoch = text.slice(0, Math.max(colon, 0));
  if (!/^\d*$/.test(epoch)) return undefined;
  const [version = '', release = ''] = splitOnce(text.slice(colon + 1), '-');
  return {
    ...base,
    epoch: epoch === '' ? '0' : epoch,
    ...(version === '' ? {} : { version }),
    ...(release === '' ? {} : { release }),
  };
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

const plain = (raws: readonly Raw[]): Dependency[] =>
  raws.flatMap((raw) => (raw.dependency === undefined ? [] : [raw.dependency]));

function byStrength(raws: readonly Raw[]): {
  readonly strong: Dependency[];
  readonly weak: Dependency[];
} {
  const isStrong = (raw: Raw): boolean => (raw.flags & sense.strong) !== 0;
  return {
    strong: plain(raws.filter(isStrong)),
    weak: plain(raws.filter((raw) => !isStrong(raw))),
  };
}

/** Name, comparison and version as one text: what "the same dependency" means. */
const identity = (raw: Raw): string =>
  `${raw.name}\0${comparisons[raw.flags & sense.comparison] ?? ''}\0${raw.version}`;

function wantedRequires(
  requires: readonly Raw[],
  provides: readonly Raw[],
  owns: (path: string) => boolean,
): { readonly requires: Dependency[]; readonly recommends: Dependency[] } {
  const provided = new Set(provides.map(identity));
  const lastOfName = new Map<string, string>();
  const wanted: Dependency[] = [];
  const recommends: Dependency[] = [];
  let libc: Dependency | undefined;
  for (const raw of requires) {
    const { dependency } = raw;
    if (dependency === undefined || raw.name.startsWith('rpmlib(')) continue;
    if (isPrimaryPath(raw.name) && owns(raw.name)) continue;
    if (provided.has(identity(raw))) continue;
    const pre = (raw.flags & (sense.prerequisite | sense.scriptPre | sense.scriptPost)) !== 0;
    const seen = `${identity(raw)}\0${pre}`;
    if (lastOfName.get(raw.name) === seen) continue;
    if ((raw.flags & sense.missingOk) !== 0) {
      recommends.push(dependency);
      continue;
    }
    const found: Dependency = pre ? { ...dependency, pre: true } : dependency;
    if (raw.name.startsWith('libc.so.6')) {
      libc = libc === undefined || needsNewerLibc(libc.name, raw.name) ? found : libc;
      continue;
    }
    wanted.push(found);
    lastOfName.set(raw.name, seen);
  }
  return { requires: libc === undefined ? wanted : [...wanted, libc], recommends };
}

/**
 * Paths that primary.xml carries too, so that most file requirements need no filelists (createrepo_c: everything in
 * `/etc/`, in a `…bin/`, and sendmail).
 */
export function isPrimaryPath(path: string): boolean {
  return path.startsWith('/etc/') || path === '/usr/lib/sendmail' || path.includes('bin/');
}

/** `libc.so.6()` < `libc.so.6(GLIBC_2.3.4)(64bit)` < `libc.so.6(GLIBC_2.4)`. */
function needsNewerLibc(have: string, other: string): boolean {
  const a = /\(([^)]*)\)/.exec(have)?.[1];
  const b = /\(([^)]*)\)/.exec(other)?.[1];
  if (b === undefined) return false;
  if (a === undefined) return true;
  return compareVersions(a, b) < 0;
}
