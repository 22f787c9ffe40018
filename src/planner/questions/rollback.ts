import type { FileEdit, Hold, Removal, Sha256, UpdatePackage } from '../../model/index.ts';
import type { ChannelPlan } from '../channel.ts';
import type { JustHeld } from '../updates/new-updates.ts';
import { type Context, digestsHeldByFile } from '../world.ts';
import { holdFile, updateFile } from './wish.ts';

/** What a rollback leaves to write down, and what it could not take away. */
export interface Rollback {
  readonly edits: readonly FileEdit[];
  readonly notes: readonly Hold[];
  readonly justHeld: JustHeld;
}

/**
 * What left a channel because a decision was taken back is written into a hold file, so that automation does not bring
 * it back. Promoting the same update again lifts the file, once it may enter.
 */
export function rollback(context: Context, plans: readonly ChannelPlan[]): Rollback {
  const edits: FileEdit[] = [];
  const notes: Hold[] = [];
  const justHeld = new Map<string, Set<Sha256>>();
  for (const removal of context.actual.removals) {
    const plan = plans.find((p) => p.channel.name === removal.channel);
    if (!plan || isPromoted(context, removal)) continue;
    const { left, stays } = outcomeOf(context, plan, removal);
    if (left.length > 0) {
      edits.push(holdEdit(context, removal, left));
      const digests = justHeld.get(removal.channel) ?? new Set();
      for (const p of left) digests.add(p.sha256);
      justHeld.set(removal.channel, digests);
    }
    if (stays.length > 0) notes.push(presentNote(removal, stays));
  }
  edits.push(...restoredUpdates(context), ...liftedHolds(context, plans));
  return { edits: oncePerPath(edits), notes, justHeld };
}

function isPromoted({ promotions }: Context, { channel, update }: Removal): boolean {
  return promotions.get(channel)?.some((p) => p.update === update.id) ?? false;
}

function outcomeOf(context: Context, { admission, channel }: ChannelPlan, removal: Removal) {
  const before = digestsOf(removal.servedBefore);
  const wanted = digestsOf(admission.wanted);
  // Facts may be lacking yet; what is wanted tells as much, for a rollback skips the gates.
  const next = admission.content ? digestsOf(admission.content) : wanted;
  const listedAlready = digestsHeldByFile(context, channel.name);
  const left: UpdatePackage[] = [];
  const stays: UpdatePackage[] = [];
  for (const p of removal.update.packages) {
    if (!before.has(p.sha256)) continue;
    if (wanted.has(p.sha256)) stays.push(p);
    else if (!next.has(p.sha256) && !listedAlready.has(p.sha256)) left.push(p);
  }
  return { left, stays };
}

function digestsOf(content: Removal['servedBefore']): ReadonlySet<Sha256> {
  const digests = new Set<Sha256>();
  for (const tree of content.trees.values()) for (const p of tree.packages) digests.add(p.sha256);
  return digests;
}

function holdEdit(context: Context, removal: Removal, left: readonly UpdatePackage[]): FileEdit {
  const { channel, update, commit } = removal;
  const packages = left.map(({ nevra, sha256 }) => ({ nevra, sha256 }));
  const edit = holdFile({
    ...{ channel, update: update.id, packages },
    reason: `reverted by ${commit.slice(0, 12)}`,
  });
  const present = context.desired.holds.find((h) => h.file === edit.path);
  if (!present) return edit;
  const value = [...present.packages, ...packages];
  return { kind: 'set', path: edit.path, at: ['packages'], value };
}

function presentNote({ channel, update, commit }: Removal, stays: readonly UpdatePackage[]): Hold {
  const names = stays.map((p) => p.nevra).join(', ');
  return {
    code: 'StillPresent',
    ...{ subject: `update:${update.id}`, channel },
    text: `${names} stays in ${channel}: its base or another promotion brings it (${commit.slice(0, 12)})`,
    awaits: `a hold file under holds/${channel}/, or another base pin`,
  };
}

/** A deleted update that another channel still has is put back as its last accepted version said. */
function restoredUpdates({ desired, actual }: Context): readonly FileEdit[] {
  return actual.removals
    .map((r) => r.update)
    .filter((u) => !desired.updates.has(u.id) && desired.promotions.some((p) => p.update === u.id))
    .map(updateFile);
}

function liftedHolds(context: Context, plans: readonly ChannelPlan[]): readonly FileEdit[] {
  return context.desired.holds.flatMap((hold): FileEdit[] => {
    const plan = plans.find((p) => p.channel.name === hold.channel);
    if (!plan || plan.closed || hold.update === undefined || !plan.admission.content) return [];
    const unit = `promotion:${hold.update}`;
    const promoted = plan.admission.judging.units.some((u) => u.name === unit);
    const kept = plan.admission.held.some((h) => h.subject === unit);
    return promoted && !kept ? [{ kind: 'delete', path: hold.file }] : [];
  });
}

function oncePerPath(edits: readonly FileEdit[]): readonly FileEdit[] {
  return [...new Map(edits.map((e) => [e.path, e])).values()];
}
