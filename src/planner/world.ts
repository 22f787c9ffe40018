import {
  type Actual,
  type ChannelHistory,
  type ChannelState,
  type Desired,
  emptyTree,
  type HeldAdvisory,
  type Module,
  type PackageEntry,
  type Policy,
  type Promotion,
  packagesNamed,
  parseNevra,
  type Recorded,
  type Sha256,
  type Suspension,
  type Update,
} from '../model/index.ts';
import { policyFor } from '../policy/index.ts';
import { type Held, heldIn } from './content/held-contents.ts';

/** All that a plan depends on. `now` in seconds since 1970. */
export interface World {
  readonly desired: Desired;
  readonly actual: Actual;
  readonly now: number;
}

/** What can be decided without knowing what is in any content; every world is one. */
export interface RecordedWorld {
  readonly desired: Desired;
  readonly actual: Recorded;
  readonly now: number;
}

/** What several rules look up, made once for a plan. */
export interface Context extends World {
  /** Packages, advisories and modules whose bytes are held, whichever snapshot names them. */
  readonly packages: Held<PackageEntry>;
  readonly advisories: Held<HeldAdvisory>;
  readonly modules: Held<Module>;
  /** The declared updates, and those that were deleted while a channel still has them, by id. */
  readonly updates: ReadonlyMap<string, Update>;
  readonly promotions: ReadonlyMap<string, readonly Promotion[]>;
  /** Filled as it is asked for; see `digestsHeldByFile`. */
  readonly heldByFile: Map<string, ReadonlySet<Sha256>>;
  policyOf(name: string, upstream: string, severity?: string): Policy | undefined;
}

export function contextOf(world: World): Context {
  const updates = knownUpdates(world);
  return {
    ...world,
    updates,
    ...heldContents(world),
    promotions: promotionsByChannel(world.desired),
    heldByFile: new Map(),
    policyOf: rememberedPolicies(world.desired.policies),
  };
}

/** The same world under another policy, such as that of a proposal, of which one channel is looked at. */
export function contextUnder(context: Context, desired: Desired, channel: string): Context {
  const own = desired.promotions.filter((p) => p.channel === channel);
  return {
    ...context,
    desired,
    updates: knownUpdates({ ...context, desired }),
    promotions: new Map(context.promotions).set(channel, own.toSorted(byUpdate)),
    heldByFile: new Map(),
    ...(desired.policies === context.desired.policies
      ? {}
      : { policyOf: rememberedPolicies(desired.policies) }),
  };
}

/** The policy with, of all promotions, only those of one channel: edits of it cost no more than the channel has. */
export function desiredOf({ desired, promotions }: Context, channel: string): Desired {
  return { ...desired, promotions: promotions.get(channel) ?? [] };
}

function promotionsByChannel(desired: Desired): Context['promotions'] {
  const groups = Map.groupBy(desired.promotions, (p) => p.channel);
  return new Map([...groups].map(([channel, list]) => [channel, list.toSorted(byUpdate)]));
}

const byUpdate = (a: Promotion, b: Promotion): number => (a.update < b.update ? -1 : 1);

function knownUpdates(world: World): ReadonlyMap<string, Update> {
  if (world.actual.removals.length === 0) return world.desired.updates;
  const updates = new Map(world.desired.updates);
  for (const { update } of world.actual.removals) {
    if (!updates.has(update.id)) updates.set(update.id, update);
  }
  return updates;
}

function heldContents(world: World) {
  const { actual } = world;
  const offered = [...actual.snapshots.values()];
  const contents = [
    ...[...actual.channels.values()].map((state) => state.content),
    ...actual.removals.map((removal) => removal.servedBefore),
  ];
  const built = { ...emptyTree, packages: [...builtPackages(world)] };
  const served = [...contents.flatMap((content) => [...content.trees.values()]), built];
  const inLists = <L extends 'packages' | 'advisories' | 'modules'>(list: L) =>
    [offered.map((tree) => tree[list]), served.map((tree) => tree[list])] as const;
  return {
    packages: heldIn<PackageEntry>(...inLists('packages'), ofNevra),
    advisories: heldIn<HeldAdvisory>(...inLists('advisories')),
    modules: heldIn<Module>(...inLists('modules')),
  };
}

function ofNevra(nevra: string): (packages: readonly PackageEntry[]) => readonly PackageEntry[] {
  const name = parseNevra(nevra)?.name;
  return (packages) => (name === undefined ? [] : packagesNamed(packages, name));
}

/** What was built here is held too, before any channel serves it. */
function* builtPackages({ actual }: World): Iterable<PackageEntry> {
  for (const { records } of actual.builds?.values() ?? []) {
    for (const record of records) if (record.outcome === 'built') yield* record.packages;
  }
}

type Answers = Map<string, Policy | undefined>;

/**
 * Policies are asked for every package of a snapshot: most names that no policy names have one answer in common. The next
 * question is mostly about the same upstream, so no key has to be made of all that is asked.
 */
function rememberedPolicies(policies: readonly Policy[]): Context['policyOf'] {
  const all = new Map<string, Answers>();
  const naming = policies.some((p) => p.match.packages.some((glob) => !/^\*+$/.test(glob)));
  let last:
    | { readonly upstream: string; readonly severity?: string; readonly answers: Answers }
    | undefined;
  return (name, upstream, severity) => {
    if (last?.upstream !== upstream || last.severity !== severity) {
      const key = `${upstream}\n${severity ?? ''}`;
      const answers = all.get(key) ?? new Map();
      all.set(key, answers);
      last = { upstream, answers, ...(severity === undefined ? {} : { severity }) };
    }
    const { answers } = last;
    const asked = naming ? name : '';
    const known = answers.get(asked);
    if (known !== undefined || answers.has(asked)) return known;
    const query = { name, upstream, ...(severity === undefined ? {} : { severity }) };
    const policy = policyFor(policies, query);
    answers.set(asked, policy);
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

export function historyOf(world: RecordedWorld, channel: string): ChannelHistory | undefined {
  return world.actual.channels.get(channel);
}

/** The operator's switch on an object, or on everything. */
export function suspensionOf(world: RecordedWorld, object: string): Suspension | undefined {
  return world.actual.suspensions.find(
    (s) =>
      (s.object === object || s.object === 'policy') &&
      (s.until === undefined || s.until > world.now),
  );
}

/** Digests that a hold file keeps out of a channel; a promotion of the same update overrides the file. */
export function digestsHeldByFile(context: Context, channel: string): ReadonlySet<Sha256> {
  const known = context.heldByFile.get(channel) ?? heldByFiles(context, channel);
  context.heldByFile.set(channel, known);
  return known;
}

function heldByFiles(context: Context, channel: string): ReadonlySet<Sha256> {
  const held = new Set<Sha256>();
  const files = context.desired.holds.filter((file) => file.channel === channel);
  if (files.length === 0) return held;
  const promoted = new Set(context.promotions.get(channel)?.map((p) => p.update));
  for (const file of files) {
    if (file.update !== undefined && promoted.has(file.update)) continue;
    for (const p of file.packages) held.add(p.sha256);
  }
  return held;
}
