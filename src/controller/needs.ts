import { type ClosureFact, type ClosureNeed, digestsOf, type Need } from '../model/index.ts';
import { derivedJson, type Store } from '../store/index.ts';
import { installableTrees } from './closure/checked-packages.ts';
import type { ClosureChecks } from './closure/closure-checks.ts';

/** Raised when the same contents would give other findings. */
const format = 1;

/** Obtains a fact that the planner lacks; immutable inputs decide it, so it is kept by the need's id. */
export async function obtain(
  store: Store,
  checks: ClosureChecks,
  need: Need,
): Promise<ClosureFact> {
  const place = { path: `closure/${need.id}.json`, format };
  return await derivedJson(store, place, () => closure(store, checks, need));
}

/** What the packages of each tree lack; what those of the channels beside it lack is not this channel's. */
async function closure(
  store: Store,
  checks: ClosureChecks,
  need: ClosureNeed,
): Promise<ClosureFact> {
  const all = await checks.findings(store, need);
  const findings = [...installableTrees(need.content)].flatMap(([tree, { packages }]) => {
    const own = digestsOf(packages);
    return all.filter((f) => own.has(f.sha256)).map((finding) => ({ tree, ...finding }));
  });
  return { kind: 'closure', findings };
}
