import {
  type Channel,
  type Hold,
  nevraText,
  type Sha256,
  slugOf,
  type Update,
} from '../../model/index.ts';
import { builtUpdates, isBuiltFor } from '../builds/built-updates.ts';
import { feedsBuilds } from '../builds/results-channels.ts';
import type { ChannelPlan } from '../channel.ts';
import { compareText } from '../compare-text.ts';
import { listed } from '../gates/judging.ts';
import { neverHold } from '../gates/never-hold.ts';
import { answerFor, promotionFile, updateFile, type Wish } from '../questions/wish.ts';
import { type Context, digestsHeldByFile } from '../world.ts';
import { advisoryDrafts, type Draft, offeredAdvisories, packageDrafts } from './drafts.ts';
import { lacksOf } from './incomplete.ts';
import { revisionOf, withoutRevision } from './revision.ts';
import { type Offered, offeredUpdates } from './taking.ts';

export interface Wishes {
  readonly wishes: readonly Wish[];
  readonly holds: readonly Hold[];
}

/** Digests that a pass itself puts into hold files, by channel: a rollback must not be undone in the same breath. */
export type JustHeld = ReadonlyMap<string, ReadonlySet<Sha256>>;

/** What is new upstream becomes updates, and each of them a promotion to every channel that takes updates. */
export function newUpdates(
  context: Context,
  plans: readonly ChannelPlan[],
  justHeld: JustHeld,
): Wishes {
  const offered = offeredUpdates(context, plans);
  const signed = builtUpdates(context, { unsigned: false });
  const results = builtUpdates(context, { unsigned: true });
  const built = [...signed, ...results];
  if (offered.candidates.size + built.length === 0) return { wishes: [], holds: [] };
  const advisories = offeredAdvisories(offered);
  const drafts = [
    ...advisoryDrafts(context, advisories),
    ...packageDrafts(context, offered, advisories),
  ];
  const lacking = lackingById(context, offered, advisories);
  const brought = new Map(offered.channels.map((c) => [c.name, broughtTo(context, c)]));
  const open = openUpdates(context, offered, brought);
  const subjects = [...drafts, ...existingUpdates(context, open, drafts)];
  const wishes: Wish[] = [];
  const holds: Hold[] = [];
  for (const channel of offered.channels) {
    const heldDigests = digestsHeldByFile(context, channel.name).union(
      justHeld.get(channel.name) ?? new Set<Sha256>(),
    );
    const here = brought.get(channel.name) ?? broughtTo(context, channel);
    for (const draft of [...subjects, ...(feedsBuilds(channel) ? results : signed)]) {
      const news = draft.update.build
        ? isBuiltFor(context, channel, { update: draft.update, brought: here })
        : isNewsFor(channel, draft, { offered, brought: here });
      if (!news) continue;
      const lack = draft.advisory ? lacking(draft.advisory.id) : [];
      const judged = judge(context, channel, { draft, heldDigests, lack });
      holds.push(...judged.holds);
      if (judged.wish) wishes.push(judged.wish);
    }
  }
  return { wishes: withoutSecondFiles(wishes), holds };
}

function lackingById(
  context: Context,
  offered: Offered,
  advisories: ReturnType<typeof offeredAdvisories>,
): (id: string) => readonly string[] {
  const lacks = lacksOf(context, offered);
  const byId = new Map(advisories.map((a) => [a.held.advisory.id, a]));
  return (id) => {
    const advisory = byId.get(id);
    return advisory ? lacks(advisory) : [];
  };
}

/** Updates with a candidate of a channel that has no promotion of them; nearly all have theirs. */
function openUpdates(
  context: Context,
  { candidates }: Offered,
  brought: ReadonlyMap<string, Brought>,
): readonly Update[] {
  const lacks = (channel: string, id: string) => !brought.get(channel)?.updates.has(id);
  return [...context.desired.updates.values()].filter((update) =>
    update.packages.some((p) =>
      candidates
        .get(p.sha256)
        ?.channels.values()
        .some((channel) => lacks(channel, update.id)),
    ),
  );
}

/** Updates that have their file already and may lack a promotion; superseded revisions are left alone. */
function existingUpdates(
  context: Context,
  open: readonly Update[],
  drafts: readonly Draft[],
): readonly Draft[] {
  if (open.length === 0) return [];
  const all = [...context.desired.updates.values(), ...drafts.map((d) => d.update)];
  const revisions = Map.groupBy(all, (u) => withoutRevision(u.id));
  return open.flatMap((update): Draft[] => {
    const later = (revisions.get(withoutRevision(update.id)) ?? []).filter(
      (u) => revisionOf(u.id) > revisionOf(update.id),
    );
    if (later.some((u) => includes(u, update))) return [];
    const advisory = update.advisory && context.advisories.get(update.advisory.sha256)?.advisory;
    const reissue = update.packages.some((p) => p.replaces !== undefined);
    const kind = reissue ? 'reissue' : update.advisory ? 'errata' : 'packages';
    return [{ update, kind, ...(advisory ? { advisory } : {}) }];
  });
}

function includes(later: Update, earlier: Update): boolean {
  const digests = new Set(later.packages.map((p) => p.sha256));
  return earlier.packages.every((p) => digests.has(p.sha256));
}

export interface Brought {
  readonly updates: ReadonlySet<string>;
  readonly digests: ReadonlySet<Sha256>;
}

/** What promotions bring to a channel already. */
function broughtTo(context: Context, channel: Channel): Brought {
  const updates = new Set(context.promotions.get(channel.name)?.map((p) => p.update));
  const digests = new Set<Sha256>();
  for (const id of updates) {
    for (const p of context.updates.get(id)?.packages ?? []) digests.add(p.sha256);
  }
  return { updates, digests };
}

