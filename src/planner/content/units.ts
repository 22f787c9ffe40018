import {
  type BasePin,
  type Channel,
  digestsOf,
  type PackageEntry,
  type Promotion,
  type Sha256,
  type SnapshotId,
  type Update,
  type UpdatePackage,
} from '../../model/index.ts';
import { type Context, stateOf } from '../world.ts';

/** What enters a channel as one: `base:<upstream>` or `promotion:<update id>`. */
export type Unit =
  | {
      readonly name: string;
      readonly kind: 'base';
      readonly pin: BasePin;
      /** The pin in force now. */
      readonly before?: SnapshotId;
      readonly changed: boolean;
    }
  | {
      readonly name: string;
      readonly kind: 'promotion';
      readonly promotion: Promotion;
      readonly update: Update;
      readonly changed: boolean;
    };

export type BaseUnit = Extract<Unit, { kind: 'base' }>;
export type PromotionUnit = Extract<Unit, { kind: 'promotion' }>;

export const baseUnitName = (upstream: string): string => `base:${upstream}`;
export const promotionUnitName = (update: string): string => `promotion:${update}`;

/** Base pins in their order, then promotions by update id. A base that was taken out counts as a changed one. */
export function unitsOf(context: Context, channel: Channel): readonly Unit[] {
  return [...baseUnits(context, channel), ...promotionUnits(context, channel)];
}

export function baseUnits(context: Context, channel: Channel): readonly BaseUnit[] {
  const generation = stateOf(context, channel.name)?.generation;
  const before = generation?.base ?? {};
  const declared = channel.base.map(
    (pin): BaseUnit => unitOfPin(pin, before[pin.upstream], generation?.pinned),
  );
  const gone = Object.entries(before).filter(
    ([upstream]) => !channel.base.some((b) => b.upstream === upstream),
  );
  const left = gone.map(([upstream, snapshot]): BaseUnit => {
    const pin: BasePin = { upstream, advance: 'updates', at: channel.at };
    return unitOfPin(pin, snapshot, generation?.pinned);
  });
  return [...declared, ...left];
}

function unitOfPin(
  pin: BasePin,
  before: SnapshotId | undefined,
  wasPinned: boolean | undefined,
): BaseUnit {
  return {
    name: baseUnitName(pin.upstream),
    kind: 'base',
    pin,
    ...(before === undefined ? {} : { before }),
    changed: pin.snapshot !== before || wasPinned === true,
  };
}

export function promotionUnits(context: Context, channel: Channel): readonly PromotionUnit[] {
  const units: PromotionUnit[] = [];
  for (const promotion of context.promotions.get(channel.name) ?? []) {
    const update = context.updates.get(promotion.update);
    if (!update) continue;
    const name = promotionUnitName(update.id);
    units.push({ name, kind: 'promotion', promotion, update, changed: true });
  }
  return units;
}

/** The tree that an upstream's packages enter, where the channel has it. */
export function treeFor(context: Context, channel: Channel, upstream: string): string | undefined {
  const tree = context.desired.upstreams.get(upstream)?.tree;
  return tree !== undefined && channel.trees.includes(tree) ? tree : undefined;
}

/** The tree that a package of an update enters: what was built here says so itself. */
export function treeOf(context: Context, channel: Channel, p: UpdatePackage): string | undefined {
  if (p.tree === undefined) return treeFor(context, channel, p.upstream);
  return channel.trees.includes(p.tree) ? p.tree : undefined;
}

/** Those of some packages that a unit brings. */
export function broughtBy(
  context: Context,
  unit: Unit,
  packages: ReadonlyMap<Sha256, PackageEntry>,
): readonly PackageEntry[] {
  if (unit.kind === 'promotion') {
    return unit.update.packages.flatMap((p) => packages.get(p.sha256) ?? []);
  }
  const id = unit.pin.snapshot;
  const snapshot = id === undefined ? undefined : context.actual.snapshots.get(id);
  const digests = snapshot && digestsOf(snapshot.packages);
  return digests ? [...packages.values()].filter((p) => digests.has(p.sha256)) : [];
}
