import { type SourcePackage, slugOf, type Update, type UpdatePackage } from '../../model/index.ts';
import type { Context } from '../world.ts';
import type { BuildPolicy } from './built-here.ts';
import { takingChannels } from './inputs.ts';
import { feedsBuilds } from './results-channels.ts';
import type { BuildWish } from './wish.ts';

interface Built {
  readonly update: Update;
  readonly source: SourcePackage;
  readonly policy: BuildPolicy;
}

/** Some channel has results as soon as they are there, and these are not pinned for it yet. */
export const feedsLaterBuilds = (context: Context, { policy, source, update }: Built): boolean =>
  update.build?.unsigned !== true &&
  takingChannels(context, source.upstream).some(
    (c) => feedsBuilds(c) && policy.approvals[c.name] !== 'never',
  );

/** Pins what was built for later builds; whether to sign it is asked all the same. */
export function feedWish(
  { source, update }: Built,
  of: Pick<BuildWish, 'subject' | 'at' | 'review' | 'advisory'> & {
    readonly results: object;
    readonly packages: readonly UpdatePackage[];
  },
): BuildWish {
  const { results, packages, ...shared } = of;
  const set = (at: readonly string[], value: unknown) =>
    ({ kind: 'set', path: update.file, at, value }) as const;
  return {
    ...shared,
    ...{ kind: 'sign', identity: `sign/${slugOf(update.id)}`, answer: 'auto', gates: [] },
    title: `Let later builds have what was built of ${source.nevra}`,
    effect: `Later builds have what was built of ${source.nevra}, unsigned.`,
    why: 'a channel takes results for later builds',
    edits: [
      set(['build', 'results'], results),
      set(['packages'], packages),
      set(['build', 'unsigned'], true),
    ],
  };
}
