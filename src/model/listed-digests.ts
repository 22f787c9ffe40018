import { placeOfDigest } from './digest-places.ts';
import { type DigestSet, digestSet } from './digest-set.ts';
import type { Sha256 } from './package.ts';

interface Digested {
  readonly sha256: Sha256;
}

/** A list in a known order that probably differs little from another one in the same order. */
export interface NearList<T> {
  readonly list: readonly T[];
  readonly order: (a: T, b: T) => number;
}

/** Lists of a snapshot never change, so what was worked out of one stays true as long as somebody holds it. */
const known = new WeakMap<readonly Digested[], DigestSet>();

/** The digests of a list; from those of a list near to it, where its digests are known, only the difference is made. */
export function digestsOf<T extends Digested>(list: readonly T[], near?: NearList<T>): DigestSet {
  const digests = known.get(list) ?? fromNear(list, near) ?? digestsWhenAsked(list);
  known.set(list, digests);
  return digests;
}

/** So many questions are answered sooner by looking through the list than by sorting its digests. */
const fewQuestions = 512;

/** Most lists are asked for a few digests or for none. */
function digestsWhenAsked(list: readonly Digested[]): DigestSet {
  let asked = 0;
  let made: DigestSet | undefined;
  const sorted = (): DigestSet => {
    made ??= digestSet(list.map((x) => x.sha256));
    return made;
  };
  return {
    size: list.length,
    has: (digest) => {
      asked += 1;
      return made || asked > fewQuestions ? sorted().has(digest) : placeOfDigest(list, digest) >= 0;
    },
    changed: (change) => sorted().changed(change),
    hashInto: (hash) => sorted().hashInto(hash),
  };
}

/** More changes than that are sorted faster from the start. */
const worthwhile = (size: number): number => size / 8;

function fromNear<T extends Digested>(
  list: readonly T[],
  near: NearList<T> | undefined,
): DigestSet | undefined {
  const digests = near && known.get(near.list);
  if (!digests) return undefined;
  const { added, removed } = differenceInOrder(near, list);
  if (added.length + removed.length > worthwhile(list.length)) return undefined;
  return digests.changed({
    added: added.map((x) => x.sha256),
    removed: removed.map((x) => x.sha256),
  });
}

/** Whether two lists name the same things in the same order. */
export const isSameList = <T extends Digested>(a: readonly T[], b: readonly T[]): boolean =>
  a === b ||
  (a.length === b.length && a.every((x, at) => x === b[at] || x.sha256 === b[at]?.sha256));

/** What one list has and another has not. */
export interface ListDifference<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
}

/** From the other list to the one that it is known of. */
interface KnownDifference<T> extends ListDifference<T> {
  readonly from: WeakRef<readonly T[]>;
}

/** Of each list its last differences from others: several rules ask for the same one, and what is derived follows it. */
const differences = new WeakMap<readonly Digested[], readonly KnownDifference<Digested>[]>();
const mostDifferences = 4;

/** Both lists are in the same order and so walked through once. */
export function differenceInOrder<T extends Digested>(
  { list: before, order }: NearList<T>,
  after: readonly T[],
): ListDifference<T> {
  if (before === after) return { added: [], removed: [] };
  const found =
    knownDifferences(after).find((d) => d.from === before) ?? walk({ list: before, order }, after);
  if (found.added.length + found.removed.length <= worthwhile(after.length)) {
    const { added, removed } = found;
    know(after, { from: new WeakRef(before), added, removed });
    know(before, { from: new WeakRef(after), added: removed, removed: added });
  }
  return found;
}

/** Small differences from other lists that are still in use, as far as somebody has asked for them. */
export function knownDifferences<T extends Digested>(
  list: readonly T[],
): readonly (ListDifference<T> & { readonly from: readonly T[] })[] {
  // What is known of a list is about its own items.
  const all = (differences.get(list) ?? []) as readonly KnownDifference<T>[];
  return all.flatMap(({ from, added, removed }) => {
    const other = from.deref();
    return other ? [{ from: other, added, removed }] : [];
  });
}

function know(list: readonly Digested[], difference: KnownDifference<Digested>): void {
  const from = difference.from.deref();
  const others = (differences.get(list) ?? []).filter((d) => d.from.deref() !== from);
  differences.set(list, [difference, ...others].slice(0, mostDifferences));
}

function walk<T extends Digested>(
  { list: before, order }: NearList<T>,
  after: readonly T[],
): ListDifference<T> {
  const added: T[] = [];
  const removed: T[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const now = after[j];
    const way = old && now ? wayBetween(old, now, order) : old ? -1 : 1;
    if (old && way < 0) removed.push(old);
    if (now && way > 0) added.push(now);
    if (way <= 0) i += 1;
    if (way >= 0) j += 1;
  }
  return { added, removed };
}

/** Most are the same objects, which can be told without reading them. */
function wayBetween<T extends Digested>(a: T, b: T, order: NearList<T>['order']): number {
  return a === b || a.sha256 === b.sha256 ? 0 : order(a, b);
}

/** Lists of which it was found out, and the order in which they are. */
const ordered = new WeakMap<readonly unknown[], unknown>();

/** The list itself where it is in order, else a sorted copy. */
export function inOrder<T>(list: readonly T[], near: NearList<T>): readonly T[] {
  const { order } = near;
  if (ordered.get(list) === order) return list;
  const sorted = isInOrder(list, near) ? list : list.toSorted(order);
  ordered.set(sorted, order);
  return sorted;
}

/** A list in order with some items put in and others taken out; undefined where one of these does not stand in it. */
export function changedInOrder<T>(
  { list, order }: NearList<T>,
  { added, removed }: ListDifference<T>,
): readonly T[] | undefined {
  if (added.length + removed.length === 0) return list;
  const places = [
    ...added.map((item) => ({ place: placeOf(item, { list, order }), item, isAdded: true })),
    ...removed.map((item) => {
      // Equals stand together.
      const place = list.indexOf(item, placeOf(item, { list, order }));
      return { place, item, isAdded: false };
    }),
  ];
  if (places.some(({ place }) => place < 0)) return undefined;
  const parts: (readonly T[])[] = [];
  let at = 0;
  for (const { place, item, isAdded } of places.toSorted(
    (a, b) => a.place - b.place || Number(b.isAdded) - Number(a.isAdded) || order(a.item, b.item),
  )) {
    parts.push(list.slice(at, place));
    if (isAdded) parts.push([item]);
    at = isAdded ? place : place + 1;
  }
  const changed = ([] as readonly T[]).concat(...parts, list.slice(at));
  ordered.set(changed, order);
  return changed;
}

/** Where an item stands, or would stand. */
function placeOf<T>(item: T, { list, order }: NearList<T>): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = list[middle];
    if (other !== undefined && order(other, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Items that stand in the near list, which is in order, need no comparison with each other. */
function isInOrder<T>(list: readonly T[], { list: near, order }: NearList<T>): boolean {
  let at = 0;
  let last: T | undefined;
  for (const item of list) {
    for (let known = near[at]; known !== undefined && known !== item; known = near[at]) {
      if (order(known, item) > 0) break;
      at += 1;
    }
    const isNear = near[at] === item;
    if (last !== undefined && !isNear && order(last, item) > 0) return false;
    if (isNear) at += 1;
    last = item;
  }
  return true;
}
