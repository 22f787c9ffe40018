import {
  type Channel,
  type Hold,
  nevraText,
  originText,
  type PackageEntry,
  type Plan,
  type Policy,
  type Reason,
  type Sha256,
  sourceNameOf,
  type UpdateBuild,
  type UpstreamSnapshot,
} from '../model/index.ts';
import { buildPolicyOf, policyOfPackage, reviewedSource, sourceOf } from './builds/built-here.ts';
import { compareText } from './compare-text.ts';
import { isMasked, masksOf } from './content/masks.ts';
import { baseUnitName, promotionUnitName } from './content/units.ts';
import { timeText } from './gates/judging.ts';
import { plan } from './plan.ts';
import { groupId } from './updates/drafts.ts';
import { type Context, contextOf, type World } from './world.ts';

/** One package under the name that was asked about, and every decision that made it what it is. */
export interface ExplainedPackage {
  readonly tree: string;
  readonly nevra: string;
  readonly sha256: Sha256;
  readonly served: boolean;
  readonly because: readonly Reason[];
}

/** Why a channel serves what it serves of a name, and why not the rest. */
export interface Explanation {
  readonly channel: string;
  readonly name: string;
  readonly packages: readonly ExplainedPackage[];
  /** What waits, where it concerns one of these packages. */
  readonly holds: readonly Hold[];
}

interface Source {
  readonly entry: PackageEntry;
  readonly upstream: string;
  /** That it enters, where a channel has it. */
  readonly tree: string;
  readonly policy: Policy | undefined;
  /** In the newest snapshot only: neither a pin nor an update brings it. */
  readonly offeredOnly: boolean;
  readonly reasons: readonly Reason[];
  /** Subjects of the holds that concern it. */
  readonly subjects: readonly string[];
}

/** The positive and the negative explanation of a package name in a channel, down to policy line and commit. */
export function explain(world: World, name: string, channelName: string): Explanation {
  const context = contextOf(world);
  const channel = world.desired.channels.get(channelName);
  if (!channel) return { channel: channelName, name, packages: [], holds: [] };
  const made = plan(world);
  const sources = mergedSources(sourcesOf(context, channel, name));
  const subjects = new Set([...sources.values()].flatMap((s) => s.subjects));
  const packages = [...sources.values()]
    .map((source) => explained(context, { channel, source, plan: made }))
    .toSorted((a, b) => Number(b.served) - Number(a.served) || compareText(a.nevra, b.nevra));
  const holds = [...made.holds, ...made.notes].filter(
    (h) => subjects.has(h.subject) && (h.channel === undefined || h.channel === channelName),
  );
  return { channel: channelName, name, packages, holds };
}

function sourcesOf(context: Context, channel: Channel, name: string): readonly Source[] {
  const { actual, desired } = context;
  const found: Source[] = [];
  const { policyOf } = context;
  for (const pin of channel.base) {
    const { upstream } = pin;
    const subjects = [baseUnitName(upstream), `upstream:${upstream}`];
    const text = `in the pinned snapshot of ${upstream}${pin.taken ? ` (${pin.taken})` : ''}`;
    const reasons: Reason[] = [{ text, at: pin.at, commit: desired.commit }];
    const pinned = pin.snapshot === undefined ? undefined : actual.snapshots.get(pin.snapshot);
    const about = (entry: PackageEntry) => {
      const source = sourceNameOf(entry);
      const built = buildPolicyOf(context, source, { upstream });
      const tree = desired.upstreams.get(upstream)?.tree ?? '';
      const waiting = built ? buildSubjects(context, source) : [];
      const policy = built ?? policyOf(entry.name, upstream);
      return { entry, upstream, tree, policy, subjects: [...subjects, ...waiting] };
    };
    for (const entry of named(pinned, name)) {
      found.push({ ...about(entry), offeredOnly: false, reasons });
    }
    const latest = actual.upstreams.get(upstream)?.latest;
    const newest = latest && actual.snapshots.get(latest.snapshot);
    for (const entry of named(newest, name)) {
      const ids = newest ? updateIds(entry, newest) : [];
      const own = about(entry);
      const all = [...own.subjects, ...ids.map((id) => `update:${id}`)];
      const reasons = [offered(context, upstream, entry)];
      found.push({ ...own, offeredOnly: true, reasons, subjects: all });
    }
  }
  return [...found, ...updateSources(context, channel, name)];
}

function offered({ actual }: Context, upstream: string, { sha256 }: PackageEntry): Reason {
  const origin = actual.upstreams.get(upstream)?.origins?.get(sha256);
  const packed = origin ? `, packed from ${originText(origin)}` : '';
  return { text: `offered by ${upstream}${packed}` };
}

/** Updates that are built from a source package, and what that is called before there is one. */
function buildSubjects({ desired }: Context, source: string): readonly string[] {
  const updates = [...desired.updates.values()].filter((u) => sourceOf(u)?.name === source);
  return updates.map((u) => `update:${u.id}`);
}

/** What an update that brings it is called, or would be. */
function updateIds(entry: PackageEntry, newest: UpstreamSnapshot): readonly string[] {
  const label = nevraText(entry);
  const listing = newest.advisories.filter(({ advisory }) =>
    advisory.collections.some((c) => c.packages.some((p) => nevraText(p) === label)),
  );
  return [groupId({ entry }), ...listing.map((a) => a.advisory.id)];
}

