import {
  type Channel,
  type ChannelDelta,
  type ChannelSnapshot,
  type Desired,
  type FileEdit,
  slugOf,
} from '../model/index.ts';
import type { ChannelPlan } from './channel.ts';
import { buildContent, buildTrees, type Focus } from './content.ts';
import { deltaOf } from './delta.ts';
import { withEdits } from './with-edits.ts';
import { type Context, contextUnder } from './world.ts';

/** What the channel would serve with these edits, gates assumed open. */
export function trialOf(
  context: Context,
  plan: ChannelPlan,
  edits: readonly FileEdit[],
): ChannelSnapshot {
  const desired = withEdits(context.desired, edits);
  return buildContent(contextUnder(context, desired), channelIn(desired, plan.channel), {});
}

/** What these edits change in the channel, compared with what the policy wants already. */
export function deltaBy(
  context: Context,
  plan: ChannelPlan,
  edits: readonly FileEdit[],
): ChannelDelta {
  const { channel } = plan;
  const pinned = pinnedContent(context, channel);
  const focus = pinned ? undefined : focusOf(context, plan, edits);
  if (!focus) {
    return deltaOf(channel.name, pinned ?? plan.admission.wanted, trialOf(context, plan, edits));
  }
  const desired = withEdits(context.desired, edits);
  const before = buildTrees(context, channel, { focus });
  const after = buildTrees(contextUnder(context, desired), channel, { focus });
  return deltaOf(channel.name, { trees: before }, { trees: after });
}

const channelIn = (desired: Desired, channel: Channel): Channel =>
  desired.channels.get(channel.name) ?? channel;

function pinnedContent({ actual }: Context, channel: Channel): ChannelSnapshot | undefined {
  return channel.pin && actual.retained.get(channel.name)?.get(channel.pin.digest);
}

/** Promotions touch the names of their packages; anything else may touch everything. */
function focusOf(
  context: Context,
  plan: ChannelPlan,
  edits: readonly FileEdit[],
): Focus | undefined {
  const desired = withEdits(context.desired, edits);
  const bySlug = new Map([...desired.updates.values()].map((u) => [slugOf(u.id), u]));
  const names = new Set<string>();
  const advisories = new Set<string>();
  for (const edit of edits) {
    const [folder, , file = ''] = edit.path.split('/');
    if (folder === 'updates') continue;
    const update = bySlug.get(file.replace(/\.yaml$/, ''));
    // Module builds live or die whole, so one of them touches more than its own packages.
    if (folder !== 'promotions' || !update || update.modules.length > 0) return undefined;
    if (update.advisory) advisories.add(update.advisory.id);
    for (const p of update.packages) {
      const name = context.packages.get(p.sha256)?.name;
      if (name !== undefined) names.add(name);
    }
  }
  return { names, advisories, others: plan.wantedKeys() };
}
