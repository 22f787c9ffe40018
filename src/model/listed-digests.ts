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
  const digests = known.get(list) ?? fromNear(list, near) ?? digestSet(list.map((x) => x.sha256));
  known.set(list, digests);
  return digests;
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

/** What one list has and another has not, both in the same order and so walked through once. */
export function differenceInOrder<T extends Digested>(
  { list: before, order }: NearList<T>,
  after: readonly T[],
): { readonly added: readonly T[]; readonly removed: readonly T[] } {
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

/** The list itself where it is in order, else a sorted copy. */
export function inOrder<T>(list: readonly T[], near: NearList<T>): readonly T[] {
  return isInOrder(list, near) ? list : list.toSorted(near.order);
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
