import {
  type Channel,
  type ChannelSnapshot,
  type ChannelState,
  type Hold,
  type PackageEntry,
  packageDifference,
  type Sha256,
} from '../../model/index.ts';
import { type Digests, packagesIn } from '../content/held-contents.ts';
import { broughtBy, type Unit, unitsOf } from '../content/units.ts';
import { type Context, stateOf } from '../world.ts';

/** What the gates of one channel look at. */
export interface Judging {
  readonly context: Context;
  readonly channel: Channel;
  /** What is served; undefined before the first generation, which is the bootstrap. */
  readonly state: ChannelState | undefined;
  readonly followed: ChannelState | undefined;
  readonly servedByFollowed: Digests;
  readonly units: readonly Unit[];
}

/** What a unit would bring into the channel. */
export interface Entering {
  readonly unit: Unit;
  readonly packages: readonly PackageEntry[];
  /** Those that were never admitted, and so have to pass the gates. */
  readonly judged: readonly PackageEntry[];
}

export function judgingOf(context: Context, channel: Channel): Judging {
  const followed = channel.follows === undefined ? undefined : stateOf(context, channel.follows);
  return {
    ...{ context, channel, followed },
    servedByFollowed: packagesIn(followed?.content.trees.values() ?? []),
    state: stateOf(context, channel.name),
    units: unitsOf(context, channel),
  };
}

export function enteringUnits(
  judging: Judging,
  content: ChannelSnapshot,
  held: ReadonlySet<string>,
): readonly Entering[] {
  const packages = enteringPackages(judging.state?.content, content);
  if (packages.size === 0) return [];
  const free = new Set<Sha256>();
  for (const unit of judging.units) {
    if (unit.changed) continue;
    for (const { sha256 } of broughtBy(judging.context, unit, packages)) free.add(sha256);
  }
  return judging.units
    .filter((unit) => unit.changed && !held.has(unit.name))
    .map((unit) => enteringBy(judging, unit, { packages, free }))
    .filter((e) => e.packages.length > 0);
}

export function enteringPackages(
  served: ChannelSnapshot | undefined,
  content: ChannelSnapshot,
): ReadonlyMap<Sha256, PackageEntry> {
  const packages = new Map<Sha256, PackageEntry>();
  for (const [tree, now] of content.trees) {
    const before = served?.trees.get(tree)?.packages ?? [];
    for (const p of packageDifference(before, now.packages).added) packages.set(p.sha256, p);
  }
  return packages;
}

function enteringBy(
  judging: Judging,
  unit: Unit,
  at: { readonly packages: ReadonlyMap<Sha256, PackageEntry>; readonly free: ReadonlySet<Sha256> },
): Entering {
  const brought = broughtBy(judging.context, unit, at.packages);
  const packages = brought.filter((p) => !at.free.has(p.sha256));
  return { unit, packages, judged: neverAdmitted(judging, unit, packages) };
}

/**
 * What was admitted once is not judged again, so that a rollback can bring it back; except after a pin, and when a
 * promotion is added again although a hold file keeps its packages out.
 */
function neverAdmitted(
  judging: Judging,
  unit: Unit,
  packages: readonly PackageEntry[],
): readonly PackageEntry[] {
  if (isReturning(judging, unit)) return [];
  if (isJudgedAnew(judging, unit) || isLifted(judging, unit)) return packages;
  return packages.filter((p) => !judging.state?.admitted.has(p.sha256));
}

function isLifted({ context, channel }: Judging, unit: Unit): boolean {
  if (unit.kind === 'base') return false;
  return context.desired.holds.some(
    (h) => h.channel === channel.name && h.update === unit.update.id,
  );
}

/** A base that the channel had before comes back by a rollback, which no gate stops. */
export function isReturning(judging: Judging, unit: Unit): boolean {
  if (unit.kind !== 'base' || isJudgedAnew(judging, unit)) return false;
  const { upstream, snapshot } = unit.pin;
  if (snapshot === undefined) return false;
  return judging.state?.formerBases?.get(upstream)?.has(snapshot) ?? false;
}

/** A pin ends the memory of what was admitted, and what a gate kept out last time has still to pass it. */
function isJudgedAnew({ state }: Judging, unit: Unit): boolean {
  if (!state) return true;
  return (
    state.generation.pinned === true || state.generation.held.some((h) => h.unit === unit.name)
  );
}

/** The first pin of an upstream in a channel: nothing to compare with, so soak and removals do not apply. */
export function isFirstPin(unit: Unit): boolean {
  return unit.kind === 'base' && unit.before === undefined;
}

export function holdOf(
  judging: Judging,
  subject: string,
  hold: Pick<Hold, 'code' | 'text' | 'awaits' | 'until' | 'at'>,
): Hold {
  return { subject, channel: judging.channel.name, ...hold };
}

export function placeOf(unit: Unit): Pick<Hold, 'at'> {
  return { at: unit.kind === 'base' ? unit.pin.at : unit.promotion.at };
}

export const listed = (names: readonly string[], limit = 5): string => {
  const shown = names.slice(0, limit).join(', ');
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
};

export const timeText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
