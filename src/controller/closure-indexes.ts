import {
  type ChannelSnapshot,
  type ClosureNeed,
  type PackageDependencies,
  type PackageEntry,
  packageDifference,
  type Sha256,
} from '../model/index.ts';
import { type DependencyIndex, dependencyIndex, type RequirementFinding } from '../rpm/index.ts';
import {
  type Block,
  blockDependencies,
  blockUnlistedPaths,
  cutBlocks,
  packageDependencies,
  type Store,
} from '../store/index.ts';

/** Trees whose packages are never installed, so their requirements are not those of a machine. */
const uninstallable = new Set(['source', 'debug']);

/** The dependencies of contents that were checked lately: the next content is probably near to one of them. */
export interface ClosureIndexes {
  /** What the packages of a content and of those beside it lack. */
  findings(store: Store, need: ClosureNeed): Promise<readonly RequirementFinding[]>;
}

/** One index, and the lists of packages that are in it; a package in several lists is in it once. */
interface Kept {
  readonly index: DependencyIndex;
  lists: Lists;
  readonly counts: Map<Sha256, number>;
  /** Unlisted paths that were looked for in every package that is in it. */
  readonly paths: Set<string>;
}

type Lists = ReadonlyMap<string, readonly PackageEntry[]>;

/** An index of so many packages takes some 150 MB. */
const mostPackages = 150_000;

export function closureIndexes(): ClosureIndexes {
  // The one that was used last stands last.
  let all: readonly Kept[] = [];
  return {
    findings: async (store, need) => {
      const lists = listsOf(need);
      const { kept, change } = nearest(all, lists) ?? fresh(lists);
      // Away while it is half changed: another check must not find it, and after an error nobody may.
      all = all.filter((k) => k !== kept);
      await bringUpToDate(store, kept, { lists, change });
      all = withinLimit([...all, kept]);
      return kept.index.findings();
    },
  };
}

export function installableTrees({ trees }: ChannelSnapshot): ChannelSnapshot['trees'] {
  return new Map([...trees].filter(([tree]) => !uninstallable.has(tree)));
}

function listsOf(need: ClosureNeed): Lists {
  const lists = new Map<string, readonly PackageEntry[]>();
  for (const [at, content] of [need.content, ...need.with].entries()) {
    for (const [tree, { packages }] of installableTrees(content)) {
      lists.set(`${at} ${tree}`, packages);
    }
  }
  return lists;
}

interface Change {
  readonly added: readonly PackageEntry[];
  readonly removed: readonly PackageEntry[];
}

interface Chosen {
  readonly kept: Kept;
  readonly change: Change;
}

/** The index with the least to change; none where making it anew is less work. */
function nearest(all: readonly Kept[], lists: Lists): Chosen | undefined {
  let best: Chosen | undefined;
  for (const kept of all) {
    const change = changeOf(kept.lists, lists);
    if (!best || sizeOf(change) < sizeOf(best.change)) best = { kept, change };
  }
  return best && sizeOf(best.change) * 2 < total(lists) ? best : undefined;
}

function fresh(lists: Lists): Chosen {
  const kept = {
    index: dependencyIndex(),
    lists: new Map(),
    counts: new Map(),
    paths: new Set<string>(),
  };
  return { kept, change: changeOf(new Map(), lists) };
}

function changeOf(before: Lists, after: Lists): Change {
  const added: PackageEntry[] = [];
  const removed: PackageEntry[] = [];
  for (const slot of new Set([...before.keys(), ...after.keys()])) {
    const list = packageDifference(before.get(slot) ?? [], after.get(slot) ?? []);
    for (const p of list.added) added.push(p);
    for (const p of list.removed) removed.push(p);
  }
  return { added, removed };
}

const sizeOf = ({ added, removed }: Change): number => added.length + removed.length;

const total = (lists: Lists): number =>
  [...lists.values()].reduce((sum, list) => sum + list.length, 0);

function withinLimit(all: readonly Kept[]): readonly Kept[] {
  let packages = 0;
  const kept = all.toReversed().filter(({ counts }, at) => {
    packages += counts.size;
    return at === 0 || packages <= mostPackages;
  });
  return kept.toReversed();
}

