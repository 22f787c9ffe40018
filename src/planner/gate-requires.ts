import type { ChannelSnapshot, Hold, Sha256, Update } from '../model/index.ts';
import { baseSnapshots } from './content.ts';
import { holdOf, type Judging, placeOf } from './judging.ts';
import { type PromotionUnit, promotionUnitName, treeOf } from './units.ts';

/** Updates that require others enter with them or not at all. */
export function gateRequires(
  judging: Judging,
  unit: PromotionUnit,
  at: { readonly held: ReadonlySet<string>; readonly content: ChannelSnapshot },
): Hold | undefined {
  for (const id of unit.update.requires) {
    const promoted = judging.units.some((u) => u.name === promotionUnitName(id));
    if (promoted && !at.held.has(promotionUnitName(id))) continue;
    const other = judging.context.updates.get(id);
    if (other && isPresent(judging, other, at.content)) continue;
    return holdOf(judging, unit.name, {
      code: 'RequiresOther',
      text: `${unit.update.id} requires ${id}, which does not enter ${judging.channel.name} yet`,
      awaits: promoted ? `whatever holds ${id}` : `a promotion of ${id} to ${judging.channel.name}`,
      ...placeOf(unit),
    });
  }
  return undefined;
}

/** A base may have brought the other update without any promotion. */
function isPresent({ context, channel }: Judging, update: Update, content: ChannelSnapshot) {
  const needed = update.packages.filter((p) => treeOf(context, channel, p) !== undefined);
  const present = new Set<Sha256>();
  for (const tree of content.trees.values()) for (const p of tree.packages) present.add(p.sha256);
  for (const { snapshot } of baseSnapshots(context, channel)) {
    for (const p of snapshot.packages) present.add(p.sha256);
  }
  return needed.every((p) => present.has(p.sha256));
}
