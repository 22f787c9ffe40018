import type { Hold, Step } from '../model/index.ts';
import { stepOf } from './step.ts';
import { suspensionOf, type World } from './world.ts';

/** Upstreams whose time has come are mirrored, unless an operator suspended them. */
export function mirrorSteps(world: World): { readonly steps: Step[]; readonly holds: Hold[] } {
  const steps: Step[] = [];
  const holds: Hold[] = [];
  for (const upstream of world.desired.upstreams.values()) {
    const { name, at } = upstream;
    const suspension = suspensionOf(world, `upstream/${name}`);
    const by = suspension?.object ?? '';
    if (suspension) {
      holds.push({
        code: 'Suspended',
        subject: `upstream:${name}`,
        text: `${by} is suspended: ${suspension.reason}`,
        awaits: `sluice resume ${by}`,
        ...(suspension.until === undefined ? {} : { until: suspension.until }),
        at,
      });
    } else if (world.actual.upstreams.get(name)?.due) {
      const state = world.actual.upstreams.get(name);
      const text = state?.latest ? 'it is time to look for news' : 'it has never been mirrored';
      const inputs = { upstream: name, since: state?.latest?.snapshot };
      steps.push(stepOf({ kind: 'mirror', upstream: name, why: { text, at } }, inputs));
    }
  }
  return { steps, holds };
}
