import type { Plan, ProposalRecord } from '../src/model/index.ts';
import { plan, type World } from '../src/planner/index.ts';
import { timed, type WarmRow } from './warm-timing.ts';
import { type WideSite, wideWorld } from './wide-world.ts';

/** Planning for a whole site in which the newest updates wait as open proposals. */
export async function planRows(site: WideSite, runs: number): Promise<readonly WarmRow[]> {
  const channels = site.upstreams * site.stages;
  const about = `${channels} channels × ${site.packages} packages × ${site.updates} updates`;
  const { world: rest } = resting(wideWorld(site));
  return [
    await timed(`plan for ${about}, nothing changed`, runs, {
      prepare: () => ({ ...rest, actual: { ...rest.actual } }),
      act: (world) => expectNoSteps(plan(world)),
    }),
  ];
}

/** With every fact that the planner asks for, and with its proposals open; and the plan that opened them. */
export function resting(world: World, rounds = 8): { readonly world: World; readonly plan: Plan } {
  const made = plan(world);
  if (made.needs.length === 0) {
    const proposals = opened(world, made.steps);
    return { world: { ...world, actual: { ...world.actual, proposals } }, plan: made };
  }
  if (rounds === 0) throw new Error('the plan still lacks facts');
  const facts = new Map(world.actual.facts);
  for (const need of made.needs) {
    if (need.kind === 'closure') facts.set(need.id, { kind: 'closure', findings: [] });
  }
  return resting({ ...world, actual: { ...world.actual, facts } }, rounds - 1);
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
