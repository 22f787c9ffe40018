import type { Plan, ProposalRecord } from '../src/model/index.ts';
import { plan, type World } from '../src/planner/index.ts';
import { timed, type WarmRow } from './warm-timing.ts';
import { type WideSite, wideWorld } from './wide-world.ts';

/** Planning for a whole site in which the newest updates wait as open proposals. */
export async function planRows(site: WideSite, runs: number): Promise<readonly WarmRow[]> {
  const channels = site.upstreams * site.stages;
  const about = `${channels} channels × ${site.packages} packages × ${site.updates} updates`;
  const resting = atRest(wideWorld(site));
  return [
    await timed(`plan for ${about}, nothing changed`, runs, {
      prepare: () => ({ ...resting, actual: { ...resting.actual } }),
      act: (world) => expectNoSteps(plan(world)),
    }),
  ];
}

/** With every fact that the planner asks for, and with its proposals open. */
function atRest(world: World, rounds = 8): World {
  const { needs, steps } = plan(world);
  if (needs.length === 0) {
    return { ...world, actual: { ...world.actual, proposals: opened(world, steps) } };
  }
  if (rounds === 0) throw new Error('the plan still lacks facts');
  const facts = new Map(world.actual.facts);
  for (const need of needs) facts.set(need.id, { kind: 'closure', findings: [] });
  return atRest({ ...world, actual: { ...world.actual, facts } }, rounds - 1);
}

function opened(world: World, steps: Plan['steps']): readonly ProposalRecord[] {
  const requests = steps.flatMap((s) => (s.kind === 'propose' ? [s.request] : []));
  const { acceptedHead: head } = world.actual;
  return requests.map(({ identity, title, deltaDigest, brings }, at) => ({
    ...{ identity, title, deltaDigest, number: at + 1, branch: `sluice/${identity}`, body: '' },
    ...{ state: 'open', edited: false, head, openedAt: world.now, updatedAt: world.now },
    ...(brings ? { brings } : {}),
  }));
}

function expectNoSteps({ steps }: Plan): void {
  if (steps.length > 0) throw new Error(`${steps.length} steps, first ${steps[0]?.kind}`);
}
