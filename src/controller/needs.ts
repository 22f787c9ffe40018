import type {
  ChannelSnapshot,
  ClosureFact,
  ClosureNeed,
  Need,
  PackageDependencies,
} from '../model/index.ts';
import { closureFindings, providesIndex } from '../rpm/index.ts';
import { blockDependencies, cutBlocks, type Store } from '../store/index.ts';

/** Trees whose packages are never installed, so their requirements are not those of a machine. */
const uninstallable = new Set(['source', 'debug']);

/** Obtains a fact that the planner lacks; immutable inputs decide it, so it is kept by the need's id. */
export async function obtain(store: Store, need: Need): Promise<ClosureFact> {
  return closure(store, need);
}

async function closure(store: Store, need: ClosureNeed): Promise<ClosureFact> {
  const own = await dependenciesOf(store, need.content);
  const others: PackageDependencies[] = [];
  for (const content of need.with) {
    for (const list of (await dependenciesOf(store, content)).values()) others.push(...list);
  }
  const all = [...own.values()].flat();
  const index = providesIndex(function* () {
    yield* all;
    yield* others;
  });
  const findings: ClosureFact['findings'][number][] = [];
  for (const [tree, packages] of own) {
    for (const finding of closureFindings(packages, index)) findings.push({ tree, ...finding });
  }
  return { kind: 'closure', findings };
}

async function dependenciesOf(
  store: Store,
  content: ChannelSnapshot,
): Promise<ReadonlyMap<string, readonly PackageDependencies[]>> {
  const byTree = new Map<string, readonly PackageDependencies[]>();
  for (const [tree, { packages }] of content.trees) {
    if (uninstallable.has(tree)) continue;
    const list: PackageDependencies[] = [];
    for (const block of cutBlocks(packages)) list.push(...(await blockDependencies(store, block)));
    byTree.set(tree, list);
  }
  return byTree;
}
