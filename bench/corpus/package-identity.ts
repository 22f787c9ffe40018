import { type Random, randomOf, wholeBelow } from './random.ts';
import { word } from './words.ts';

const kinds = [
  ...(['lib', 'lib', 'lib', 'python', 'python'] as const),
  ...(['devel', 'doc', 'perl', 'app', 'app'] as const),
];
export type PackageKind = (typeof kinds)[number];

/** What a package of the corpus is called. The number of the package decides; a revision only raises the version. */
export interface Identity {
  readonly index: number;
  readonly kind: PackageKind;
  /** The name without what its kind puts around it. */
  readonly stem: string;
  readonly name: string;
  readonly version: string;
  readonly release: string;
  readonly arch: 'noarch' | 'x86_64';
  /** The number in the soname of a library. */
  readonly soVersion: number;
  /** Seconds since 1970. */
  readonly buildTime: number;
}

/** One capability with an optional `= version`. */
export interface Capability {
  readonly name: string;
  readonly version: string;
}

const firstBuild = 1_700_000_000;
const daySeconds = 86_400;
const minuteSeconds = 60;

export function identityOf(index: number, revision: number): Identity {
  const random = randomOf(1, index);
  const kind = kinds[index % kinds.length] ?? 'app';
  const stem = `${word(random)}${word(random).slice(0, 3)}${index.toString(36)}`;
  const soVersion = wholeBelow(random, 9);
  const patch = wholeBelow(random, 12) + revision - 1;
  return {
    index,
    kind,
    stem,
    name: nameOf(kind, stem),
    version: `${soVersion}.${wholeBelow(random, 30)}.${patch}`,
    release: `${1 + wholeBelow(random, 8)}.el9`,
    arch: archOf(kind, random),
    soVersion,
    buildTime: builtAt(index, revision),
  };
}

/** The first revisions came about over years; a later one is an update, and newer than all of the one before. */
function builtAt(index: number, revision: number): number {
  if (revision === 1) return firstBuild - (index % 1000) * daySeconds;
  return firstBuild + (revision - 1) * 10 * daySeconds + (index % 1000) * minuteSeconds;
}

function nameOf(kind: PackageKind, stem: string): string {
  if (kind === 'lib') return `lib${stem}`;
  if (kind === 'python') return `python3-${stem}`;
  if (kind === 'perl') return `perl-${stem}`;
  return kind === 'app' ? stem : `${stem}-${kind}`;
}

function archOf(kind: PackageKind, random: Random): Identity['arch'] {
  const mostlyText = (kind === 'python' || kind === 'perl') && random() < 0.7;
  return kind === 'doc' || mostlyText ? 'noarch' : 'x86_64';
}

/** What other packages require of this one. */
export function mainCapability(identity: Identity): Capability {
  const { kind, stem, version } = identity;
  if (kind === 'lib') return { name: `${soName(identity)}()(64bit)`, version: '' };
  if (kind === 'python') return { name: `python3dist(${stem})`, version };
  if (kind === 'devel') return { name: `pkgconfig(${stem})`, version };
  if (kind === 'perl') return { name: `perl(${capitalised(stem)})`, version };
  return { name: identity.name, version };
}

export const soName = ({ stem, soVersion }: Identity): string => `lib${stem}.so.${soVersion}`;

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
