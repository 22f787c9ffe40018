import type {
  Actual,
  ChannelState,
  Desired,
  HeldAdvisory,
  Module,
  PackageEntry,
  Policy,
  Promotion,
  Sha256,
  Suspension,
  Update,
} from '../model/index.ts';
import { policyFor } from '../policy/index.ts';

/** All that a plan depends on. `now` in seconds since 1970. */
export interface World {
  readonly desired: Desired;
  readonly actual: Actual;
  readonly now: number;
}

/** What several rules look up, made once for a plan. */
export interface Context extends World {
  /** Packages, advisories and modules whose bytes are held, whichever snapshot names them. */
  readonly packages: ReadonlyMap<Sha256, PackageEntry>;
  readonly advisories: ReadonlyMap<Sha256, HeldAdvisory>;
  readonly modules: ReadonlyMap<Sha256, Module>;
  /** The declared updates, and those that were deleted while a channel still has them, by id. */
  readonly updates: ReadonlyMap<string, Update>;
  readonly promotions: ReadonlyMap<string, readonly Promotion[]>;
  policyOf(name: string, upstream: string, severity?: string): Policy | undefined;
}

export function contextOf(world: World): Context {
  const updates = knownUpdates(world);
  return {
    ...world,
    updates,
    ...heldContents(world),
    promotions: promotionsByChannel(world.desired),
    policyOf: rememberedPolicies(world.desired.policies),
  };
}

/** The same world under another policy, such as that of a proposal. */
export function contextUnder(context: Context, desired: Desired): Context {
  return {
    ...context,
    desired,
    updates: new Map([...context.updates, ...desired.updates]),
    promotions: promotionsByChannel(desired),
  };
}

function promotionsByChannel(desired: Desired): Context['promotions'] {
  const sorted = desired.promotions.toSorted((a, b) => (a.update < b.update ? -1 : 1));
  return Map.groupBy(sorted, (p) => p.channel);
}

function knownUpdates(world: World): ReadonlyMap<string, Update> {
  const updates = new Map(world.desired.updates);
  for (const { update } of world.actual.removals) {
    if (!updates.has(update.id)) updates.set(update.id, update);
  }
  return updates;
}

function heldContents(world: World) {
  const packages = new Map<Sha256, PackageEntry>();
  const advisories = new Map<Sha256, HeldAdvisory>();
  const modules = new Map<Sha256, Module>();
  for (const p of builtPackages(world)) packages.set(p.sha256, p);
  for (const content of heldTrees(world)) {
    for (const p of content.packages) packages.set(p.sha256, p);
    for (const a of content.advisories) advisories.set(a.sha256, a);
    for (const m of content.modules) modules.set(m.sha256, m);
  }
  return { packages, advisories, modules };
}

function* heldTrees({ actual }: World) {
  yield* actual.snapshots.values();
  for (const state of actual.channels.values()) yield* state.content.trees.values();
  for (const removal of actual.removals) yield* removal.servedBefore.trees.values();
}

/** What was built here is held too, before any channel serves it. */
function* builtPackages({ actual }: World): Iterable<PackageEntry> {
  for (const { records } of actual.builds?.values() ?? []) {
    for (const record of records) if (record.outcome === 'built') yield* record.packages;
  }
}

/** Policies are asked for every package of a snapshot, so an answer is worked out once per name. */
function rememberedPolicies(policies: readonly Policy[]): Context['policyOf'] {
  const answers = new Map<string, Policy | undefined>();
  return (name, upstream, severity) => {
    const key = `${upstream}\n${severity ?? ''}\n${name}`;
    if (answers.has(key)) return answers.get(key);
    const query = { name, upstream, ...(severity === undefined ? {} : { severity }) };
    const policy = policyFor(policies, query);
    answers.set(key, policy);
    return policy;
  };
}

/** The severity that policies see: the site's own judgement before the vendor's. */
export function severityOf(update: Update): string | undefined {
  return update.advisory?.siteSeverity ?? update.advisory?.severity;
}

export function stateOf(world: World, channel: string): ChannelState | undefined {
  return world.actual.channels.get(channel);
}

/** The operator's switch on an object, or on everything. */
export function suspensionOf(world: World, object: string): Suspension | undefined {
  return world.actual.suspensions.find(
    (s) =>
      (s.object === object || s.object === 'policy') &&
      (s.until === undefined || s.until > world.now),
  );
}

/** Digests that a hold file keeps out of a channel; a promotion of the same update overrides the file. */
export function digestsHeldByFile(context: Context, channel: string): ReadonlySet<Sha256> {
  const promoted = new Set(context.promotions.get(channel)?.map((p) => p.update));
  const held = new Set<Sha256>();
  for (const file of context.desired.holds) {
    if (file.channel !== channel) continue;
    if (file.update !== undefined && promoted.has(file.update)) continue;
    for (const p of file.packages) held.add(p.sha256);
  }
  return held;
}