/** An advisory is news even when its packages came before it; packages alone are not news twice. */
function isNewsFor(
  channel: Channel,
  { update }: Draft,
  at: { readonly offered: Offered; readonly brought: Brought },
): boolean {
  if (at.brought.updates.has(update.id)) return false;
  const news = update.packages.filter((p) =>
    at.offered.candidates.get(p.sha256)?.channels.has(channel.name),
  );
  if (news.length === 0) return false;
  return update.advisory !== undefined || news.some((p) => !at.brought.digests.has(p.sha256));
}

interface Judged {
  readonly wish?: Wish;
  readonly holds: readonly Hold[];
}

function judge(
  context: Context,
  channel: Channel,
  at: {
    readonly draft: Draft;
    readonly heldDigests: ReadonlySet<Sha256>;
    readonly lack: readonly string[];
  },
): Judged {
  const { update } = at.draft;
  const hold = { subject: `update:${update.id}`, channel: channel.name };
  const kept = update.packages.find((p) => at.heldDigests.has(p.sha256));
  if (kept) {
    const file = context.desired.holds.find(
      (h) => h.channel === channel.name && h.packages.some((p) => p.sha256 === kept.sha256),
    );
    const text = `${update.id} was taken back: ${kept.nevra} must not come back by itself`;
    const awaits = `deletion of ${file?.file ?? 'its hold file'}, or a promotion by a person`;
    return { holds: [{ code: 'HeldByFile', ...hold, text, awaits, ...(file && { at: file.at }) }] };
  }
  const answer = answerFor(context, update, channel.name);
  if (answer === 'never') return { holds: [neverHold(context, update, channel)] };
  const lack = lackHold(context, update, at.lack);
  const asked = answered(channel, at, { lack: lack !== undefined, answer });
  const wish = wishFor(context, channel, { ...at.draft, answer: asked, gates: lack ? [lack] : [] });
  return { wish, holds: lack ? [{ ...hold, ...lack, at: channel.at }] : [] };
}

/** What was built goes to later builds at once; elsewhere what is incomplete or other bytes is asked about. */
function answered(
  channel: Channel,
  { draft }: { readonly draft: Draft },
  so: { readonly lack: boolean; readonly answer: 'auto' | 'ask' },
): 'auto' | 'ask' {
  if (draft.update.build && feedsBuilds(channel)) return 'auto';
  return so.lack || draft.kind === 'reissue' ? 'ask' : so.answer;
}

/** Missing because the upstream lacks them, or because they were refused. */
function lackHold(context: Context, update: Update, missing: readonly string[]) {
  if (missing.length === 0) return undefined;
  const names = new Set(missing);
  for (const upstream of new Set(update.packages.map((p) => p.upstream))) {
    for (const { nevra, fault } of context.actual.upstreams.get(upstream)?.latest?.refused ?? []) {
      const label = nevraText({ ...nevra, epoch: 0 });
      if (!names.has(label)) continue;
      return { code: fault.code, text: `${label} was refused: ${fault.check}`, awaits: fault.fix };
    }
  }
  return {
    code: 'AdvisoryIncomplete' as const,
    text: `${update.id} lists packages that the upstream lacks: ${listed(missing)}`,
    awaits: 'the missing packages, or a person who promotes it so',
  };
}

function wishFor(
  context: Context,
  channel: Channel,
  at: Draft & Pick<Wish, 'answer' | 'gates'>,
): Wish {
  const { update, kind, advisory } = at;
  const exists = context.desired.updates.has(update.id);
  // Many vendors put the severity in front of the title themselves.
  const told = advisory?.title.startsWith(`${advisory.severity}:`);
  const severity = advisory?.severity && !told ? `${advisory.severity}: ` : '';
  const title = advisory
    ? `${update.id} to ${channel.name}: ${severity}${advisory.title}`
    : `${update.id} to ${channel.name}`;
  const names = listed(update.packages.map((p) => p.nevra));
  return {
    ...{ kind, answer: at.answer, gates: at.gates, title, channel: channel.name },
    identity: identityOf(channel, update, kind),
    subject: `update:${update.id}`,
    effect: `${channel.name} gets ${names}.`,
    why: whyOf(update, kind),
    edits: [...(exists ? [] : [updateFile(update)]), promotionFile(channel.name, update.id)],
    advisories: advisory ? [advisory] : [],
    at: channel.at,
  };
}

function identityOf(channel: Channel, update: Update, kind: Draft['kind']): string {
  if (kind !== 'packages') return `${kind}/${channel.name}/${slugOf(update.id)}`;
  const upstreams = update.packages.map((p) => p.upstream).toSorted(compareText);
  return `packages/${channel.name}/${upstreams[0] ?? 'unknown'}`;
}

function whyOf(update: Update, kind: Draft['kind']): string {
  const upstreams = [...new Set(update.packages.map((p) => p.upstream))].join(', ');
  if (kind === 'reissue') return `${upstreams} offers other bytes under a name that is known`;
  if (update.build) return `it was built here from ${update.build.source.nevra}`;
  if (kind === 'errata') return `${upstreams} offers ${update.advisory?.id ?? update.id}`;
  return `${upstreams} offers it without an advisory`;
}

/** What the pass commits by itself is there before any proposal, so its files are not created twice. */
function withoutSecondFiles(wishes: readonly Wish[]): readonly Wish[] {
  const made = new Set(
    wishes.filter((w) => w.answer === 'auto').flatMap((w) => w.edits.map((e) => e.path)),
  );
  const kept = (wish: Wish) => wish.edits.filter((e) => !made.has(e.path));
  return wishes.map((w) => (w.answer === 'auto' ? w : { ...w, edits: kept(w) }));
}
