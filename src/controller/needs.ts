import { type ClosureFact, type ClosureNeed, digestsOf, type Need } from '../model/index.ts';
import { derivedJson, type Store } from '../store/index.ts';
import { type ClosureIndexes, installableTrees } from './closure-indexes.ts';

/** Raised when the same contents would give other findings. */
const format = 1;

/** Obtains a fact that the planner lacks; immutable inputs decide it, so it is kept by the need's id. */
export async function obtain(
  store: Store,
  indexes: ClosureIndexes,
  need: Need,
): Promise<ClosureFact> {
  const place = { path: `closure/${need.id}.json`, format };
  return await derivedJson(store, place, () => closure(store, indexes, need));
}

/** What the packages of each tree lack; what those of the channels beside it lack is not this channel's. */
async function closure(
  store: Store,
  indexes: ClosureIndexes,
  need: ClosureNeed,
): Promise<ClosureFact> {
  const all = await indexes.findings(store, need);
  const findings = [...installableTrees(need.content)].flatMap(([tree, { packages }]) => {
    const own = digestsOf(packages);
    return all.filter((f) => own.has(f.sha256)).map((finding) => ({ tree, ...finding }));
  });
  return { kind: 'closure', findings };
}
