import type { Hold, UpdatePackage } from '../../model/index.ts';
import { type BaseUnit, type PromotionUnit, treeOf, type Unit } from '../content/units.ts';
import { holdOf, type Judging, listed, placeOf } from './judging.ts';

/** Nothing enters whose bytes are not held here: a pin without its snapshot, an update without its packages. */
export function gateBytes(judging: Judging, unit: Unit): Hold | undefined {
  return unit.kind === 'base' ? pinHold(judging, unit) : updateHold(judging, unit);
}

function pinHold(judging: Judging, unit: BaseUnit): Hold | undefined {
  const { snapshot, upstream } = unit.pin;
  if (snapshot === undefined || judging.context.actual.snapshots.has(snapshot)) return undefined;
  return holdOf(judging, unit.name, {
    code: 'SnapshotMissing',
    text: `the pinned snapshot ${snapshot} of ${upstream} is not held here`,
    awaits: `sluice snapshot import, or another pin in ${judging.channel.at.file}`,
    ...placeOf(unit),
  });
}

function updateHold(judging: Judging, unit: PromotionUnit): Hold | undefined {
  const { context, channel } = judging;
  const missing = unit.update.packages.filter(
    (p) => treeOf(context, channel, p) !== undefined && !context.packages.has(p.sha256, p.nevra),
  );
  if (missing.length === 0) return undefined;
  return (
    refusedHold(judging, unit, missing) ??
    holdOf(judging, unit.name, {
      code: 'SnapshotMissing',
      text: `${listed(missing.map((p) => p.nevra))} of ${unit.update.id} not held here`,
      awaits: 'a sync of the upstream that still offers these packages, or sluice snapshot import',
      ...placeOf(unit),
    })
  );
}

function refusedHold(
  judging: Judging,
  unit: PromotionUnit,
  missing: readonly UpdatePackage[],
): Hold | undefined {
  for (const p of missing) {
    const latest = judging.context.actual.upstreams.get(p.upstream)?.latest;
    const refused = latest?.refused.find((r) => r.sha256 === p.sha256);
    if (!refused) continue;
    return holdOf(judging, unit.name, {
      code: refused.fault.code,
      text: `${p.nevra} was refused: ${refused.fault.check}`,
      awaits: refused.fault.fix,
      ...placeOf(unit),
    });
  }
  return undefined;
}
