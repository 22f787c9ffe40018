/** SHA-256 as 64 lower-case hex digits. A package, advisory, group or module is named by it. */
export type Sha256 = string & { readonly __brand: 'Sha256' };

/** Makes the brand where hex text enters the program; throws on anything that is not 64 hex digits. */
export function sha256Of(hex: string): Sha256 {
  const lower = hex.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(lower)) throw new Error(`not a SHA-256: ${hex.slice(0, 80)}`);
  return lower as Sha256;
}

/** Name, epoch, version, release, arch: a label on a package, never its identity. */
export interface Nevra {
  readonly name: string;
  /** 0 when the header has none. */
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
  /** `src` and `nosrc` for source packages. */
  readonly arch: string;
}

/** Epoch, version and release of one package; compared by `compareEvr` in `src/rpm`. */
export type Evr = Pick<Nevra, 'epoch' | 'version' | 'release'>;

/** `name-[epoch:]version-release.arch`; the epoch is left out when it is 0, as dnf prints it. */
export function nevraText(n: Nevra): string {
  const epoch = n.epoch === 0 ? '' : `${n.epoch}:`;
  return `${n.name}-${epoch}${n.version}-${n.release}.${n.arch}`;
}

/** The file name rpm gives a package: without the epoch. */
export function fileNameOf(n: Nevra): string {
  return `${n.name}-${n.version}-${n.release}.${n.arch}.rpm`;
}

/** Reads `name-[epoch:]version-release.arch` back; undefined when the text is not of that form. */
export function parseNevra(text: string): Nevra | undefined {
  const m = /^(.+)-(?:(\d+):)?([^-]+)-([^-]+)\.([^-.]+)$/.exec(text);
  if (!m?.[1] || !m[3] || !m[4] || !m[5]) return undefined;
  return { name: m[1], epoch: Number(m[2] ?? 0), version: m[3], release: m[4], arch: m[5] };
}

/** Everything a plan needs to know of one package; small enough to hold 100,000 in memory. */
export interface PackageEntry extends Nevra {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** `BUILDTIME` of the header, seconds since 1970. */
  readonly buildTime: number;
  /** File name of the source package, absent on source packages themselves. */
  readonly sourceRpm?: string;
}

/** Name of the source package that it was built from; its own where it is one, or where the header does not say. */
export function sourceNameOf(p: Pick<PackageEntry, 'name' | 'sourceRpm'>): string {
  return p.sourceRpm === undefined
    ? p.name
    : (/^(.+)-[^-]+-[^-]+\.(?:no)?src\.rpm$/.exec(p.sourceRpm)?.[1] ?? p.name);
}

export const isSourcePackage = (p: Pick<Nevra, 'arch'>): boolean =>
  p.arch === 'src' || p.arch === 'nosrc';
/** The file of a package with the site's signature in place of any other: same package, other bytes. */
export type SignedForm = Pick<PackageEntry, 'sha256' | 'sizeBytes'>;

/** One `Requires:`/`Provides:` … entry as repodata carries it. */
export interface Dependency {
  /** Capability, file path, or a rich dependency in parentheses. */
  readonly name: string;
  readonly flags?: 'LT' | 'LE' | 'EQ' | 'GE' | 'GT';
  readonly epoch?: string;
  readonly version?: string;
  readonly release?: string;
  /** `Requires(pre)` and friends: repodata's `pre="1"`. */
  readonly pre?: true;
}

export interface FileEntry {
  /** Absolute path. */
  readonly path: string;
  readonly type: 'file' | 'dir' | 'ghost';
}

export interface ChangelogEntry {
  readonly author: string;
  /** Seconds since 1970. */
  readonly date: number;
  readonly text: string;
}

/** What the closure check reads of a package. */
export interface PackageDependencies {
  readonly sha256: Sha256;
  readonly nevra: Nevra;
  readonly requires: readonly Dependency[];
  readonly provides: readonly Dependency[];
  /** Every path of the package, as file requires may name any of them. */
  readonly files: readonly string[];
}

/**
 * All that repodata says of a package: primary, filelists and other. Derived from the header alone, equal to what
 * createrepo_c derives.
 */
export interface PackageDetail extends PackageEntry {
  readonly summary: string;
  readonly description: string;
  readonly packager: string;
  readonly url: string;
  readonly license: string;
  readonly vendor: string;
  readonly group: string;
  readonly buildHost: string;
  readonly installedSizeBytes: number;
  readonly archiveSizeBytes: number;
  /** First byte of the main header, and the byte after its last; `rpm:header-range`. */
  readonly headerStart: number;
  readonly headerEnd: number;
  readonly provides: readonly Dependency[];
  readonly requires: readonly Dependency[];
  readonly conflicts: readonly Dependency[];
  readonly obsoletes: readonly Dependency[];
  readonly suggests: readonly Dependency[];
  readonly enhances: readonly Dependency[];
  readonly recommends: readonly Dependency[];
  readonly supplements: readonly Dependency[];
  readonly files: readonly FileEntry[];
  /** Newest first in the header; the repodata writer takes the ten newest, as createrepo_c does. */
  readonly changelogs: readonly ChangelogEntry[];
  /** `MODULARITYLABEL`, `name:stream:version:context`. */
  readonly modularityLabel?: string;
}