async function bringUpToDate(
  store: Store,
  kept: Kept,
  { lists, change }: { readonly lists: Lists; readonly change: Change },
): Promise<void> {
  const { entered, left } = counted(kept.counts, change);
  for (const { sha256 } of left) kept.index.leave(sha256);
  const few = entered.length <= fewPackages;
  if (few) await enterSingly(store, kept.index, entered);
  else await enterByBlocks(store, kept.index, { lists, entered });
  kept.lists = lists;
  const unlisted = kept.index.unlistedPaths();
  const isNew = unlisted.size > kept.paths.size;
  if (!isNew && (few || unlisted.size === 0)) return;
  await addUnlisted(store, kept.index, isNew ? blocksOf(lists) : blocksWith(lists, entered));
  for (const path of unlisted) kept.paths.add(path);
}

/** Which packages are in some list now and were in none before, and the other way round. */
function counted(counts: Map<Sha256, number>, { added, removed }: Change) {
  const entries = new Map<Sha256, PackageEntry>();
  const before = new Map<Sha256, number>();
  const count = (entry: PackageEntry, by: 1 | -1): void => {
    const { sha256 } = entry;
    const now = counts.get(sha256) ?? 0;
    if (!before.has(sha256)) before.set(sha256, now);
    entries.set(sha256, entry);
    counts.set(sha256, now + by);
  };
  for (const entry of added) count(entry, 1);
  for (const entry of removed) count(entry, -1);
  const touched = [...entries.values()];
  const isIn = ({ sha256 }: PackageEntry): boolean => (counts.get(sha256) ?? 0) > 0;
  const wasIn = ({ sha256 }: PackageEntry): boolean => (before.get(sha256) ?? 0) > 0;
  const left = touched.filter((p) => wasIn(p) && !isIn(p));
  for (const { sha256 } of touched.filter((p) => !isIn(p))) counts.delete(sha256);
  return { entered: touched.filter((p) => isIn(p) && !wasIn(p)), left };
}

/** Up to so many are read from the packages themselves; then whole blocks are less work. */
const fewPackages = 100;
const readsAtOnce = 8;

async function enterSingly(
  store: Store,
  index: DependencyIndex,
  entered: readonly PackageEntry[],
): Promise<void> {
  for (let at = 0; at < entered.length; at += readsAtOnce) {
    const some = entered.slice(at, at + readsAtOnce);
    for (const candidate of await packageDependencies(store, some)) index.enter(candidate);
  }
}

async function enterByBlocks(
  store: Store,
  index: DependencyIndex,
  { lists, entered }: { readonly lists: Lists; readonly entered: readonly PackageEntry[] },
): Promise<void> {
  const missing = new Map(entered.map((p) => [p.sha256, p]));
  const enter = (candidates: readonly PackageDependencies[]): void => {
    for (const candidate of candidates) {
      const nevra = missing.get(candidate.sha256);
      // The entry is in memory anyway and says the same.
      if (nevra) index.enter({ ...candidate, nevra });
      missing.delete(candidate.sha256);
    }
  };
  const wanted = blocksWith(lists, entered);
  for (let at = 0; at < wanted.length; at += readsAtOnce) {
    const some = wanted.slice(at, at + readsAtOnce);
    (await Promise.all(some.map((block) => blockDependencies(store, block)))).forEach(enter);
  }
}

/** Channels that machines use together share most of their blocks. */
function blocksOf(lists: Lists): readonly Block[] {
  const blocks = [...lists.values()].flatMap((list) => cutBlocks(list));
  return [...new Map(blocks.map((block) => [block.key, block])).values()];
}

function blocksWith(lists: Lists, packages: readonly PackageEntry[]): readonly Block[] {
  const wanted = new Set(packages.map((p) => p.sha256));
  return blocksOf(lists).filter((b) => b.packages.some((p) => wanted.has(p.sha256)));
}

async function addUnlisted(
  store: Store,
  index: DependencyIndex,
  blocks: readonly Block[],
): Promise<void> {
  for (const block of blocks) {
    for (const { sha256, files } of await blockUnlistedPaths(store, block)) {
      index.addFiles(sha256, files);
    }
  }
}
