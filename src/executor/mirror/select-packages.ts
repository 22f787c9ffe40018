import {
  Fault,
  matchesGlob,
  type Nevra,
  nevraText,
  type RefusedPackage,
  type Upstream,
} from '../../model/index.ts';
import { findDoubles } from '../../rpm/index.ts';
import type { OfferedPackage } from './offered-package.ts';

export interface Selection {
  /** One per digest. */
  readonly wanted: readonly OfferedPackage[];
  /** What metadata alone already rules out. */
  readonly refused: readonly RefusedPackage[];
}

/** What of an offer this upstream is to bring: its globs, one digest per name, the architectures of its tree. */
export function selectPackages(upstream: Upstream, offered: readonly OfferedPackage[]): Selection {
  const chosen = offered.filter((p) => isChosen(upstream, p.nevra));
  const doubles = findDoubles(chosen);
  checkNames(upstream, doubles.unique, doubles.sharedHrefs);
  const refused = new Map<OfferedPackage, Fault>();
  for (const clash of doubles.clashes) {
    for (const one of clash) refused.set(one, twice(upstream, clash));
  }
  for (const one of doubles.unique) {
    const objection = strangerTo(upstream, one) ?? tooLarge(upstream, one);
    if (objection !== undefined && !refused.has(one)) refused.set(one, objection);
  }
  return {
    wanted: doubles.unique.filter((p) => !refused.has(p)),
    refused: [...refused].map(([{ nevra, sha256 }, fault]) => ({
      nevra,
      sha256,
      fault: fault.toJSON(),
    })),
  };
}

function isChosen({ include, exclude }: Upstream, nevra: Nevra): boolean {
  if (include.length === 0 && exclude.length === 0) return true;
  const text = nevraText(nevra);
  const named = (glob: string): boolean =>
    matchesGlob(glob, nevra.name) ||
    matchesGlob(glob, text) ||
    matchesGlob(glob, `${nevra.name}.${nevra.arch}`);
  return (include.length === 0 || include.some(named)) && !exclude.some(named);
}

/** One address or one digest under two names is metadata that contradicts itself. */
function checkNames(
  upstream: Upstream,
  unique: readonly OfferedPackage[],
  sharedHrefs: readonly (readonly OfferedPackage[])[],
): void {
  const contradiction = (check: string, found: string): Fault =>
    new Fault('MetadataInvalid', {
      object: `primary of ${upstream.name}`,
      check,
      found,
      fix: 'Tell the maintainers of the upstream; nothing was taken over.',
    });
  const shared = sharedHrefs[0];
  if (shared?.[0] !== undefined) {
    const found = `${shared[0].href}: ${shared.map((p) => p.sha256).join(', ')}`;
    throw contradiction('one location holds one file', found);
  }
  if (new Set(unique.map((one) => one.sha256)).size === unique.length) return;
  const names = new Map<string, string>();
  for (const one of unique) {
    const before = names.get(one.sha256);
    const text = nevraText(one.nevra);
    if (before !== undefined) {
      throw contradiction('one digest has one name', `${one.sha256}: ${before}, ${text}`);
    }
    names.set(one.sha256, text);
  }
}

function twice(upstream: Upstream, clash: readonly OfferedPackage[]): Fault {
  return new Fault('NevraTwice', {
    object: clash[0] === undefined ? upstream.name : nevraText(clash[0].nevra),
    check: 'one upstream offers one file under one name',
    expected: 'one digest',
    found: clash.map((p) => `${p.sha256} at ${p.href}`).join(', '),
    fix: `Ask the upstream which is right; to go on without it: exclude it in upstream ${upstream.name}.`,
    at: upstream.at,
  });
}

const sourceArches = ['src', 'nosrc'];
const treeArches: Readonly<Record<string, readonly string[]>> = {
  x86_64: ['x86_64', 'x86_64_v2', 'x86_64_v3', 'x86_64_v4', 'amd64', 'ia32e', 'i*86', 'athlon'],
  aarch64: ['aarch64', 'armv8*', 'armv7*'],
  ppc64le: ['ppc64le'],
  s390x: ['s390x', 's390'],
  riscv64: ['riscv64'],
  i686: ['i*86', 'athlon'],
  source: sourceArches,
};

/** A package of another architecture in a tree: machines could not install it, or would take it for a source. */
function strangerTo(upstream: Upstream, { nevra }: OfferedPackage): Fault | undefined {
  const own = treeArches[upstream.tree];
  const isSource = sourceArches.includes(nevra.arch);
  const fits =
    own === undefined
      ? !isSource
      : own.some((arch) => matchesGlob(arch, nevra.arch)) ||
        (nevra.arch === 'noarch' && upstream.tree !== 'source');
  if (fits) return undefined;
  return new Fault('PackageMismatch', {
    object: nevraText(nevra),
    check: `the architecture belongs into tree ${upstream.tree}`,
    expected: own?.join(', ') ?? 'a binary package',
    found: nevra.arch,
    fix: `Mirror it with an upstream of its own tree, or exclude it here: exclude: ["*.${nevra.arch}"]`,
    at: upstream.at,
  });
}

function tooLarge(upstream: Upstream, { nevra, sizeBytes }: OfferedPackage): Fault | undefined {
  const most = upstream.limits.maxPackageBytes;
  if (sizeBytes <= most) return undefined;
  return new Fault('PackageTooLarge', {
    object: nevraText(nevra),
    check: 'the size of one package',
    expected: `at most ${most} bytes`,
    found: `${sizeBytes} bytes`,
    fix: `Raise limits.maxPackageSize of upstream ${upstream.name}, or exclude the package.`,
    at: upstream.at,
  });
}
