import { type Hold, nevraText } from '../../model/index.ts';
import { policyOfPackage } from '../builds/built-here.ts';
import type { PromotionUnit } from '../content/units.ts';
import { frozenSince } from '../upstream-health.ts';
import { digestsHeldByFile } from '../world.ts';
import { type Entering, holdOf, type Judging, placeOf } from './judging.ts';

/** Policies that hold a package, and answers that are `never`, keep an update out even when it is promoted. */
export function gatePolicy(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  if (unit.kind === 'base' || judged.length === 0) return undefined;
  const brought = new Map(unit.update.packages.map((p) => [p.sha256, p]));
  for (const p of judged) {
    const own = brought.get(p.sha256);
    const policy = own && policyOfPackage(judging.context, unit.update, own);
    const never = policy?.approvals[judging.channel.name] === 'never';
    if (!policy || (policy.action !== 'hold' && !never)) continue;
    const what = never ? `never lets into ${judging.channel.name}` : 'holds';
    return holdOf(judging, unit.name, {
      code: 'PolicyHold',
      text: `policy ${policy.name} ${what}: ${nevraText(p)}`,
      awaits: `a change of policies/${policy.name}.yaml`,
      at: policy.at,
    });
  }
  return undefined;
}

/** An update enters whole, so one digest in a hold file keeps all of it out. */
export function gateHoldFile(judging: Judging, unit: PromotionUnit): Hold | undefined {
  const { context, channel } = judging;
  const held = digestsHeldByFile(context, channel.name);
  const hit = unit.update.packages.find((p) => held.has(p.sha256));
  if (!hit || isServed(judging, hit.sha256)) return undefined;
  const file = context.desired.holds.find(
    (h) => h.channel === channel.name && h.packages.some((p) => p.sha256 === hit.sha256),
  );
  return holdOf(judging, unit.name, {
    code: 'HeldByFile',
    text: `${hit.nevra} is kept out by ${file?.file ?? 'a hold file'}: ${file?.reason ?? ''}`,
    awaits: `deletion of ${file?.file ?? 'the hold file'}`,
    ...(file ? { at: file.at } : placeOf(unit)),
  });
}

function isServed({ state }: Judging, digest: string): boolean {
  const trees = [...(state?.content.trees.values() ?? [])];
  return trees.some((tree) => tree.packages.some((p) => p.sha256 === digest));
}

/** Nothing new is taken from an upstream that may be frozen by somebody in between. */
export function gateFreshness(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  if (unit.kind === 'base' || judged.length === 0) return undefined;
  for (const upstream of new Set(unit.update.packages.map((p) => p.upstream))) {
    const since = frozenSince(judging.context, upstream);
    if (since === undefined) continue;
    return holdOf(judging, unit.name, {
      code: 'UpstreamFrozen',
      text: `${upstream} has offered the same metadata for too long`,
      awaits: `fresh metadata from ${upstream}, or a larger limits.maxAge`,
      ...placeOf(unit),
    });
  }
  return undefined;
}
