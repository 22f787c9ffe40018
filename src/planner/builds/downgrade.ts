import {
  type Channel,
  type Evr,
  isSourcePackage,
  type Nevra,
  type PackageEntry,
  parseNevra,
  type Sha256,
  type SourcePackage,
  sourceNameOf,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import type { Context } from '../world.ts';
import { newestOf, sourceOf } from './built-here.ts';
import { takingChannels } from './inputs.ts';

/**
 * In words, what a channel serves, or its base is about to bring, of a newer source package of the same name; undefined
 * where there is none. Epochs of sources do not show in binary packages, so versions and releases decide there.
 */
export function servedNewer(
  context: Context,
  { source, entry }: { readonly source: SourcePackage; readonly entry: PackageEntry },
): string | undefined {
  const own = sourcesOfBuilt(context);
  for (const channel of takingChannels(context, source.upstream)) {
    for (const packages of contentsOf(context, channel)) {
      for (const p of packages) {
        if (sourceNameOf(p) !== entry.name || isSourcePackage(p)) continue;
        const served = own.get(p.sha256) ?? fromFileName(p, entry);
        if (!served || compareEvr(served, entry) <= 0) continue;
        return `${channel.name} has ${entry.name} ${served.version}-${served.release}, which is newer than ${source.nevra}`;
      }
    }
  }
  return undefined;
}

function* contentsOf(context: Context, channel: Channel): Iterable<readonly PackageEntry[]> {
  const trees = context.actual.channels.get(channel.name)?.content.trees.values() ?? [];
  for (const tree of trees) yield tree.packages;
  if (context.actual.channels.has(channel.name)) return;
  for (const { upstream } of channel.base) yield newestOf(context, upstream)?.packages ?? [];
}

/** Of what was built here, the source that it was built from: its release may have been changed by the recipe. */
function sourcesOfBuilt({ desired }: Context): ReadonlyMap<Sha256, Nevra> {
  const sources = new Map<Sha256, Nevra>();
  for (const update of desired.updates.values()) {
    const source = sourceOf(update);
    if (source) for (const p of update.packages) sources.set(p.sha256, source);
  }
  return sources;
}

function fromFileName(p: PackageEntry, { epoch }: Nevra): Evr | undefined {
  const source = parseNevra((p.sourceRpm ?? '').replace(/\.rpm$/, ''));
  return source && { ...source, epoch };
}
