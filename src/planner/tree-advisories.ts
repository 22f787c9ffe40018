import {
  type Advisory,
  type AdvisoryPackage,
  fileNameOf,
  type HeldAdvisory,
  type Nevra,
  type PackageEntry,
} from '../model/index.ts';
import { advisoryDigest } from '../rpm/index.ts';

/** An advisory that something brings into a tree. */
export interface AdvisoryOffer {
  readonly held: HeldAdvisory;
  /** 0 for what a base snapshot says, then the revision of the promoted update. */
  readonly revision: number;
  /** Packages of the update: an advisory that was merged across upstreams may not list them all. */
  readonly packages: readonly PackageEntry[];
}

/**
 * What a tree says of its packages: of an advisory's revisions the highest promoted, with only the packages that the
 * tree serves; an advisory without any is left out.
 */
export function chooseAdvisories(
  offers: readonly AdvisoryOffer[],
  packages: readonly PackageEntry[],
): readonly HeldAdvisory[] {
  if (offers.length === 0) return [];
  const present = new Set(packages.map(evrKey));
  const chosen: HeldAdvisory[] = [];
  for (const group of Map.groupBy(offers, (o) => o.held.advisory.id).values()) {
    const published = publishedForm(group, present);
    if (published) chosen.push(published);
  }
  return chosen;
}

const evrKey = (n: Nevra): string => `${n.name}-${n.epoch}:${n.version}-${n.release}.${n.arch}`;

function publishedForm(
  group: readonly AdvisoryOffer[],
  present: ReadonlySet<string>,
): HeldAdvisory | undefined {
  const first = group.reduce((best, offer) => (offer.revision > best.revision ? offer : best));
  const { advisory } = first.held;
  const listed = new Set<string>();
  let dropped = false;
  const collections = advisory.collections.map((collection) => {
    const kept = collection.packages.filter((p) => present.has(evrKey(p)));
    for (const p of kept) listed.add(evrKey(p));
    if (kept.length !== collection.packages.length) dropped = true;
    return kept.length === collection.packages.length
      ? collection
      : { ...collection, packages: kept };
  });
  const missing = unlisted(group, first, { present, listed });
  if (listed.size === 0) return undefined;
  if (!dropped && missing.length === 0) return first.held;
  return named({ ...advisory, collections: extended(collections, missing) });
}

/** Packages that other upstreams' versions of the advisory, or the update itself, add to the list. */
function unlisted(
  group: readonly AdvisoryOffer[],
  first: AdvisoryOffer,
  seen: { readonly present: ReadonlySet<string>; readonly listed: Set<string> },
): readonly AdvisoryPackage[] {
  const missing: AdvisoryPackage[] = [];
  const add = (p: AdvisoryPackage) => {
    const key = evrKey(p);
    if (!seen.present.has(key) || seen.listed.has(key)) return;
    seen.listed.add(key);
    missing.push(p);
  };
  for (const other of group) {
    if (other !== first) {
      for (const c of other.held.advisory.collections) for (const p of c.packages) add(p);
    }
    for (const entry of other.packages) add(listedPackage(entry));
  }
  return missing;
}

function listedPackage(entry: PackageEntry): AdvisoryPackage {
  const { name, epoch, version, release, arch } = entry;
  return {
    ...{ name, epoch, version, release, arch },
    filename: fileNameOf(entry),
    src: entry.sourceRpm ?? fileNameOf(entry),
    rebootSuggested: false,
    restartSuggested: false,
    reloginSuggested: false,
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
