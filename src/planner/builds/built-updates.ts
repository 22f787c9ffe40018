import type { Channel, Update } from '../../model/index.ts';
import { treeOf } from '../content/units.ts';
import type { Draft } from '../updates/drafts.ts';
import type { Brought } from '../updates/new-updates.ts';
import type { Context } from '../world.ts';
import { advisoryRevisions, hasSameNames } from './built-advisories.ts';
import { takesFrom } from './source-candidates.ts';
import { overtakes } from './updates.ts';

/**
 * Updates whose results are pinned and to be signed (with `unsigned` also those for later builds), and what vendors told of them since: they can be promoted, unless a newer source of
 * the same name can be too.
 */
export function builtUpdates(
  context: Context,
  which: { readonly unsigned: boolean },
): readonly Draft[] {
  const pinned = [...context.desired.updates.values()].filter(
    (u) => u.build !== undefined && u.packages.length > 0 && (which.unsigned || !u.build.unsigned),
  );
  const built = [...pinned, ...advisoryRevisions(context, signedOf(pinned))];
  return built
    .filter((u) => !built.some((other) => takesPlaceOf(other, u)))
    .map((update): Draft => {
      const held = update.advisory && context.advisories.get(update.advisory.sha256);
      const told = held ? { advisory: held.advisory } : {};
      // Other bytes under a name that machines may have already are asked about, whatever the policy answers.
      const isReissue = update.packages.some((p) => p.replaces !== undefined);
      return { update, kind: isReissue ? 'reissue' : held ? 'errata' : 'built', ...told };
    });
}

const signedOf = (updates: readonly Update[]) => updates.filter((u) => !u.build?.unsigned);

/** Two advisories that tell of the same packages are promoted both. */
const takesPlaceOf = (other: Update, update: Update): boolean =>
  overtakes(other, update) &&
  !(
    update.advisory !== undefined &&
    update.advisory.id !== other.advisory?.id &&
    hasSameNames(other, update)
  );

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
