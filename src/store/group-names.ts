import { join } from 'node:path';
import type { PackageDependencies, Sha256 } from '../model/index.ts';
import { marksOf } from '../rpm/index.ts';
import { dependenciesIn, dependencyLines } from './block-dependencies.ts';
import { derived } from './block-details.ts';
import { type BlockGroup, groupKey } from './block-groups.ts';
import { type Marks, marksBytes, readMarks } from './marks.ts';
import { blockDirectory, type Store } from './paths.ts';

/** Which packages of a group have to do with a name: the marks of `marksOf`, and at which block and package. */
export interface GroupNames extends Marks {
  readonly key: Sha256;
  /** Keys of its blocks. */
  readonly blocks: readonly Sha256[];
}

/** A block has at most 64 packages and a group at most 64 blocks. */
const packagesInBlock = 64;
const placeOf = (block: number, n: number): number => block * packagesInBlock + n;
export const blockAt = (place: number): number => (place / packagesInBlock) | 0;
export const packageAt = (place: number): number => place % packagesInBlock;

/** Of any groups by their keys, in this order; undefined for what is not kept or not whole. */
export async function* keptGroupNames(
  store: Store,
  keys: readonly Sha256[],
): AsyncGenerator<GroupNames | undefined> {
  let at = 0;
  for await (const bytes of store.disk.readEach(keys.map((key) => namesPath(store, key)))) {
    const [read, key] = [readMarks(bytes), keys[at]];
    const isOfGroup = read && key === groupKey(read.keys);
    yield isOfGroup ? { key, blocks: read.keys, ...read.found } : undefined;
    at += 1;
  }
}

/** What is at hand already when the names of a group are made, and who else wants to see what has to be read. */
export interface NamesMaking {
  readonly groups?: readonly GroupNames[];
  each?(candidate: PackageDependencies): void;
}

/** Kept beside what is derived from blocks: a group is a block of blocks. */
export async function makeGroupNames(
  store: Store,
  group: BlockGroup,
  { groups = [], each }: NamesMaking = {},
): Promise<GroupNames> {
  const names = roomFor(groups);
  const missing = new Map(group.blocks.map((block, n) => [block.key, { block, n }]));
  for (const near of groups) addShared(names, near, missing);
  let at = 0;
  const numbers = [...missing.values()].map(({ n }) => n);
  const blocks = [...missing.values()].map(({ block }) => block);
  for await (const lines of dependencyLines(store, blocks)) {
    for (const [n, line] of lines.entries()) {
      const candidate = dependenciesIn(line);
      each?.(candidate);
      for (const mark of marksOf(candidate)) names.add(mark, placeOf(numbers[at] ?? 0, n));
    }
    at += 1;
  }
  const found = names.whole();
  const keys = group.blocks.map((b) => b.key);
  await store.disk.replace(namesPath(store, group.key), marksBytes(found, keys), derived);
  return { key: group.key, blocks: keys, ...found };
}

/** Takes over what a group has of the missing blocks, which then are not missing any more. */
function addShared(
  names: ReturnType<typeof roomFor>,
  near: GroupNames,
  missing: Map<Sha256, { readonly n: number }>,
): void {
  const numbers = Int32Array.from(near.blocks, (key) => missing.get(key)?.n ?? -1);
  if (numbers.every((n) => n < 0)) return;
  for (let at = 0; at < near.marks.length; at += 1) {
    const place = near.places[at] ?? 0;
    const block = numbers[blockAt(place)] ?? -1;
    if (block >= 0) names.add(near.marks[at] ?? 0, placeOf(block, packageAt(place)));
  }
  for (const key of near.blocks) missing.delete(key);
}

/** Marks one after the other in memory of their own size: there are tens of thousands. */
function roomFor(groups: readonly GroupNames[]) {
  let marks = new Uint32Array(Math.max(4096, ...groups.map((g) => g.marks.length * 2)));
  let places = new Uint16Array(marks.length);
  let count = 0;
  return {
    add: (mark: number, place: number): void => {
      if (count === marks.length) {
        marks = grown(marks, new Uint32Array(count * 2));
        places = grown(places, new Uint16Array(count * 2));
      }
      marks[count] = mark;
      places[count] = place;
      count += 1;
    },
    whole: (): Marks => ({ marks: marks.slice(0, count), places: places.slice(0, count) }),
  };
}

function grown<T extends Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

const namesPath = (store: Store, key: Sha256): string =>
  join(blockDirectory(store.root, key), 'names');
