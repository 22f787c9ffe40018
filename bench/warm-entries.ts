import { digestOf, type PackageEntry, type TreeContent } from '../src/model/index.ts';
import { identityOf } from './corpus/package-identity.ts';

/** What a snapshot says of a package of the corpus; the bytes behind it are not made. */
export function corpusEntry(index: number, revision: number): PackageEntry {
  const { name, version, release, arch, buildTime, stem } = identityOf(index, revision);
  return {
    ...{ name, epoch: 0, version, release, arch, buildTime },
    sha256: digestOf(`${index} ${revision}`),
    sizeBytes: 27_000,
    sourceRpm: `${stem}-${version}-${release}.src.rpm`,
  };
}

export const corpusEntries = (count: number): readonly PackageEntry[] =>
  Array.from({ length: count }, (_, index) => corpusEntry(index, 1));

/** Some packages of the corpus in their next revision, spread over all of it. */
export function spreadUpdates(
  count: number,
  changes: number,
  revision: number,
): readonly PackageEntry[] {
  return Array.from({ length: changes }, (_, n) =>
    corpusEntry(Math.floor(((n + 0.5) * count) / changes), revision),
  );
}

export const treeOf = (packages: readonly PackageEntry[]): TreeContent => ({
  ...{ packages, advisories: [], groups: [], modules: [] },
});

/** The packages with those of the same name exchanged. */
export function withUpdates(
  packages: readonly PackageEntry[],
  updates: readonly PackageEntry[],
): readonly PackageEntry[] {
  const byName = new Map(updates.map((p) => [p.name, p]));
  return packages.map((p) => byName.get(p.name) ?? p);
}
