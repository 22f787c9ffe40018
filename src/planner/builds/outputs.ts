import {
  type Hold,
  isSourcePackage,
  nevraText,
  type PackageEntry,
  type Sha256,
  type Update,
  type UpdatePackage,
} from '../../model/index.ts';
import { compareText } from '../compare-text.ts';
import { listed } from '../gates/judging.ts';
import type { Context } from '../world.ts';
import type { BuiltRecord } from './progress.ts';

/** What builds brought, and the tree that each package of it enters. */
export interface Output {
  readonly entry: PackageEntry;
  readonly tree: string;
}

const debug = /-(debuginfo|debugsource)$/;

/**
 * The results of all architectures. What is the same for all of them (noarch, the source package) was built several
 * times; that of the first architecture counts, in every tree.
 */
export function outputsOf(records: readonly BuiltRecord[]): readonly Output[] {
  const trees = records.map((r) => r.inputs.arch);
  return records
    .flatMap(({ packages, inputs }, i) =>
      packages.flatMap((entry): Output[] => {
        if (isSourcePackage(entry)) return i === 0 ? [{ entry, tree: 'source' }] : [];
        if (debug.test(entry.name)) return [{ entry, tree: 'debug' }];
        if (entry.arch !== 'noarch') return [{ entry, tree: inputs.arch }];
        return i === 0 ? trees.map((tree) => ({ entry, tree })) : [];
      }),
    )
    .toSorted(
      (a, b) => compareText(a.tree, b.tree) || compareText(nevraText(a.entry), nevraText(b.entry)),
    );
}

/** The packages of an update; what takes the place of an earlier build of the same name says so. */
export function pinned(
  context: Context,
  update: Update,
  outputs: readonly Output[],
): readonly UpdatePackage[] {
  const earlier = earlierBuilds(context, update);
  const upstream = update.build?.source.upstream ?? '';
  return outputs.map(({ entry, tree }) => {
    const nevra = nevraText(entry);
    const before = earlier.get(`${tree} ${nevra}`);
    const replaces = before === undefined || before === entry.sha256 ? {} : { replaces: before };
    return { nevra, sha256: entry.sha256, upstream, ...replaces, tree };
  });
}

function earlierBuilds({ desired }: Context, update: Update): ReadonlyMap<string, Sha256> {
  const earlier = new Map<string, Sha256>();
  for (const { build, id, packages } of desired.updates.values()) {
    if (!build || id === update.id) continue;
    for (const p of packages) earlier.set(`${p.tree} ${p.nevra}`, p.sha256);
  }
  return earlier;
}

/** Two files of one name would be mistaken for each other, so ours differ from the vendor's in version or release. */
export function nameHold(
  context: Context,
  update: Update,
  outputs: readonly Output[],
): Hold | undefined {
  const own = new Map(
    outputs.filter((o) => !isSourcePackage(o.entry)).map((o) => [nevraText(o.entry), o.entry]),
  );
  const names = new Set([...own.values()].map((e) => e.name));
  const taken = new Set<string>();
  for (const snapshot of context.actual.snapshots.values()) {
    for (const p of snapshot.packages) {
      if (!names.has(p.name)) continue;
      const same = own.get(nevraText(p));
      if (same && same.sha256 !== p.sha256) taken.add(nevraText(p));
    }
  }
  if (taken.size === 0) return undefined;
  return {
    code: 'BuiltNameTaken',
    subject: `update:${update.id}`,
    text: `the vendor has other packages under the names ${listed([...taken].toSorted(compareText))}`,
    awaits: 'build.dist or another define in the policy that makes the release differ',
    at: update.at,
  };
}

/** The source package under the vendor's own name is the vendor's; only one that differs is ours to publish. */
export function withoutVendorsSource(
  context: Context,
  outputs: readonly Output[],
): readonly Output[] {
  const sources = outputs.filter((o) => isSourcePackage(o.entry));
  if (sources.length === 0) return outputs;
  const names = new Set(sources.map((o) => nevraText(o.entry)));
  const vendors = new Set<string>();
  for (const snapshot of context.actual.snapshots.values()) {
    for (const p of snapshot.packages) {
      if (isSourcePackage(p) && names.has(nevraText(p))) vendors.add(nevraText(p));
    }
  }
  return outputs.filter((o) => !isSourcePackage(o.entry) || !vendors.has(nevraText(o.entry)));
}
