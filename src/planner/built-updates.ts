import type { Channel, Update } from '../model/index.ts';
import { overtakes } from './build-updates.ts';
import type { Draft } from './drafts.ts';
import type { Brought } from './new-updates.ts';
import { takesFrom } from './source-candidates.ts';
import { treeOf } from './units.ts';
import type { Context } from './world.ts';

/** Updates whose results are pinned: they can be promoted, unless a newer source of the same name can be too. */
export function builtUpdates(context: Context): readonly Draft[] {
  const built = [...context.desired.updates.values()].filter(
    (u) => u.build !== undefined && u.packages.length > 0,
  );
  return built
    .filter((u) => !built.some((other) => overtakes(other, u)))
    .map((update): Draft => {
      const held = update.advisory && context.advisories.get(update.advisory.sha256);
      // Other bytes under a name that machines may have already are asked about, whatever the policy answers.
      if (update.packages.some((p) => p.replaces !== undefined)) return { update, kind: 'reissue' };
      return held ? { update, kind: 'errata', advisory: held.advisory } : { update, kind: 'built' };
    });
}

/** Channels that take updates of the source's upstream, have a tree for it and do not have it yet. */
export function isBuiltFor(
  context: Context,
  channel: Channel,
  { update, brought }: { readonly update: Update; readonly brought: Brought },
): boolean {
  if (!takesFrom(channel, update.build?.source.upstream ?? '')) return false;
  if (brought.updates.has(update.id)) return false;
  const own = update.packages.filter((p) => treeOf(context, channel, p) !== undefined);
  return own.length > 0;
}
