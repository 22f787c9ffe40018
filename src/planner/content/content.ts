import {
  type Channel,
  type ChannelSnapshot,
  changedPackages,
  channelSnapshot,
  emptyTree,
  type Group,
  type Module,
  type PackageEntry,
  packagesNamed,
  type Sha256,
  sortedPackages,
  type TreeContent,
  type UpstreamSnapshot,
} from '../../model/index.ts';
import { policyOfPackage } from '../builds/built-here.ts';
import { compareText } from '../compare-text.ts';
import { revisionOf } from '../updates/revision.ts';
import { type Context, contextOf, digestsHeldByFile, stateOf, type World } from '../world.ts';
import { packagesIn } from './held-contents.ts';
import { isMasked, type Masks, masksOf } from './masks.ts';
import { type AdvisoryFocus, type AdvisoryOffer, chooseAdvisories } from './tree-advisories.ts';
import { choosePackages, type Offer, type Offered } from './tree-packages.ts';
import { baseUnits, type PromotionUnit, promotionUnits, treeFor, treeOf } from './units.ts';

export interface ContentOptions {
  /** Units that a gate keeps out: of them only what is served already stays, and their base is the one before. */
  readonly without?: ReadonlySet<string>;
  /** Served digests that stay although nothing brings them any more. */
  readonly keeping?: ReadonlySet<Sha256>;
}

/** Looks at some names only: what one update changes need not be worked out over a whole distribution. */
export interface Focus {
  readonly names: ReadonlySet<string>;
  readonly advisories: ReadonlySet<string>;
  /** What the rest of the channel serves, by tree. */
  readonly others: ChannelSnapshot['trees'];
}

/**
 * What a channel serves by the policy, gates aside: base pins filtered by the policies, promoted updates, minus what
 * hold files keep out, reduced by `keep`. A `pin:` of the channel is not looked at here.
 */
export function contentOf(
  { desired, actual }: Pick<World, 'desired' | 'actual'>,
  channel: Channel,
  options: ContentOptions = {},
): ChannelSnapshot {
  return buildContent(contextOf({ desired, actual, now: 0 }), channel, options);
}

export function buildContent(
  context: Context,
  channel: Channel,
  options: ContentOptions,
): ChannelSnapshot {
  const served = stateOf(context, channel.name)?.content;
  return channelSnapshot(buildTrees(context, channel, options), served);
}

/** The same, unsorted and without a name; with a focus only the part that concerns it. */
export function buildTrees(
  context: Context,
  channel: Channel,
  options: ContentOptions & { readonly focus?: Focus },
): ReadonlyMap<string, TreeContent> {
  const served = stateOf(context, channel.name)?.content.trees;
  const kept = options.keeping ?? new Set<Sha256>();
  const trees = new Map<string, TreeContent>();
  const { focus, without = new Set<string>() } = options;
  const masks = masksOf(context, channel, without);
  for (const tree of channel.trees) {
    const sources = sourcesOf(context, channel, { tree, without, ...(focus ? { focus } : {}) });
    const keeping = keptOf(served?.get(tree), kept);
    const about = { ...sources, tree, masks, keeping, ...(focus ? { focus } : {}) };
    trees.set(tree, treeContent(context, channel, about));
  }
  for (const [tree, content] of served ?? []) {
    const packages = keptOf(content, kept);
    if (!trees.has(tree) && packages.length > 0) trees.set(tree, { ...emptyTree, packages });
  }
  return trees;
}

const keptOf = (tree: TreeContent | undefined, kept: ReadonlySet<Sha256>) =>
  kept.size === 0 || !tree ? [] : tree.packages.filter((p) => kept.has(p.sha256));

interface BaseSource extends TreeContent {
  readonly upstream: string;
}

interface Sources {
  readonly bases: readonly BaseSource[];
  readonly updates: readonly UpdateSource[];
}

interface UpdateSource {
  readonly unit: PromotionUnit;
  readonly packages: readonly PackageEntry[];
  /** Kept out by a gate: its advisory and modules do not show yet. */
  readonly held: boolean;
}

function sourcesOf(
  context: Context,
  channel: Channel,
  at: { readonly tree: string; readonly without: ReadonlySet<string>; readonly focus?: Focus },
): Sources {
  const served = stateOf(context, channel.name)?.content.trees.get(at.tree);
  const bases: BaseSource[] = [];
  for (const unit of baseUnits(context, channel)) {
    const { upstream } = unit.pin;
    if (treeFor(context, channel, upstream) !== at.tree) continue;
    const id = at.without.has(unit.name) ? unit.before : unit.pin.snapshot;
    if (id === undefined) continue;
    const snapshot = context.actual.snapshots.get(id);
    // Without the snapshot of a base that stays, what is served stands in for it.
    const stand = id === unit.before ? served : undefined;
    const content: TreeContent | undefined = snapshot ?? stand;
    if (content) bases.push({ ...content, upstream });
  }
  const servedDigests = packagesIn(served ? [served] : []);
  const updates = promotionUnits(context, channel).map((unit): UpdateSource => {
    const held = at.without.has(unit.name);
    const packages = packagesInTree(context, channel, { ...at, unit });
    return {
      unit,
      held,
      packages: held ? packages.filter((p) => servedDigests.has(p.sha256)) : packages,
    };
  });
  return { bases, updates };
}

