import type { Need, Plan } from '../model/index.ts';
import { planBuilds } from './builds/build-plans.ts';
import { buildQuestions } from './builds/proposals.ts';
import { planChannel } from './channel.ts';
import { commitStep } from './commit.ts';
import { downgradeNotes } from './content/downgrades.ts';
import { mirrorSteps } from './mirror.ts';
import { carefulPins } from './questions/careful-pins.ts';
import { tidyWishes, unpinWishes } from './questions/housekeeping.ts';
import { pinWishes } from './questions/pins.ts';
import { promotionWishes } from './questions/promotions.ts';
import { proposals } from './questions/proposals.ts';
import { rollback } from './questions/rollback.ts';
import { undeclaredHolds } from './undeclared.ts';
import { newUpdates } from './updates/new-updates.ts';
import { upstreamHolds } from './upstream-health.ts';
import { type Context, contextOf, type World } from './world.ts';

/**
 * The difference between what the policy says and what is, as steps, holds and needs, each with its reason. The same
 * world gives the same plan; a world in which the plan was done gives no steps.
 */
export function plan(world: World): Plan {
  const context = contextOf(world);
  const mirrors = mirrorSteps(world);
  const channels = [...world.desired.channels.values()].map((c) => planChannel(context, c));
  const decisions = decide(context, channels);
  return {
    policy: world.desired.commit,
    steps: [...mirrors.steps, ...channels.flatMap((c) => c.steps), ...decisions.steps],
    holds: [
      ...mirrors.holds,
      ...upstreamHolds(world),
      ...undeclaredHolds(world),
      ...channels.flatMap((c) => c.holds),
      ...decisions.holds,
    ],
    needs: onceEach([...channels.flatMap((c) => c.needs), ...decisions.needs]),
    notes: [...downgradeNotes(context), ...channels.flatMap((c) => c.notes), ...decisions.notes],
    statuses: decisions.statuses,
  };
}

/** What the policy should say next: committed where it lets the controller decide, else asked. */
function decide(context: Context, channels: readonly ReturnType<typeof planChannel>[]) {
  const back = rollback(context, channels);
  const updates = newUpdates(context, channels, back.justHeld);
  const promotions = promotionWishes(context, channels, back.justHeld);
  const wishes = [
    ...carefulPins(context, channels, pinWishes(context, channels)),
    ...updates.wishes,
    ...promotions.wishes,
    ...unpinWishes(channels),
    ...tidyWishes(context, channels),
  ];
  const asked = proposals(
    context,
    channels,
    wishes.filter((w) => w.answer === 'ask'),
  );
  const decided = wishes.filter((w) => w.answer === 'auto');
  const builds = planBuilds(context);
  const questions = buildQuestions(
    context,
    builds.wishes.filter((w) => w.answer === 'ask'),
  );
  const decidedBuilds = builds.wishes.filter((w) => w.answer === 'auto');
  return {
    steps: [
      ...builds.steps,
      ...commitStep(decided, decidedBuilds, back.edits),
      ...asked.steps,
      ...questions.steps,
    ],
    holds: [
      ...updates.holds,
      ...promotions.holds,
      ...asked.holds,
      ...builds.holds,
      ...questions.holds,
    ],
    notes: [...back.notes, ...builds.notes],
    needs: asked.needs,
    statuses: asked.statuses,
  };
}

const onceEach = (needs: readonly Need[]): readonly Need[] => [
  ...new Map(needs.map((n) => [n.id, n])).values(),
];
