import { counted, type Hold } from '../model/index.ts';
import { listed, timeText } from './gates/judging.ts';
import type { World } from './world.ts';

/** When an upstream's newest metadata was made, if that is longer ago than its `limits.maxAge` allows. */
export function frozenSince({ desired, actual, now }: World, upstream: string): number | undefined {
  const limit = desired.upstreams.get(upstream)?.limits.maxAgeSeconds;
  const made = actual.upstreams.get(upstream)?.latest?.floor.timestamp;
  if (limit === undefined || made === undefined) return undefined;
  return now - made > limit ? made : undefined;
}

/** What is wrong with the upstreams: the last attempt, refused packages, metadata that does not change any more. */
export function upstreamHolds(world: World): readonly Hold[] {
  return [...world.desired.upstreams.keys()]
    .toSorted()
    .flatMap((name) => [
      ...faultHolds(world, name),
      ...frozenHolds(world, name),
      ...refusedHolds(world, name),
    ]);
}

function faultHolds({ actual, desired }: World, upstream: string): readonly Hold[] {
  const fault = actual.upstreams.get(upstream)?.fault;
  const at = desired.upstreams.get(upstream)?.at;
  if (!fault) return [];
  const found = fault.found === undefined ? '' : `, found ${fault.found}`;
  return [
    {
      code: fault.code,
      subject: `upstream:${upstream}`,
      text: `${fault.object}: ${fault.check}${found}`,
      awaits: fault.fix,
      ...(at ? { at } : {}),
    },
  ];
}

function frozenHolds(world: World, upstream: string): readonly Hold[] {
  const since = frozenSince(world, upstream);
  const at = world.desired.upstreams.get(upstream)?.at;
  if (since === undefined) return [];
  return [
    {
      code: 'UpstreamFrozen',
      subject: `upstream:${upstream}`,
      text: `the newest metadata of ${upstream} is of ${timeText(since)}, older than limits.maxAge`,
      awaits: `fresh metadata from ${upstream}, or a larger limits.maxAge`,
      ...(at ? { at } : {}),
    },
  ];
}

function refusedHolds({ actual, desired }: World, upstream: string): readonly Hold[] {
  const refused = actual.upstreams.get(upstream)?.latest?.refused ?? [];
  const at = desired.upstreams.get(upstream)?.at;
  return [...Map.groupBy(refused, (r) => r.fault.code)].map(([code, group]): Hold => {
    const names = listed(group.map((r) => `${r.nevra.name}-${r.nevra.version}-${r.nevra.release}`));
    return {
      code,
      subject: `upstream:${upstream}`,
      text: `${counted(group.length, 'package')} of ${upstream} refused: ${names}`,
      awaits: `a decision. ${group[0]?.fault.fix ?? ''}`.trimEnd(),
      ...(at ? { at } : {}),
    };
  });
}