function packagesInTree(
  context: Context,
  channel: Channel,
  at: { readonly unit: PromotionUnit; readonly tree: string; readonly focus?: Focus },
): readonly PackageEntry[] {
  const { update } = at.unit;
  // All revisions of an advisory in focus count, whatever they bring.
  const told = update.advisory?.id;
  const only = told !== undefined && at.focus?.advisories.has(told) ? undefined : at.focus?.names;
  const found: PackageEntry[] = [];
  for (const p of update.packages) {
    const entry = context.packages.get(p.sha256, p.nevra);
    if (entry && only && !only.has(entry.name)) continue;
    if (treeOf(context, channel, p) !== at.tree) continue;
    if (!entry || policyOfPackage(context, update, p)?.action === 'skip') continue;
    found.push(entry);
  }
  return found;
}

interface TreeSources extends Sources {
  readonly tree: string;
  readonly masks: Masks;
  readonly keeping: readonly PackageEntry[];
  readonly focus?: Focus;
}

function treeContent(context: Context, channel: Channel, sources: TreeSources): TreeContent {
  const modules = offeredModules(context, sources);
  const { packages, deadModules } = choosePackages(offersOf(context, channel, sources), {
    keep: channel.keep,
    replaced: replacedDigests(sources),
    admitted: stateOf(context, channel.name)?.admitted ?? new Map(),
    modules,
  });
  const chosen = withKept(packages, sources.keeping);
  return {
    packages: chosen,
    advisories: chooseAdvisories(advisoryOffers(context, sources), chosen, focusOn(sources)),
    groups: firstOf(
      sources.bases.flatMap((b) => b.groups),
      (g: Group) => `${g.kind} ${g.id}`,
    ),
    modules: modules.filter((m) => !deadModules.has(m)),
  };
}

function focusOn({ focus, tree }: TreeSources): AdvisoryFocus | undefined {
  return focus && { ...focus, others: focus.others.get(tree)?.packages ?? [] };
}

function offersOf(context: Context, channel: Channel, sources: TreeSources): Offered {
  const { masks, focus } = sources;
  const heldByFile = digestsHeldByFile(context, channel.name);
  const skips = context.desired.policies.some((policy) => policy.action === 'skip');
  const maskedToo = masks.binaries.size + masks.sources.size > 0;
  const bases = sources.bases.map(({ packages, upstream }) => {
    const named = ofNames(packages, focus?.names);
    if (heldByFile.size === 0 && !skips && !maskedToo) return named;
    const isOut = (entry: PackageEntry): boolean =>
      heldByFile.has(entry.sha256) ||
      isMasked(masks, entry) ||
      context.policyOf(entry.name, upstream)?.action === 'skip';
    return changedPackages(named, { added: [], removed: named.filter(isOut) });
  });
  const updates: Offer[] = [];
  for (const { unit, packages } of sources.updates) {
    for (const entry of packages) {
      if (focus && !focus.names.has(entry.name)) continue;
      const built = unit.update.build !== undefined;
      if (heldByFile.has(entry.sha256) || (!built && isMasked(masks, entry))) continue;
      updates.push({ entry, rank: bases.length, ...(built ? { built } : {}) });
    }
  }
  return { bases, updates };
}

/** Both in the order of a tree. */
function ofNames(
  packages: readonly PackageEntry[],
  names: ReadonlySet<string> | undefined,
): readonly PackageEntry[] {
  const sorted = sortedPackages(packages);
  if (names === undefined) return sorted;
  return [...names].toSorted(compareText).flatMap((name) => packagesNamed(sorted, name));
}

/** A re-issue wins over the digest it replaces only while it is there itself. */
function replacedDigests(sources: Sources): ReadonlySet<Sha256> {
  const replaced = new Set<Sha256>();
  for (const { unit, packages } of sources.updates) {
    if (packages.length === 0) continue;
    const present = new Set(packages.map((p) => p.sha256));
    for (const p of unit.update.packages) {
      if (p.replaces !== undefined && present.has(p.sha256)) replaced.add(p.replaces);
    }
  }
  return replaced;
}

function withKept(
  packages: readonly PackageEntry[],
  keeping: readonly PackageEntry[],
): readonly PackageEntry[] {
  if (keeping.length === 0) return packages;
  const present = new Set(packages.map((p) => p.sha256));
  return packages.concat(keeping.filter((p) => !present.has(p.sha256)));
}

function offeredModules(context: Context, sources: Sources): readonly Module[] {
  const promoted = sources.updates.flatMap(({ unit, held, packages }) => {
    if (held || packages.length === 0) return [];
    return unit.update.modules.flatMap((m) => context.modules.get(m.sha256) ?? []);
  });
  const offered = [...sources.bases.flatMap((b) => b.modules), ...promoted];
  return firstOf(offered, (m) => `${m.kind} ${m.nsvca}`);
}

function advisoryOffers(context: Context, sources: Sources): readonly AdvisoryOffer[] {
  const offers: AdvisoryOffer[] = [];
  for (const base of sources.bases) {
    for (const held of base.advisories) offers.push({ held, revision: 0, packages: [] });
  }
  for (const { unit, held: heldBack, packages } of sources.updates) {
    const named = unit.update.advisory;
    const held = named && context.advisories.get(named.sha256);
    if (!held || heldBack || packages.length === 0) continue;
    const built = unit.update.build === undefined ? {} : { built: true as const };
    offers.push({ held, revision: revisionOf(unit.update.id), packages, ...built });
  }
  return offers;
}

/** The earlier base entry wins. */
function firstOf<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  const first = new Map<string, T>();
  for (const item of items) if (!first.has(key(item))) first.set(key(item), item);
  return [...first.values()];
}

export function baseSnapshots(
  context: Context,
  channel: Channel,
): readonly { readonly upstream: string; readonly snapshot: UpstreamSnapshot }[] {
  return channel.base.flatMap(({ upstream, snapshot: id }) => {
    const snapshot = id === undefined ? undefined : context.actual.snapshots.get(id);
    return snapshot ? [{ upstream, snapshot }] : [];
  });
}
