import { type ChannelSnapshot, digestsOf, type Hold, type Update } from '../../model/index.ts';
import { baseSnapshots } from '../content/content.ts';
import { packagesIn } from '../content/held-contents.ts';
import { type PromotionUnit, promotionUnitName, treeOf } from '../content/units.ts';
import { holdOf, type Judging, placeOf } from './judging.ts';

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

/**
 * What is served already stays when the promotion of something that it requires is taken back: a rollback takes away
 * what it names and no more. That the two are apart now is told.
 */
export function requiresNotes(
  judging: Judging,
  at: { readonly entering: readonly string[]; readonly content: ChannelSnapshot },
): readonly Hold[] {
  const served = [...at.content.trees.values()].map((tree) => digestsOf(tree.packages));
  return judging.units.flatMap((unit): readonly Hold[] => {
    if (unit.kind !== 'promotion' || unit.update.requires.length === 0) return [];
    if (at.entering.includes(unit.name)) return [];
    if (!unit.update.packages.some((p) => served.some((s) => s.has(p.sha256)))) return [];
    const { channel } = judging;
    return unit.update.requires
      .filter((id) => !isHere(judging, id, at.content))
      .map((id) =>
        holdOf(judging, unit.name, {
          code: 'RequiresOther',
          text: `${unit.update.id} is served and requires ${id}, which ${channel.name} does not serve any more`,
          awaits: `a promotion of ${id} to ${channel.name} again, or the removal of ${unit.promotion.file}`,
          ...placeOf(unit),
        }),
      );
  });
}

function isHere(judging: Judging, id: string, content: ChannelSnapshot): boolean {
  const promoted = judging.units.some((u) => u.name === promotionUnitName(id));
  const other = judging.context.updates.get(id);
  return promoted || (other !== undefined && isPresent(judging, other, content));
}

/** A base may have brought the other update without any promotion. */
function isPresent({ context, channel }: Judging, update: Update, content: ChannelSnapshot) {
  const needed = update.packages.filter((p) => treeOf(context, channel, p) !== undefined);
  const bases = baseSnapshots(context, channel).map((b) => b.snapshot);
  const present = packagesIn([...content.trees.values(), ...bases]);
  return needed.every((p) => present.has(p.sha256));
}
