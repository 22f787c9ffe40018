import {
  type AdvisoryPackage,
  matchesGlob,
  type PackageEntry,
  type Upstream,
} from '../model/index.ts';
import { compareEvr } from '../rpm/index.ts';
import { nameArch } from './delta.ts';
import type { OfferedAdvisory } from './drafts.ts';
import type { Offered } from './taking.ts';
import type { Context } from './world.ts';

const debug = /-(debuginfo|debugsource)$/;

/** Makes a function that names what an upstream should carry of an advisory and does not. */
export function lacksOf(context: Context, offered: Offered) {
  const newest = new Map<string, ReadonlyMap<string, PackageEntry>>();
  for (const [upstream, snapshot] of offered.latest) newest.set(upstream, newestOf(snapshot));
  return ({ versions }: OfferedAdvisory): readonly string[] => {
    const missing = new Set<string>();
    for (const { upstream, held } of versions) {
      const declared = context.desired.upstreams.get(upstream);
      if (!declared) continue;
      for (const collection of held.advisory.collections) {
        for (const p of collection.packages) {
          if (!belongs(p, declared)) continue;
          if (versions.some((v) => isThere(p, newest.get(v.upstream)))) continue;
          missing.add(`${p.name}-${p.version}-${p.release}.${p.arch}`);
        }
      }
    }
    return [...missing].toSorted();
  };
}

function newestOf(snapshot: { readonly packages: readonly PackageEntry[] }) {
  const newest = new Map<string, PackageEntry>();
  for (const p of snapshot.packages) {
    const best = newest.get(nameArch(p));
    if (!best || compareEvr(p, best) > 0) newest.set(nameArch(p), p);
  }
  return newest;
}

/** Advisories list all architectures and debug packages; an upstream carries those of its tree that it does not exclude. */
function belongs(p: AdvisoryPackage, { tree, exclude, include }: Upstream): boolean {
  const archs = tree === 'source' ? ['src', 'nosrc'] : [tree, 'noarch'];
  if (!archs.includes(p.arch) || debug.test(p.name)) return false;
  const nevra = `${p.name}-${p.version}-${p.release}.${p.arch}`;
  const matches = (glob: string) => matchesGlob(glob, p.name) || matchesGlob(glob, nevra);
  return !exclude.some(matches) && (include.length === 0 || include.some(matches));
}

/** A newer version in its place is as good: upstreams drop what they superseded. */
function isThere(p: AdvisoryPackage, newest: ReadonlyMap<string, PackageEntry> | undefined) {
  const best = newest?.get(`${p.name}.${p.arch}`);
  return best !== undefined && compareEvr(best, p) >= 0;
}
