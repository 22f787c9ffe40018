import {
  fileNameOf,
  type Nevra,
  nevraText,
  type PackageEntry,
  parseNevra,
  type SourcePackage,
  type UpstreamSnapshot,
} from '../../model/index.ts';
import { readPackageHead } from '../../rpm/index.ts';
import { packageHead, type Store } from '../../store/index.ts';

/** What a build of one source package may bring out, as the upstreams show it. */
export interface Allowance {
  /** The vendor's packages of this source, of any version. */
  readonly vendorNames: ReadonlySet<string>;
  /** The vendor's packages of exactly this source package. */
  readonly sameSource: readonly Nevra[];
  /** What the vendor's packages of this source provide and obsolete. */
  readonly vendorCapabilities: ReadonlySet<string>;
  /** Names of packages that come from other sources. */
  readonly protectedNames: ReadonlySet<string>;
  /** Labels of everything that upstreams offer; none of them may be given to other bytes. */
  readonly offered: ReadonlySet<string>;
}

/** Reads it off the newest snapshots of all upstreams. */
export async function allowanceFor(
  store: Store,
  source: SourcePackage,
  snapshots: readonly UpstreamSnapshot[],
): Promise<Allowance> {
  const nevra = sourceNevra(source);
  const binaries = snapshots.flatMap((s) => s.packages).filter((p) => p.sourceRpm !== undefined);
  const own = binaries.filter((p) => sourceName(p) === nevra.name);
  const capabilities = new Set<string>();
  for (const entry of own) {
    const head = await packageHead(store, entry);
    const { provides, obsoletes } = readPackageHead(head, entry);
    for (const { name } of [...provides, ...obsoletes]) capabilities.add(name);
  }
  return {
    vendorNames: new Set(own.map((p) => p.name)),
    sameSource: own.filter((p) => p.sourceRpm === fileNameOf(nevra)),
    vendorCapabilities: capabilities,
    protectedNames: new Set(
      binaries.filter((p) => sourceName(p) !== nevra.name).map((p) => p.name),
    ),
    offered: new Set(binaries.map(nevraText)),
  };
}

/** `openssh-8.7p1-38.el9.src.rpm` → `openssh`. */
function sourceName(entry: PackageEntry): string | undefined {
  return parseNevra((entry.sourceRpm ?? '').replace(/\.rpm$/, ''))?.name;
}

/** The label of a source package; the plan only names sources that have one. */
export function sourceNevra(source: SourcePackage): Nevra {
  const nevra = parseNevra(source.nevra);
  if (!nevra) throw new Error(`not a NEVRA: ${source.nevra}`);
  return nevra;
}
