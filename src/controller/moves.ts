import { canonicalDigest, type PackageStateName, type Plan, type Sha256 } from '../model/index.ts';
import type { Move } from '../observer/index.ts';
import { updateStates, type World } from '../planner/index.ts';
import type { Installation } from './installation.ts';

const lastSeen = new WeakMap<Installation, Sha256>();

/** States that a decision of somebody leads to; what leads to the others is the controller's own work. */
const byPeople: ReadonlySet<PackageStateName> = new Set([
  ...(['waiting', 'untested', 'tested', 'good', 'rejected', 'withdrawn'] as const),
]);

/** Writes into the journal which updates came into another state, by whom and under which commit. */
export async function noteMoves(c: Installation, world: World, plan: Plan): Promise<void> {
  if (world.desired.updates.size === 0) return;
  // States follow from these, so a pass that changed nothing need not work them out.
  const facts = canonicalDigest({
    commit: world.desired.commit,
    contents: [...world.actual.channels].map(([name, s]) => [name, s.content.id]),
    holds: plan.holds.map((h) => [h.code, h.subject, h.channel ?? '']),
  });
  if (lastSeen.get(c) === facts) return;
  lastSeen.set(c, facts);
  const before = c.memory().states;
  const { commit } = world.desired;
  const moved = [...updateStates(world, plan)].filter(
    ([id, { state }]) => before.get(id) !== state,
  );
  if (moved.length === 0) return;
  const { author } = await c.ports.policyGit.commit(commit);
  const moves = moved.map(([update, { state: to }]): Move => {
    const from = before.get(update);
    return { update, ...(from ? { from } : {}), to, by: byPeople.has(to) ? author : 'sluice' };
  });
  await c.note('moved', { commit, moves });
}