function updateSources(context: Context, channel: Channel, name: string): readonly Source[] {
  const promotions = context.promotions.get(channel.name) ?? [];
  return [...context.updates.values()].flatMap((update) =>
    update.packages.flatMap((p): readonly Source[] => {
      const entry = context.packages.get(p.sha256, p.nevra);
      const ofBase = update.build || channel.base.some((b) => b.upstream === p.upstream);
      if (entry?.name !== name || !ofBase) return [];
      const promotion = promotions.find((x) => x.update === update.id);
      const reason: Reason = promotion
        ? { text: `promoted with ${update.id}`, at: promotion.at, commit: context.desired.commit }
        : { text: `in ${update.id}, which is not promoted to ${channel.name}`, at: update.at };
      const subjects = [promotionUnitName(update.id), `update:${update.id}`];
      const offeredOnly = promotion === undefined;
      const tree = p.tree ?? context.desired.upstreams.get(p.upstream)?.tree ?? '';
      const policy = policyOfPackage(context, update, p);
      const reasons = update.build ? [reason, builtFrom(context, update.build)] : [reason];
      return [{ entry, upstream: p.upstream, tree, policy, offeredOnly, reasons, subjects }];
    }),
  );
}

function builtFrom(context: Context, { source }: UpdateBuild): Reason {
  const { origin } = reviewedSource(context, source);
  const packed = origin ? `, packed from ${originText(origin)}` : '';
  return { text: `built here from ${source.nevra} of ${source.upstream}${packed}` };
}

const named = (
  content: { readonly packages: readonly PackageEntry[] } | undefined,
  name: string,
): readonly PackageEntry[] => content?.packages.filter((p) => p.name === name) ?? [];

function mergedSources(sources: readonly Source[]): ReadonlyMap<Sha256, Source> {
  const merged = new Map<Sha256, Source>();
  for (const source of sources) {
    const known = merged.get(source.entry.sha256);
    merged.set(
      source.entry.sha256,
      known
        ? {
            ...known,
            offeredOnly: known.offeredOnly && source.offeredOnly,
            reasons: [...known.reasons, ...source.reasons],
            subjects: [...known.subjects, ...source.subjects],
          }
        : source,
    );
  }
  return merged;
}

function explained(
  context: Context,
  at: { readonly channel: Channel; readonly source: Source; readonly plan: Plan },
): ExplainedPackage {
  const { channel, source } = at;
  const { entry, tree, policy } = source;
  const state = context.actual.channels.get(channel.name);
  const packages = state?.content.trees.get(tree)?.packages ?? [];
  const served = packages.some((p) => p.sha256 === entry.sha256);
  const admitted = state?.admitted.get(entry.sha256);
  const because: Reason[] = [...source.reasons];
  if (policy) because.push({ text: `policy ${policy.name}: ${policy.action}`, at: policy.at });
  if (admitted !== undefined) because.push({ text: `first admitted at ${timeText(admitted)}` });
  if (!served) because.push(...absence(context, at));
  return { tree, nevra: nevraText(entry), sha256: entry.sha256, served, because };
}

/** Why a package that something brings is not served. */
function absence(
  context: Context,
  at: { readonly channel: Channel; readonly source: Source; readonly plan: Plan },
): readonly Reason[] {
  const { channel, source } = at;
  const file = context.desired.holds.find(
    (h) => h.channel === channel.name && h.packages.some((p) => p.sha256 === source.entry.sha256),
  );
  if (file) return [{ text: `kept out: ${file.reason}`, at: file.at }];
  const held = at.plan.holds.filter(
    (h) => h.channel === channel.name && source.subjects.includes(h.subject),
  );
  if (held.length > 0) return held.map((h) => holdReason(h));
  const { entry, policy } = source;
  if (isMasked(masksOf(context, channel, new Set()), entry) && !isOwnBuild(context, entry)) {
    return [{ text: 'what was built here of its source takes its place', at: channel.at }];
  }
  if (policy?.action === 'skip') {
    return [{ text: 'its policy skips it: it is in no channel', at: channel.at }];
  }
  if (channel.pin) {
    return [
      {
        text: `${channel.name} is pinned to generation ${channel.pin.generation}`,
        at: channel.pin.at,
      },
    ];
  }
  if (source.offeredOnly) {
    return [{ text: 'neither a base pin nor a promoted update brings it', at: channel.at }];
  }
  const keep = channel.keep === 'all' ? 'another digest of this name' : `keep: ${channel.keep}`;
  return [{ text: `newer versions take its place (${keep})`, at: channel.at }];
}

const isOwnBuild = ({ desired }: Context, { sha256 }: PackageEntry): boolean =>
  [...desired.updates.values()].some((u) => u.build && u.packages.some((p) => p.sha256 === sha256));

const holdReason = (h: Hold): Reason => ({
  text: `${h.code}: ${h.text}; awaits ${h.awaits}${h.until === undefined ? '' : ` until ${timeText(h.until)}`}`,
  ...(h.at ? { at: h.at } : {}),
});
