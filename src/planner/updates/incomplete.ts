import {
  type AdvisoryPackage,
  matchesGlob,
  packagesNamed,
  type Upstream,
  type UpstreamSnapshot,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import type { Context } from '../world.ts';
import type { OfferedAdvisory } from './drafts.ts';
import type { Offered } from './taking.ts';

const debug = /-(debuginfo|debugsource)$/;

/** Makes a function that names what an upstream should carry of an advisory and does not. */
export function lacksOf(context: Context, offered: Offered) {
  return ({ versions }: OfferedAdvisory): readonly string[] => {
    const missing = new Set<string>();
    for (const { upstream, held } of versions) {
      const declared = context.desired.upstreams.get(upstream);
      if (!declared) continue;
      for (const collection of held.advisory.collections) {
        for (const p of collection.packages) {
          if (!belongs(p, declared)) continue;
          if (versions.some((v) => isThere(p, offered.latest.get(v.upstream)))) continue;
          missing.add(`${p.name}-${p.version}-${p.release}.${p.arch}`);
        }
      }
    }
    return [...missing].toSorted();
  };
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
function isThere(p: AdvisoryPackage, snapshot: UpstreamSnapshot | undefined): boolean {
  const present = packagesNamed(snapshot?.packages ?? [], p.name);
  return present.some((other) => other.arch === p.arch && compareEvr(other, p) >= 0);
}
