import type { Plan } from '../model/index.ts';
import { planChannel } from './channel.ts';
import { mirrorSteps } from './mirror.ts';
import { upstreamHolds } from './upstream-health.ts';
import { contextOf, type World } from './world.ts';

/**
 * The difference between what the policy says and what is, as steps, holds and needs, each with its reason. The same
 * world gives the same plan; a world in which the plan was done gives no steps.
 */
export function plan(world: World): Plan {
  const context = contextOf(world);
  const mirrors = mirrorSteps(world);
  const channels = [...world.desired.channels.values()].map((c) => planChannel(context, c));
  return {
    policy: world.desired.commit,
    steps: [...mirrors.steps, ...channels.flatMap((c) => c.steps)],
    holds: [...mirrors.holds, ...upstreamHolds(world), ...channels.flatMap((c) => c.holds)],
    needs: channels.flatMap((c) => c.needs),
    notes: channels.flatMap((c) => c.notes),
  };
}
