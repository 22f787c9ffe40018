import { digestsOf, placeOfDigest, type Sha256, type TreeContent } from '../../model/index.ts';

/** What can be found by its digest; sooner with the label that a file gives it, which may be wrong. */
export interface Held<T> {
  get(digest: Sha256, label?: string): T | undefined;
  has(digest: Sha256, label?: string): boolean;
}

interface Digested {
  readonly sha256: Sha256;
}

/** So many items are looked for one by one before a map of a whole list is worth its while. */
const fewSearches = 512;

/** Of lists that several plans look into: snapshots of upstreams live long and never change. */
const byDigest = new WeakMap<readonly Digested[], ReadonlyMap<Sha256, Digested>>();

/** What a list has under a label. */
type Labelled<T> = (label: string) => (list: readonly T[]) => readonly T[];

/**
 * Looks into the lists of upstream snapshots first, which have nearly everything, then into what channels serve. An
 * answer is looked for once; nothing is gathered in advance.
 */
export function heldIn<T extends Digested>(
  offered: readonly (readonly T[])[],
  served: readonly (readonly T[])[],
  labelled: Labelled<T> = () => () => [],
): Held<T> {
  const answers = new Map<Sha256, T | undefined>();
  const lists = [...new Set(offered)].filter((list) => list.length > 0);
  const others = [...new Set(served)].filter((list) => list.length > 0);
  // What is asked for together mostly comes from one upstream.
  let lucky: readonly T[] = [];
  let searches = 0;
  const itemIn = (list: readonly T[], digest: Sha256): T | undefined => {
    // What was put in for a list are its own items.
    const known = byDigest.get(list) as ReadonlyMap<Sha256, T> | undefined;
    if (known) return known.get(digest);
    searches += 1;
    if (searches <= fewSearches) return list[placeOfDigest(list, digest)];
    const items = new Map(list.map((item) => [item.sha256, item]));
    byDigest.set(list, items);
    return items.get(digest);
  };
  const labelledAs = (label: string, digest: Sha256): T | undefined => {
    if (searches >= fewSearches) return undefined;
    const under = labelled(label);
    for (const list of [lucky, ...lists]) {
      const item = under(list).find(({ sha256 }) => sha256 === digest);
      if (!item) continue;
      searches += 1;
      lucky = list;
      return item;
    }
    return undefined;
  };
  const find = (digest: Sha256, label?: string): T | undefined => {
    const named = label === undefined ? undefined : labelledAs(label, digest);
    if (named) return named;
    for (const list of [lucky, ...lists]) {
      const item = itemIn(list, digest);
      if (!item) continue;
      lucky = list;
      return item;
    }
    const list = others.find((l) => digestsOf(l).has(digest));
    return list?.[placeOfDigest(list, digest)];
  };
  const get = (digest: Sha256, label?: string): T | undefined => {
    const known = answers.get(digest);
    if (known !== undefined || answers.has(digest)) return known;
    const found = find(digest, label);
    answers.set(digest, found);
    return found;
  };
  return { get, has: (digest, label) => get(digest, label) !== undefined };
}

export type Digests = Pick<ReadonlySet<Sha256>, 'has'>;

/** Which packages some trees have together. */
export function packagesIn(trees: Iterable<Pick<TreeContent, 'packages'>>): Digests {
  const sets = [...trees].map((tree) => digestsOf(tree.packages));
  return { has: (digest) => sets.some((set) => set.has(digest)) };
}
