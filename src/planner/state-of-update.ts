import {
  type Channel,
  type ChannelState,
  digestsOf,
  type Hold,
  type PackageEntry,
  type PackageStateName,
  type Plan,
  packagesNamed,
  type Sha256,
  type Update,
  type UpdatePackage,
} from '../model/index.ts';
import { compareEvr } from '../rpm/index.ts';
import { feedsBuilds, machineChannels } from './builds/results-channels.ts';
import { overtakes, pendingBuild } from './builds/updates.ts';
import { promotionUnitName, treeOf } from './content/units.ts';
import type { Context } from './world.ts';

/** Where an update is on its way. */
export interface UpdateState {
  readonly state: PackageStateName;
  /** Closer than what the machine says, where a hold tells it. */
  readonly awaits?: string;
  /** The channel that is furthest on the way and has it. */
  readonly channel?: string;
}

/** What states are derived from, made once for all of them. */
export interface StateFacts {
  readonly context: Context;
  readonly holds: ReadonlyMap<string, readonly Hold[]>;
}

export function stateFacts(context: Context, plan: Plan): StateFacts {
  return { context, holds: Map.groupBy(plan.holds, (h) => h.subject) };
}

/** Derived from files, what is served, and what the plan holds; the same facts give the same state. */
export function stateOfUpdate(facts: StateFacts, update: Update): UpdateState {
  const { context } = facts;
  if (isOvertaken(facts, update)) return { state: 'superseded' };
  if (update.build && (update.packages.length === 0 || update.build.unsigned)) {
    const { state, holds } = pendingBuild(context, update);
    const asked = holdsOf(facts, `update:${update.id}`);
    return rejectedOr(asked, withHold(state, holds[0] ?? asked[0]));
  }
  return served(facts, update) ?? notServed(facts, update);
}

/** A newer source of the same name is further on the way than this one. */
function isOvertaken({ context }: StateFacts, update: Update): boolean {
  if (!update.build) return false;
  const newer = [...context.desired.updates.values()].filter((u) => overtakes(u, update));
  if (newer.length === 0 || update.packages.length === 0 || update.build.unsigned) {
    return newer.length > 0;
  }
  const isServed = (u: Update) =>
    u.packages.some((p) =>
      servedToMachines(context).some((state) => serves(state, p.tree, p.sha256)),
    );
  return newer.some(isServed) && !isServed(update);
}

/** Also by channels that the policy does not declare any more. */
function servedToMachines({ desired, actual }: Context): readonly ChannelState[] {
  const feeding = ({ name }: ChannelState) => feedsBuilds(desired.channels.get(name) ?? {});
  return [...actual.channels.values()].filter((state) => !feeding(state));
}

const holdsOf = ({ holds }: StateFacts, subject: string): readonly Hold[] =>
  holds.get(subject) ?? [];

const withHold = (state: PackageStateName, hold: Hold | undefined): UpdateState => ({
  state,
  ...(hold ? { awaits: hold.awaits } : {}),
});

function rejectedOr(holds: readonly Hold[], otherwise: UpdateState): UpdateState {
  const rejected = holds.find((h) => h.code === 'Rejected');
  return rejected ? withHold('rejected', rejected) : otherwise;
}

/** The furthest channel that serves all of it: good where nobody follows, else tested or not. */
function served(facts: StateFacts, update: Update): UpdateState | undefined {
  const { context } = facts;
  const channels = inOrder(machineChannels(context)).filter((c) => servesWhole(facts, c, update));
  const channel = channels.at(-1);
  if (!channel) return undefined;
  const next = [...context.desired.channels.values()].filter((c) => c.follows === channel.name);
  if (next.length === 0) return { state: 'good', channel: channel.name };
  const promoted = next.find((c) => promotionIn(context, c, update));
  const holds = [
    ...holdsOf(facts, `update:${update.id}`),
    ...holdsOf(facts, promotionUnitName(update.id)),
  ].filter((h) => next.some((c) => c.name === h.channel));
  const isTested =
    promoted !== undefined || promotionIn(context, channel, update)?.tested !== undefined;
  const hold = holds[0];
  const at = { ...withHold(isTested ? 'tested' : 'untested', hold), channel: channel.name };
  return rejectedOr(holds, at);
}

/** Followers after those whom they follow. */
function inOrder(channels: readonly Channel[]): readonly Channel[] {
  const depth = (c: Channel, seen = 0): number => {
    const followed = channels.find((x) => x.name === c.follows);
    return followed && seen < channels.length ? 1 + depth(followed, seen + 1) : 0;
  };
  return channels.toSorted((a, b) => depth(a) - depth(b));
}

function servesWhole(facts: StateFacts, channel: Channel, update: Update): boolean {
  const state = facts.context.actual.channels.get(channel.name);
  const treeIn = (p: UpdatePackage) => treeOf(facts.context, channel, p);
  const own = update.packages.filter((p) => treeIn(p) !== undefined);
  return own.length > 0 && own.every((p) => serves(state, treeIn(p), p.sha256));
}

function serves(state: ChannelState | undefined, tree: string | undefined, digest: Sha256) {
  const packages = tree === undefined ? undefined : state?.content.trees.get(tree)?.packages;
  return packages !== undefined && digestsOf(packages).has(digest);
}

const promotionIn = (context: Context, channel: Channel, update: Update) =>
  context.promotions.get(channel.name)?.find((p) => p.update === update.id);

/** Kept out, taken back, overtaken, or on its way in. */
function notServed(facts: StateFacts, update: Update): UpdateState {
  const { context } = facts;
  const own = new Set(update.packages.map((p) => p.sha256));
  const hadIt = servedToMachines(context).some((c) =>
    update.packages.some((p) => c.admitted.has(p.sha256)),
  );
  if (hadIt && isNewerServed(facts, update)) return { state: 'superseded' };
  const file = context.desired.holds.find((h) => h.packages.some((p) => own.has(p.sha256)));
  if (file) return { state: 'withdrawn', awaits: `deletion of ${file.file}` };
  if (hadIt) return { state: 'withdrawn' };
  const holds = [
    ...holdsOf(facts, promotionUnitName(update.id)),
    ...holdsOf(facts, `update:${update.id}`),
  ];
  const rejected = holds.find((h) => h.code === 'Rejected');
  if (rejected) return withHold('rejected', rejected);
  const suspended = holds.find((h) => h.code === 'Suspended');
  if (suspended) return withHold('paused', suspended);
  const isAsked = (h: Hold) => h.code === 'AwaitsMerge' || h.code === 'ProposalLimit';
  const kept = holds.find((h) => !isAsked(h));
  if (kept) return withHold('held', kept);
  return withHold(update.build ? 'unsigned' : 'waiting', holds.find(isAsked));
}

/** Any channel serves a newer version of one of its packages. */
function isNewerServed({ context }: StateFacts, update: Update): boolean {
  return update.packages.some((p) => {
    const entry = context.packages.get(p.sha256, p.nevra);
    return (
      entry !== undefined && sameNameArch(context, entry).some((o) => compareEvr(o, entry) > 0)
    );
  });
}

const sameNameArch = (context: Context, { name, arch }: PackageEntry) =>
  servedToMachines(context).flatMap(({ content }) =>
    [...content.trees.values()].flatMap(({ packages }) =>
      packagesNamed(packages, name).filter((p) => p.arch === arch),
    ),
  );
