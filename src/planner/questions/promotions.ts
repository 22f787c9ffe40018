import type { Channel, Hold, Sha256, Update } from '../../model/index.ts';
import { slugOf } from '../../model/index.ts';
import type { ChannelPlan } from '../channel.ts';
import { baseSnapshots } from '../content/content.ts';
import { packagesIn } from '../content/held-contents.ts';
import { promotionUnitName, treeOf } from '../content/units.ts';
import { soakedAt } from '../gates/follows.ts';
import { type Judging, listed } from '../gates/judging.ts';
import { neverHold } from '../gates/never-hold.ts';
import { passOf } from '../gates/passes.ts';
import type { JustHeld, Wishes } from '../updates/new-updates.ts';
import { frozenSince } from '../upstream-health.ts';
import { type Context, digestsHeldByFile } from '../world.ts';
import { answerFor, promotionFile, promotionPath, strictest, type Wish } from './wish.ts';

/** What has soaked in the channel that another follows is promoted there, or asked for. */
export function promotionWishes(
  context: Context,
  plans: readonly ChannelPlan[],
  justHeld: JustHeld,
): Wishes {
  const wishes: Wish[] = [];
  const holds: Hold[] = [];
  for (const plan of plans) {
    const { judging } = plan.admission;
    if (plan.closed || !judging.followed || !judging.state) continue;
    holds.push(...keptOut(context, judging));
    for (const update of promotable(context, judging, justHeld)) {
      const result = judge(context, judging, update);
      if ('code' in result) holds.push(result);
      else wishes.push(result);
    }
  }
  return { wishes, holds };
}

/** What was taken back here while the followed channel still serves it: the hold file says so, and status too. */
function keptOut(context: Context, { channel, servedByFollowed }: Judging): readonly Hold[] {
  return context.desired.holds.flatMap((file): Hold[] => {
    const { update: id } = file;
    const promoted = context.promotions.get(channel.name)?.some((p) => p.update === id);
    if (file.channel !== channel.name || id === undefined || promoted) return [];
    if (!file.packages.some((p) => servedByFollowed.has(p.sha256))) return [];
    const about = { subject: `update:${id}`, channel: channel.name, at: file.at };
    const awaits = `deletion of ${file.file}, or its promotion by a person`;
    return [{ code: 'HeldByFile', ...about, text: file.reason, awaits }];
  });
}

/** Updates of the followed channel that it serves whole and that this channel does not have. */
function promotable(context: Context, judging: Judging, justHeld: JustHeld): readonly Update[] {
  const { channel, followed, servedByFollowed: served } = judging;
  const heldHere = digestsHeldByFile(context, channel.name).union(
    justHeld.get(channel.name) ?? new Set(),
  );
  const promoted = new Set(context.promotions.get(channel.name)?.map((p) => p.update));
  const present = wantedDigests(context, judging);
  const base = packagesIn(baseSnapshots(context, channel).map((b) => b.snapshot));
  const result: Update[] = [];
  for (const { update: id } of context.promotions.get(followed?.name ?? '') ?? []) {
    const update = context.desired.updates.get(id);
    if (!update || promoted.has(id)) continue;
    const relevant = update.packages.filter((p) => treeOf(context, channel, p));
    if (relevant.length === 0 || !relevant.every((p) => served.has(p.sha256))) continue;
    if (relevant.some((p) => heldHere.has(p.sha256))) continue;
    if (!isOfBase(judging, update)) continue;
    if (relevant.every((p) => present.has(p.sha256)) && !update.advisory) continue;
    // A base pin that has everything already brings the advisory too.
    if (relevant.every((p) => base.has(p.sha256))) continue;
    result.push(update);
  }
  return result;
}

/** What was built here goes wherever the followed channel goes; it needs no source packages there. */
const isOfBase = ({ channel }: Judging, update: Update): boolean =>
  update.build !== undefined ||
  update.packages.some((p) => channel.base.some((b) => b.upstream === p.upstream));

function wantedDigests(context: Context, { channel }: Judging): ReadonlySet<Sha256> {
  const digests = new Set<Sha256>();
  for (const { update } of context.promotions.get(channel.name) ?? []) {
    for (const p of context.updates.get(update)?.packages ?? []) digests.add(p.sha256);
  }
  return digests;
}

function judge(context: Context, judging: Judging, update: Update): Hold | Wish {
  const { channel } = judging;
  const about = { subject: `update:${update.id}`, channel: channel.name, at: channel.at };
  const together = broughtBy(context, channel, update);
  const answers = together.map((u) => answerFor(context, u, channel.name));
  const answer = strictest(answers);
  const refused = together[answers.indexOf('never')] ?? update;
  if (answer === 'never')
    return { ...neverHold(context, refused, channel), subject: about.subject };
  const frozen = update.packages.find((p) => frozenSince(context, p.upstream) !== undefined);
  if (frozen) {
    const text = `${frozen.upstream} may be frozen; nothing new is promoted from it`;
    return { code: 'UpstreamFrozen', ...about, text, awaits: `news from ${frozen.upstream}` };
  }
  const relevant = update.packages.filter((p) => treeOf(context, channel, p));
  const until = soakedAt(judging, relevant);
  if (until > context.now && !soakPasses(judging, update)) {
    const text = `${update.id} soaks in ${channel.follows}`;
    return { code: 'Soaking', ...about, text, awaits: 'time', until };
  }
  return wishFor(context, judging, { together, answer });
}

/** An update with what it requires and the channel does not have yet: one decision, and one strictest answer. */
function broughtBy(
  context: Context,
  channel: Channel,
  update: Update,
): readonly [Update, ...Update[]] {
  const promoted = new Set(context.promotions.get(channel.name)?.map((p) => p.update));
  const missing = update.requires.filter((id) => !promoted.has(id));
  return [update, ...missing.flatMap((id) => context.updates.get(id) ?? [])];
}

/** The expedite lane or a waiver makes it a question at once. */
function soakPasses(judging: Judging, update: Update): boolean {
  const { context, channel } = judging;
  const file = promotionPath(channel.name, update.id);
  const at = { file, line: 1, col: 1 };
  const promotion = { update: update.id, channel: channel.name, file, at };
  const unit = { name: promotionUnitName(update.id), kind: 'promotion', changed: true } as const;
  const judged = update.packages.flatMap((p) => context.packages.get(p.sha256, p.nevra) ?? []);
  return passOf(judging, { unit: { ...unit, promotion, update }, judged }, 'soak') !== undefined;
}

function wishFor(
  context: Context,
  { channel }: Judging,
  at: { readonly together: readonly [Update, ...Update[]]; readonly answer: Wish['answer'] },
): Wish {
  const { together, answer } = at;
  const [update] = together;
  const ids = together.map((u) => u.id);
  const advisories = together.flatMap(
    (u) => (u.advisory && context.advisories.get(u.advisory.sha256)?.advisory) ?? [],
  );
  const names = listed(together.flatMap((u) => u.packages.map((p) => p.nevra)));
  return {
    ...{ kind: 'promotion', answer, gates: [], channel: channel.name },
    identity: `promotion/${channel.name}/${slugOf(update.id)}`,
    subject: `update:${update.id}`,
    title: `Promote ${ids.join(', ')} to ${channel.name}`,
    effect: `${channel.name} gets ${names}, as ${channel.follows} has it.`,
    why: `it has soaked in ${channel.follows}`,
    edits: ids.map((id) => promotionFile(channel.name, id)),
    advisories,
    at: channel.at,
  };
}
