import {
  type Advisory,
  type AdvisoryPackage,
  fileNameOf,
  type HeldAdvisory,
  type Nevra,
  type PackageEntry,
  packagesNamed,
} from '../../model/index.ts';
import { advisoryDigest } from '../../rpm/index.ts';

/** An advisory that something brings into a tree. */
export interface AdvisoryOffer {
  readonly held: HeldAdvisory;
  /** 0 for what a base snapshot says, then the revision of the promoted update. */
  readonly revision: number;
  /** Packages of the update: an advisory that was merged across upstreams may not list them all. */
  readonly packages: readonly PackageEntry[];
  /** They were built here: of them those count whose names the vendor lists. */
  readonly built?: true;
}

/** Only what concerns some names and ids is chosen; what else the tree serves is given. */
export interface AdvisoryFocus {
  readonly names: ReadonlySet<string>;
  readonly advisories: ReadonlySet<string>;
  readonly others: readonly PackageEntry[];
}

/**
 * What a tree says of its packages: of an advisory's revisions the highest promoted, with only the packages that the
 * tree serves; an advisory without any is left out.
 */
export function chooseAdvisories(
  offers: readonly AdvisoryOffer[],
  packages: readonly PackageEntry[],
  focus?: AdvisoryFocus,
): readonly HeldAdvisory[] {
  if (offers.length === 0) return [];
  const told = toldNames(offers);
  const own = new Set(packages.filter((p) => told.has(p.name)).map(evrKey));
  const isServed: IsServed = (p) =>
    focus && !focus.names.has(p.name) ? isAmong(focus.others, p) : own.has(evrKey(p));
  const chosen: HeldAdvisory[] = [];
  const groups = Map.groupBy(offers, (o) => o.held.advisory.id);
  for (const [id, group] of groups) {
    if (focus && !focus.advisories.has(id) && !group.some((o) => concerns(o, focus))) continue;
    const published = publishedForm(group, isServed);
    if (published) chosen.push(published);
  }
  return chosen;
}

/** Of most packages no advisory tells, so what is served of them need not be known. */
function toldNames(offers: readonly AdvisoryOffer[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { held, packages } of offers) {
    for (const { packages: listed } of held.advisory.collections) {
      for (const p of listed) names.add(p.name);
    }
    for (const p of packages) names.add(p.name);
  }
  return names;
}

type IsServed = (nevra: Nevra) => boolean;

/** In a list that is sorted as that of a tree. */
function isAmong(packages: readonly PackageEntry[], nevra: Nevra): boolean {
  return packagesNamed(packages, nevra.name).some((p) => evrKey(p) === evrKey(nevra));
}

const evrKey = (n: Nevra): string => `${n.name}-${n.epoch}:${n.version}-${n.release}.${n.arch}`;

function concerns({ held, packages }: AdvisoryOffer, { names }: AdvisoryFocus): boolean {
  const { collections } = held.advisory;
  return (
    packages.some((p) => names.has(p.name)) ||
    collections.some((c) => c.packages.some((p) => names.has(p.name)))
  );
}

function publishedForm(
  group: readonly AdvisoryOffer[],
  isServed: IsServed,
): HeldAdvisory | undefined {
  const first = group.reduce((best, offer) => (offer.revision > best.revision ? offer : best));
  const { advisory } = first.held;
  const listed = new Set<string>();
  let dropped = false;
  const collections = advisory.collections.map((collection) => {
    const kept = collection.packages.filter(isServed);
    for (const p of kept) listed.add(evrKey(p));
    if (kept.length === collection.packages.length) return collection;
    dropped = true;
    return { ...collection, packages: kept };
  });
  const missing = unlisted(group, first, { isServed, listed });
  if (listed.size === 0) return undefined;
  if (!dropped && missing.length === 0) return first.held;
  return named({ ...advisory, collections: extended(collections, missing) });
}

/** Packages that other upstreams' versions of the advisory, or the update itself, add to the list. */
function unlisted(
  group: readonly AdvisoryOffer[],
  first: AdvisoryOffer,
  seen: { readonly isServed: IsServed; readonly listed: Set<string> },
): readonly AdvisoryPackage[] {
  const missing: AdvisoryPackage[] = [];
  const add = (p: AdvisoryPackage) => {
    const key = evrKey(p);
    if (seen.listed.has(key) || !seen.isServed(p)) return;
    seen.listed.add(key);
    missing.push(p);
  };
  for (const other of group) {
    if (other !== first) {
      for (const c of other.held.advisory.collections) for (const p of c.packages) add(p);
    }
    const named = other.built ? vendorsPackages(other) : undefined;
    for (const entry of other.packages) {
      const vendors = named?.get(entry.name);
      if (named === undefined || vendors) add(listedPackage(entry, vendors));
    }
  }
  return missing;
}

/** What the vendor lists, by name: its packages of another architecture say as much. */
function vendorsPackages({ held }: AdvisoryOffer): ReadonlyMap<string, AdvisoryPackage> {
  return new Map(held.advisory.collections.flatMap((c) => c.packages).map((p) => [p.name, p]));
}

/** What the vendor suggests to do after its own package is to be done after ours. */
function listedPackage(entry: PackageEntry, vendors?: AdvisoryPackage): AdvisoryPackage {
  const { name, epoch, version, release, arch } = entry;
  return {
    ...{ name, epoch, version, release, arch },
    filename: fileNameOf(entry),
    src: entry.sourceRpm ?? fileNameOf(entry),
    rebootSuggested: vendors?.rebootSuggested ?? false,
    restartSuggested: vendors?.restartSuggested ?? false,
    reloginSuggested: vendors?.reloginSuggested ?? false,
  };
}

function extended(
  collections: Advisory['collections'],
  missing: readonly AdvisoryPackage[],
): Advisory['collections'] {
  const served = collections.filter((c) => c.packages.length > 0);
  if (missing.length === 0) return served;
  const [head, ...rest] = served.length > 0 ? served : [{ short: '', name: '', packages: [] }];
  if (!head) return served;
  return [{ ...head, packages: [...head.packages, ...missing] }, ...rest];
}

const named = (advisory: Advisory): HeldAdvisory => ({
  sha256: advisoryDigest(advisory),
  advisory,
});
