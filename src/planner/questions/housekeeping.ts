import type { Channel, Update } from '../../model/index.ts';
import type { ChannelPlan } from '../channel.ts';
import { baseSnapshots } from '../content/content.ts';
import { type Digests, packagesIn } from '../content/held-contents.ts';
import { treeOf } from '../content/units.ts';
import type { Context } from '../world.ts';
import { promotionPath, type Wish } from './wish.ts';

/** The question whether a pinned channel goes on: its proposal shows what that would bring. */
export function unpinWishes(plans: readonly ChannelPlan[]): readonly Wish[] {
  return plans.flatMap(({ channel }): Wish[] => {
    if (!channel.pin) return [];
    return [
      {
        ...{ kind: 'unpin', channel: channel.name, subject: `channel:${channel.name}` },
        identity: `unpin/${channel.name}`,
        answer: 'ask',
        title: `Let ${channel.name} go on from generation ${channel.pin.generation}`,
        effect: `${channel.name} serves what the policy says instead of generation ${channel.pin.generation}.`,
        why: 'while a channel is pinned nothing is admitted',
        edits: [{ kind: 'set', path: channel.at.file, at: ['pin'], value: undefined }],
        ...{ advisories: [], gates: [], at: channel.pin.at },
      },
    ];
  });
}

/** Promotions that a base pin has overtaken say nothing any more, here and in the channels that follow. */
export function tidyWishes(context: Context, plans: readonly ChannelPlan[]): readonly Wish[] {
  const inBase = new Map(plans.map(({ channel }) => [channel.name, baseDigests(context, channel)]));
  return plans.flatMap(({ channel, closed }): Wish[] => {
    const base = inBase.get(channel.name);
    const promotions = context.promotions.get(channel.name) ?? [];
    if (closed || !base || promotions.length === 0) return [];
    const followers = plans.filter((p) => p.channel.follows === channel.name).map((p) => p.channel);
    const overtaken = promotions.filter(({ update: id }) => {
      const update = context.updates.get(id);
      if (!update || !isContained(context, channel, { update, base })) return false;
      return followers.every((f) => hasIt(context, f, { update, base: inBase.get(f.name) }));
    });
    return overtaken.length === 0
      ? []
      : [
          tidyWish(
            channel,
            overtaken.map((p) => p.update),
          ),
        ];
  });
}

const baseDigests = (context: Context, channel: Channel): Digests =>
  packagesIn(baseSnapshots(context, channel).map((b) => b.snapshot));

interface Containment {
  readonly update: Update;
  readonly base: Digests | undefined;
}

function isContained(context: Context, channel: Channel, { update, base }: Containment): boolean {
  const own = update.packages.filter((p) => treeOf(context, channel, p) !== undefined);
  return own.length > 0 && own.every((p) => base?.has(p.sha256));
}

/** A follower learns of an update from the promotion over here, so that stays until it has it. */
function hasIt(context: Context, follower: Channel, at: Containment): boolean {
  const promoted = context.promotions.get(follower.name)?.some((p) => p.update === at.update.id);
  return promoted === true || isContained(context, follower, at);
}

function tidyWish(channel: Channel, updates: readonly string[]): Wish {
  return {
    ...{ kind: 'tidy', channel: channel.name, subject: `channel:${channel.name}` },
    identity: `tidy/${channel.name}`,
    answer: 'ask',
    title: `Tidy ${updates.length} promotions of ${channel.name}`,
    effect: `The base of ${channel.name} brings ${updates.join(', ')} by itself; the files go.`,
    why: 'a base pin contains these updates',
    edits: updates.map((id) => ({ kind: 'delete', path: promotionPath(channel.name, id) })),
    ...{ advisories: [], gates: [], at: channel.at },
  };
}
