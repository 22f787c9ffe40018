import {
  type Channel,
  isSourcePackage,
  type PackageEntry,
  parseNevra,
  type Sha256,
  sourceNameOf,
} from '../../model/index.ts';
import { type Context, digestsHeldByFile, stateOf } from '../world.ts';
import { promotionUnits, treeOf } from './units.ts';

/** Names of source packages whose vendor packages a channel does not serve, because it has what was built here. */
export interface Masks {
  readonly binaries: ReadonlySet<string>;
  /** Of those that brought their own source package too. */
  readonly sources: ReadonlySet<string>;
}

const none: Masks = { binaries: new Set(), sources: new Set() };

/**
 * A built update masks the vendor's packages of its source as soon as something of it is served: while a gate keeps it
 * out, machines go on with the vendor's. Every version is masked; a newer one has to be built before it is served.
 */
export function masksOf(context: Context, channel: Channel, without: ReadonlySet<string>): Masks {
  const units = promotionUnits(context, channel).filter((u) => u.update.build !== undefined);
  if (units.length === 0) return none;
  const heldByFile = digestsHeldByFile(context, channel.name);
  const served = without.size === 0 ? new Set() : servedDigests(context, channel);
  const binaries = new Set<string>();
  const sources = new Set<string>();
  for (const { name, update } of units) {
    const source = update.build && parseNevra(update.build.source.nevra)?.name;
    if (source === undefined) continue;
    for (const p of update.packages) {
      const entry = context.packages.get(p.sha256, p.nevra);
      if (
        !entry ||
        sourceNameOf(entry) !== source ||
        heldByFile.has(p.sha256) ||
        treeOf(context, channel, p) === undefined
      )
        continue;
      if (without.has(name) && !served.has(p.sha256)) continue;
      (isSourcePackage(entry) ? sources : binaries).add(source);
    }
  }
  return { binaries, sources };
}

/** The vendor's package of a source that the channel has as it was built here. */
export const isMasked = (masks: Masks, entry: PackageEntry): boolean =>
  masks.binaries.size + masks.sources.size > 0 &&
  (isSourcePackage(entry) ? masks.sources : masks.binaries).has(sourceNameOf(entry));

function servedDigests(context: Context, channel: Channel): ReadonlySet<Sha256> {
  const digests = new Set<Sha256>();
  for (const tree of stateOf(context, channel.name)?.content.trees.values() ?? []) {
    for (const p of tree.packages) digests.add(p.sha256);
  }
  return digests;
}
