import type { ChannelSnapshot, ClosureFact, ClosureNeed, Need } from '../model/index.ts';
import {
  closureJudge,
  type GrowingProvidesIndex,
  growingProvidesIndex,
  isPrimaryPath,
  type ProvidesIndex,
} from '../rpm/index.ts';
import {
  type Block,
  blockDependencies,
  blockUnlistedPaths,
  cutBlocks,
  derivedJson,
  type Store,
} from '../store/index.ts';

/** Trees whose packages are never installed, so their requirements are not those of a machine. */
const uninstallable = new Set(['source', 'debug']);

/** Raised when the same contents would give other findings. */
const format = 1;

/** Obtains a fact that the planner lacks; immutable inputs decide it, so it is kept by the need's id. */
export async function obtain(store: Store, need: Need): Promise<ClosureFact> {
  const place = { path: `closure/${need.id}.json`, format };
  return await derivedJson(store, place, () => closure(store, need));
}

/** Reads the blocks one after the other, and again, so that memory holds what is provided and nothing else. */
async function closure(store: Store, need: ClosureNeed): Promise<ClosureFact> {
  const own = blocksByTree(need.content);
  const contents = [own, ...need.with.map(blocksByTree)];
  const index = await indexOf(store, oncePerKey(contents.flatMap((c) => [...c.values()].flat())));
  const findings: ClosureFact['findings'][number][] = [];
  for (const [tree, blocks] of own)
    findings.push(...(await judged(store, index, { tree, blocks })));
  return { kind: 'closure', findings };
}

function blocksByTree(content: ChannelSnapshot): ReadonlyMap<string, readonly Block[]> {
  const trees = [...content.trees].filter(([tree]) => !uninstallable.has(tree));
  return new Map(trees.map(([tree, { packages }]) => [tree, cutBlocks(packages)]));
}

/** Channels that machines use together share most of their blocks. */
function oncePerKey(blocks: readonly Block[]): readonly Block[] {
  return [...new Map(blocks.map((block) => [block.key, block])).values()];
}

async function indexOf(store: Store, blocks: readonly Block[]): Promise<GrowingProvidesIndex> {
  const index = growingProvidesIndex();
  for (const block of blocks) {
    for (const candidate of await blockDependencies(store, block)) index.add(candidate);
  }
  const required = [...index.requiredPaths()];
  for (const block of required.length > 0 ? blocks : []) {
    for (const candidate of await blockDependencies(store, block)) index.addFiles(candidate);
  }
  for (const block of required.every(isPrimaryPath) ? [] : blocks) {
    for (const candidate of await blockUnlistedPaths(store, block)) index.addFiles(candidate);
  }
  return index;
}

async function judged(
  store: Store,
  index: ProvidesIndex,
  { tree, blocks }: { readonly tree: string; readonly blocks: readonly Block[] },
): Promise<readonly ClosureFact['findings'][number][]> {
  const judge = closureJudge(index);
  for (const block of blocks) {
    for (const candidate of await blockDependencies(store, block)) judge.add(candidate);
  }
  return judge.findings().map((finding) => ({ tree, ...finding }));
}
