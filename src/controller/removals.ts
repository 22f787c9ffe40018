import type { ChannelSnapshot, CommitId, GenerationRecord, Removal } from '../model/index.ts';
import { channelContent } from '../observer/index.ts';
import { type RemovedFile, removalsBetween } from '../watch/index.ts';
import type { Installation } from './installation.ts';
import { readPolicyAt } from './read-policy-at.ts';

/**
 * Promotions that accepted commits deleted since the last settled one, with the update as its last accepted version
 * said and the content that was served before the commit.
 */
export async function removalsSince(c: Installation, head: CommitId): Promise<readonly Removal[]> {
  const from = c.memory().removalsHandled;
  if (!from || from === head) return [];
  const files = await removalsBetween(c.ports.policyGit, from, head);
  const removals: Removal[] = [];
  for (const file of files.filter((f) => f.kind === 'promotion' && f.change === 'deleted')) {
    const removal = await removalOf(c, file);
    if (removal) removals.push(removal);
  }
  return removals;
}

/** undefined when nothing was served yet, or when the parent was never a valid policy: then nothing can have left. */
async function removalOf(c: Installation, file: RemovedFile): Promise<Removal | undefined> {
  const before = (await readPolicyAt(c.ports, file.parent)).desired;
  const promotion = before?.promotions.find((p) => p.file === file.path);
  const update = promotion && before?.updates.get(promotion.update);
  if (!promotion || !update) return undefined;
  const servedBefore = await servedAt(c, promotion.channel, file.parent);
  if (!servedBefore) return undefined;
  const servedBeforeDecision = await servedBeforeAdding(c, promotion.channel, file);
  return {
    channel: promotion.channel,
    commit: file.commit,
    update,
    servedBefore,
    ...(servedBeforeDecision ? { servedBeforeDecision } : {}),
  };
}

/** What the channel served before the commit that brought the decision, where it is still held here. */
async function servedBeforeAdding(
  c: Installation,
  channel: string,
  file: RemovedFile,
): Promise<ChannelSnapshot | undefined> {
  const { policyGit } = c.ports;
  for (const commit of (await policyGit.firstParents(undefined, file.parent)).toReversed()) {
    if ((await policyGit.readText(commit.id, file.path)) !== undefined) continue;
    return servedAt(c, channel, commit.id);
  }
  return undefined;
}

/** What a channel served while a commit was the newest: the newest generation made from it or from an ancestor. */
async function servedAt(
  c: Installation,
  channel: string,
  commit: CommitId,
): Promise<ChannelSnapshot | undefined> {
  const record = await newestUpTo(c, c.memory().generations.get(channel) ?? [], commit);
  return record ? channelContent(c.snapshots, record.content) : undefined;
}

async function newestUpTo(
  c: Installation,
  records: readonly GenerationRecord[],
  commit: CommitId,
): Promise<GenerationRecord | undefined> {
  for (const record of records.toReversed()) {
    if (await c.ports.policyGit.isAncestor(record.commit, commit)) return record;
  }
  return undefined;
}
