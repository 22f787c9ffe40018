import type { BasePin, Channel, FileEdit, SnapshotId } from '../../model/index.ts';
import type { ChannelPlan } from '../channel.ts';
import { treeFor } from '../content/units.ts';
import { frozenSince } from '../upstream-health.ts';
import { type Context, stateOf, suspensionOf } from '../world.ts';
import { needsApproval, type Wish } from './wish.ts';

/** The first pins of a channel, and the next ones of bases that advance by snapshot. */
export function pinWishes(context: Context, plans: readonly ChannelPlan[]): readonly Wish[] {
  return plans
    .filter((p) => !p.closed)
    .flatMap(({ channel }) => [
      ...bootstrapWish(context, channel),
      ...channel.base.flatMap((pin, index) => advanceWish(context, channel, { pin, index })),
    ]);
}

interface Target {
  readonly snapshot: SnapshotId;
  /** ISO 8601. */
  readonly taken: string;
}

function bootstrapWish(context: Context, channel: Channel): readonly Wish[] {
  const edits: FileEdit[] = [];
  const upstreams: string[] = [];
  for (const [index, pin] of channel.base.entries()) {
    const target = pin.snapshot === undefined ? targetFor(context, channel, pin) : undefined;
    if (!target) continue;
    edits.push(...pinEdits(channel, index, target));
    upstreams.push(pin.upstream);
  }
  if (edits.length === 0) return [];
  const from =
    channel.follows === undefined ? 'the newest snapshot' : `what ${channel.follows} has`;
  return [
    {
      ...{ kind: 'bootstrap', channel: channel.name, subject: `channel:${channel.name}` },
      identity: `bootstrap/${channel.name}`,
      answer: pinAnswer(context, channel),
      title: `Start ${channel.name} from ${upstreams.join(', ')}`,
      effect: `${channel.name} serves ${from} of ${upstreams.join(', ')}.`,
      why: 'a base without a snapshot serves nothing',
      ...{ edits, advisories: [], gates: [], at: channel.at },
    },
  ];
}

/** A follower copies the pin that the followed channel serves; others take the newest snapshot. */
function targetFor(context: Context, channel: Channel, pin: BasePin): Target | undefined {
  const { follows } = channel;
  const followedPin = followedBase(context, channel, pin.upstream);
  if (follows !== undefined && followedPin) {
    const snapshot = stateOf(context, follows)?.generation.base[pin.upstream];
    const same = followedPin.snapshot === snapshot ? followedPin.taken : undefined;
    if (snapshot === undefined || !context.actual.snapshots.has(snapshot)) return undefined;
    return { snapshot, taken: same ?? takenText(context, pin.upstream) };
  }
  if (follows !== undefined && !stateOf(context, follows)) return undefined;
  if (treeFor(context, channel, pin.upstream) === undefined) return undefined;
  if (suspensionOf(context, `upstream/${pin.upstream}`)) return undefined;
  if (frozenSince(context, pin.upstream) !== undefined) return undefined;
  const latest = context.actual.upstreams.get(pin.upstream)?.latest?.snapshot;
  if (latest === undefined || !context.actual.snapshots.has(latest)) return undefined;
  return { snapshot: latest, taken: takenText(context, pin.upstream) };
}

function followedBase(context: Context, channel: Channel, upstream: string): BasePin | undefined {
  const followed = context.desired.channels.get(channel.follows ?? '');
  return followed?.base.find((b) => b.upstream === upstream);
}

function takenText({ actual, now }: Context, upstream: string): string {
  const taken = actual.upstreams.get(upstream)?.latest?.takenAt ?? now;
  return `${new Date(taken * 1000).toISOString().slice(0, 19)}Z`;
}

function pinEdits(channel: Channel, index: number, target: Target): readonly FileEdit[] {
  const path = channel.at.file;
  return [
    { kind: 'set', path, at: ['base', index, 'snapshot'], value: target.snapshot },
    { kind: 'set', path, at: ['base', index, 'taken'], value: target.taken },
  ];
}

/** `advance: snapshot`: the pin itself is what moves. */
function advanceWish(
  context: Context,
  channel: Channel,
  { pin, index }: { readonly pin: BasePin; readonly index: number },
): readonly Wish[] {
  if (pin.advance !== 'snapshot' || pin.snapshot === undefined) return [];
  const target = targetFor(context, channel, pin);
  if (!target || target.snapshot === pin.snapshot) return [];
  return [
    {
      ...{ kind: 'bootstrap', channel: channel.name, subject: `base:${pin.upstream}` },
      identity: `snapshot/${channel.name}/${pin.upstream}`,
      answer: pinAnswer(context, channel),
      title: `Move ${channel.name} to the ${pin.upstream} of ${target.taken}`,
      effect: `${channel.name} serves ${pin.upstream} as it was at ${target.taken}.`,
      why: `${pin.upstream} advances by snapshot`,
      edits: pinEdits(channel, index, target),
      ...{ advisories: [], gates: [], at: pin.at },
    },
  ];
}

/** Pins are about every package, so the catch-all policy answers. */
function pinAnswer({ desired }: Context, channel: Channel): Wish['answer'] {
  if (needsApproval({ desired }, channel.name)) return 'ask';
  const catchAll = desired.policies
    .filter(
      ({ match: m }) =>
        (m.packages.length === 0 || m.packages.includes('*')) &&
        m.upstreams.length === 0 &&
        m.severity.length === 0,
    )
    .toSorted((a, b) => a.priority - b.priority)[0];
  return catchAll?.approvals[channel.name] === 'auto' ? 'auto' : 'ask';
}
