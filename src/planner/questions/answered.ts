import { slugOf } from '../../model/index.ts';
import type { Context } from '../world.ts';

/**
 * Tells whether the files of the policy say what a proposal asked for. Merged means just that, however it got there:
 * by the forge, by plain git or by hand.
 */
export function isAnswered(context: Context, identity: string): boolean {
  const [kind, channelName = '', rest = ''] = identity.split('/');
  const channel = context.desired.channels.get(channelName);
  if (!channel) return false;
  const promotions = context.promotions.get(channelName) ?? [];
  if (kind === 'bootstrap') return channel.base.every((b) => b.snapshot !== undefined);
  if (kind === 'unpin') return channel.pin === undefined;
  if (kind === 'tidy') return true;
  if (kind === 'snapshot') return isNewest(context, rest, channel.base);
  if (kind !== 'packages') return promotions.some((p) => slugOf(p.update) === rest);
  return promotions.some(({ update }) =>
    context.updates.get(update)?.packages.some((p) => p.upstream === rest),
  );
}

function isNewest(
  { actual }: Context,
  upstream: string,
  base: readonly { readonly upstream: string; readonly snapshot?: string }[],
): boolean {
  const latest = actual.upstreams.get(upstream)?.latest?.snapshot;
  return base.some((b) => b.upstream === upstream && b.snapshot === latest);
}
