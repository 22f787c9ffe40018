import {
  type BuildInputs,
  Fault,
  fileNameOf,
  matchesGlob,
  type Nevra,
  nevraText,
  type PackageDetail,
} from '../../model/index.ts';
import { type Allowance, sourceNevra } from './allowance.ts';

/** Throws `BuildOutputRefused` unless these are packages that the source may make, all of them, under new labels. */
export function judgeOutputs(
  inputs: BuildInputs,
  allowance: Allowance,
  packages: readonly PackageDetail[],
): void {
  const source = judgeSource(inputs, packages);
  const binaries = packages.filter((p) => p.arch !== 'src');
  if (binaries.length === 0) {
    throw refused(source, 'a build brings out a binary package', 'none');
  }
  for (const binary of binaries) judgeBinary(inputs, allowance, { binary, source });
  const labels = binaries.map(nevraText);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) throw refused(source, 'every label is given once', twice);
  const missing = allowance.sameSource
    .filter((p) => p.arch === inputs.arch || p.arch === 'noarch')
    .filter((p) => debugOf(p.name) === undefined && !binaries.some((b) => b.name === p.name))
    .filter((p) => !inputs.recipe.leavesOut?.some((glob) => matchesGlob(glob, p.name)));
  if (missing.length > 0) {
    const names = missing.map((p) => p.name).join(', ');
    throw refused(source, "every package that the vendor's build has comes out", `no ${names}`);
  }
}

/** The one source package that was really built. */
function judgeSource(inputs: BuildInputs, packages: readonly PackageDetail[]): PackageDetail {
  const sources = packages.filter((p) => p.arch === 'src');
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    const found = sources.map(nevraText).join(', ') || 'none';
    throw refused(sourceNevra(inputs.source), 'a build brings out one source package', found);
  }
  const given = sourceNevra(inputs.source);
  for (const part of ['name', 'epoch', 'version'] as const) {
    if (source[part] === given[part]) continue;
    throw refused(source, `${part} of the source that was given`, String(source[part]));
  }
  return source;
}

interface Judged {
  readonly binary: PackageDetail;
  readonly source: PackageDetail;
}

function judgeBinary(inputs: BuildInputs, allowance: Allowance, { binary, source }: Judged): void {
  const { alsoMakes = [] } = inputs.recipe;
  if (binary.arch !== inputs.arch && binary.arch !== 'noarch') {
    throw refused(binary, `architecture is ${inputs.arch} or noarch`, binary.arch);
  }
  if (binary.sourceRpm !== fileNameOf(source)) {
    throw refused(binary, 'it names the source package that was built', binary.sourceRpm ?? 'none');
  }
  if (allowance.offered.has(nevraText(binary))) {
    throw refused(binary, 'its label differs from every label of an upstream', nevraText(binary));
  }
  const also = (name: string) => alsoMakes.some((glob) => matchesGlob(glob, name));
  const own = debugOf(binary.name) ?? binary.name;
  if (!isOwnName(own, source.name) && !allowance.vendorNames.has(own) && !also(own)) {
    throw refused(binary, 'its name is one that the source may make', binary.name);
  }
  const named = [...binary.provides, ...binary.obsoletes].map((d) => d.name);
  const stolen = named.find(
    (name) =>
      allowance.protectedNames.has(name) && !allowance.vendorCapabilities.has(name) && !also(name),
  );
  if (stolen !== undefined) {
    throw refused(binary, 'it provides and obsoletes no package of another source', stolen);
  }
}

const isOwnName = (name: string, source: string): boolean =>
  name === source || name.startsWith(`${source}-`);

/** The package that a debug package is of. */
function debugOf(name: string): string | undefined {
  return /^(.+)-(?:debuginfo|debugsource)$/.exec(name)?.[1];
}

function refused(of: Nevra, check: string, found: string): Fault {
  return new Fault('BuildOutputRefused', {
    object: nevraText(of),
    check,
    found,
    fix: 'Nothing of this build was kept. If it is meant to be so, say it in the policy: build.alsoMakes, build.leavesOut or another build.dist.',
  });
}
