import {
  type Channel,
  type ChannelDelta,
  type ChannelSnapshot,
  channelSnapshot,
  type Desired,
  emptyTree,
  type FileEdit,
  parseNevra,
  type Sha256,
  slugOf,
  sortedTree,
  sourceNameOf,
  type TreeContent,
  type Update,
} from '../../model/index.ts';
import type { ChannelPlan } from '../channel.ts';
import { baseSnapshots, buildContent, buildTrees, type Focus } from '../content/content.ts';
import { deltaOf, difference } from '../content/delta.ts';
import { type Context, contextUnder, desiredOf } from '../world.ts';
import { withEdits } from './with-edits.ts';

/** What edits of the policy would make of a channel, gates assumed open. */
export interface Trial {
  /** The policy with the edits, and of all promotions only those of the channel. */
  readonly desired: Desired;
  /** Compared with what the policy wants already; for a pinned channel, with the pin. */
  readonly delta: ChannelDelta;
  /** Worked out when it is asked for: most questions have not changed since they were put. */
  readonly content: () => ChannelSnapshot;
}

export function trialOf(context: Context, plan: ChannelPlan, edits: readonly FileEdit[]): Trial {
  const { channel, admission } = plan;
  const desired = withEdits(desiredOf(context, channel.name), edits);
  const under = contextUnder(context, desired, channel.name);
  const pinned = pinnedContent(context, channel);
  const focus = pinned ? undefined : focusOf(under, plan, edits);
  if (pinned && edits.every((edit) => unpins(channel, edit))) {
    // What a channel wants is worked out without a look at its pin.
    const { wanted } = admission;
    return { desired, delta: deltaOf(channel.name, pinned, wanted), content: () => wanted };
  }
  if (!focus) {
    const content = buildContent(under, channelIn(desired, channel), {});
    const delta = deltaOf(channel.name, pinned ?? admission.wanted, content);
    return { desired, delta, content: () => content };
  }
  const before = sortedTrees(buildTrees(context, channel, { focus }));
  const after = sortedTrees(buildTrees(under, channel, { focus }));
  return {
    desired,
    delta: deltaOf(channel.name, { trees: before }, { trees: after }),
    content: () => patched(admission.wanted, before, after),
  };
}

/** The same of a whole policy, such as the one that a person made of a branch. */
export function trialUnder(context: Context, plan: ChannelPlan, policy: Desired): Trial {
  const { channel, admission } = plan;
  const own = policy.promotions.filter((p) => p.channel === channel.name);
  const desired = { ...policy, promotions: own };
  const under = contextUnder(context, desired, channel.name);
  const content = buildContent(under, channelIn(desired, channel), {});
  const before = pinnedContent(context, channel) ?? admission.wanted;
  return { desired, delta: deltaOf(channel.name, before, content), content: () => content };
}

type Trees = ChannelSnapshot['trees'];

const sortedTrees = (trees: Trees): Trees =>
  new Map([...trees].map(([name, tree]) => [name, sortedTree(tree)]));

/** The wanted content with the part in focus exchanged. */
function patched(wanted: ChannelSnapshot, before: Trees, after: Trees): ChannelSnapshot {
  const trees = new Map<string, TreeContent>();
  for (const [tree, content] of wanted.trees) {
    const old = before.get(tree) ?? emptyTree;
    const now = after.get(tree) ?? emptyTree;
    trees.set(tree, {
      ...content,
      packages: exchanged(content.packages, old.packages, now.packages),
      advisories: exchanged(content.advisories, old.advisories, now.advisories),
    });
  }
  return channelSnapshot(trees, wanted);
}

function exchanged<T extends { readonly sha256: Sha256 }>(
  list: readonly T[],
  old: readonly T[],
  now: readonly T[],
): readonly T[] {
  const { added, removed } = difference(old, now);
  const gone = new Set(removed.map((x) => x.sha256));
  return gone.size === 0
    ? list.concat(added)
    : list.filter((x) => !gone.has(x.sha256)).concat(added);
}

const channelIn = (desired: Desired, channel: Channel): Channel =>
  desired.channels.get(channel.name) ?? channel;

function pinnedContent({ actual }: Context, channel: Channel): ChannelSnapshot | undefined {
  return channel.pin && actual.retained.get(channel.name)?.get(channel.pin.digest);
}

const unpins = (channel: Channel, edit: FileEdit): boolean =>
  edit.kind === 'set' && edit.path === channel.at.file && edit.at[0] === 'pin';

/** Promotions touch the names of their packages; anything else may touch everything. */
function focusOf(
  context: Context,
  plan: ChannelPlan,
  edits: readonly FileEdit[],
): Focus | undefined {
  const names = new Set<string>();
  const advisories = new Set<string>();
  for (const edit of edits) {
    const [folder, , file = ''] = edit.path.split('/');
    if (folder === 'updates') continue;
    const update = updateOf(context, edit, file.replace(/\.yaml$/, ''));
    // Module builds live or die whole, so one of them touches more than its own packages.
    if (folder !== 'promotions' || !update || update.modules.length > 0) return undefined;
    if (update.advisory) advisories.add(update.advisory.id);
    for (const p of update.packages) {
      const name = context.packages.get(p.sha256, p.nevra)?.name;
      if (name !== undefined) names.add(name);
    }
    for (const name of maskedNames(context, plan.channel, update)) names.add(name);
  }
  return { names, advisories, others: plan.admission.wanted.trees };
}

/** The update that a promotion file is about: the file says so itself, or its name does. */
function updateOf({ desired }: Context, edit: FileEdit, slug: string): Update | undefined {
  if (edit.kind === 'create') return desired.updates.get(String(edit.document['update']));
  return [...desired.updates.values()].find((u) => slugOf(u.id) === slug);
}

/** Names that a built update takes the vendor's packages of away, whether it brings them itself or not. */
function maskedNames(context: Context, channel: Channel, { build }: Update): readonly string[] {
  const source = build && parseNevra(build.source.nevra)?.name;
  if (source === undefined) return [];
  const ofBase = baseSnapshots(context, channel).flatMap((b) => b.snapshot.packages);
  const ofUpdates = (context.promotions.get(channel.name) ?? []).flatMap(({ update }) =>
    (context.updates.get(update)?.packages ?? []).flatMap(
      (p) => context.packages.get(p.sha256, p.nevra) ?? [],
    ),
  );
  return [...ofBase, ...ofUpdates].filter((p) => sourceNameOf(p) === source).map((p) => p.name);
}
