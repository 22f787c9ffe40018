import type { Hash } from 'node:crypto';
import { hexValue } from './digest-places.ts';
import type { Sha256 } from './package.ts';

/**
 * Digests in ascending order, kept in parts by their first two digits. A set that was made from another by a change
 * shares the parts that the change did not touch, so that it costs the change and not the set. A digest that is given
 * twice counts twice.
 */
export interface DigestSet {
  readonly size: number;
  has(digest: Sha256): boolean;
  /** The same with some digests put in and others, which are in it, taken out. */
  changed(change: DigestChange): DigestSet;
  /** Feeds the JSON array of all digests to a hash. */
  hashInto(hash: Hash): void;
}

export interface DigestChange {
  readonly added: readonly Sha256[];
  readonly removed: readonly Sha256[];
}

interface Part {
  readonly digests: readonly Sha256[];
  /** `"…","…"`, made once: most parts are hashed again and again. */
  text?: string;
}

/** By the number of their first two digits, ascending. */
type Parts = ReadonlyMap<number, Part>;

export function digestSet(digests: Iterable<Sha256>): DigestSet {
  const lists = new Map<number, Sha256[]>();
  for (const digest of digests) {
    const at = partOf(digest);
    const list = lists.get(at);
    if (list) list.push(digest);
    else lists.set(at, [digest]);
  }
  const sorted = [...lists].toSorted(([a], [b]) => a - b);
  return setOf(new Map(sorted.map(([at, list]) => [at, { digests: list.toSorted() }])));
}

function setOf(parts: Parts): DigestSet {
  let size = 0;
  for (const part of parts.values()) size += part.digests.length;
  return {
    size,
    has: (digest) => isIn(parts.get(partOf(digest))?.digests ?? [], digest),
    changed: (change) => setOf(changedParts(parts, change)),
    hashInto: (hash) => {
      let separator = '[';
      for (const part of parts.values()) {
        part.text ??= `"${part.digests.join('","')}"`;
        hash.update(separator).update(part.text);
        separator = ',';
      }
      hash.update(separator === '[' ? '[]' : ']');
    },
  };
}

function isIn(sorted: readonly Sha256[], digest: Sha256): boolean {
  return sorted[placeIn(sorted, digest)] === digest;
}

/** Where the digest stands, or would stand. */
function placeIn(sorted: readonly Sha256[], digest: Sha256): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? digest) < digest) low = middle + 1;
    else high = middle;
  }
  return low;
}

function changedParts(parts: Parts, { added, removed }: DigestChange): Parts {
  const touched = new Map<number, Sha256[]>();
  const listOf = (digest: Sha256): Sha256[] => {
    const at = partOf(digest);
    const list = touched.get(at) ?? [...(parts.get(at)?.digests ?? [])];
    touched.set(at, list);
    return list;
  };
  for (const digest of removed) {
    const list = listOf(digest);
    const place = placeIn(list, digest);
    if (list[place] !== digest) throw new Error(`${digest} is not in the set`);
    list.splice(place, 1);
  }
  for (const digest of added) {
    const list = listOf(digest);
    list.splice(placeIn(list, digest), 0, digest);
  }
  const next = new Map(parts);
  for (const [at, digests] of touched) {
    if (digests.length > 0) next.set(at, { digests });
    else next.delete(at);
  }
  const isNew = [...touched.keys()].some((at) => next.has(at) && !parts.has(at));
  return isNew ? new Map([...next].toSorted(([a], [b]) => a - b)) : next;
}

const partOf = (digest: Sha256): number =>
  hexValue(digest.charCodeAt(0)) * 16 + hexValue(digest.charCodeAt(1));
