import { join } from 'node:path';
import type {
  BasePin,
  Channel,
  ChannelSnapshot,
  Desired,
  GenerationRecord,
  Upstream,
} from '../model/index.ts';
import { channelContent, currentGeneration } from '../observer/index.ts';
import { generationDirectory } from '../store/index.ts';
import type { Installation } from './installation.ts';

/** At least three earlier generations stay reachable for clients that are under way. */
const retainedGenerations = 3;

export function channelNamed(desired: Desired, name: string): Channel {
  const channel = desired.channels.get(name);
  if (!channel) throw new Error(`the plan names an unknown channel ${name}`);
  return channel;
}

/**
 * How the channels compress that take their tree from this upstream alone, and so publish its blocks as they are, but for
 * what is left out. Where several upstreams share a tree, blocks are cut anew.
 */
export function compressionsOf(
  desired: Desired,
  { name, tree }: Pick<Upstream, 'name' | 'tree'>,
): readonly Channel['compression'][] {
  const isInTree = ({ upstream }: BasePin) => desired.upstreams.get(upstream)?.tree === tree;
  const alone = [...desired.channels.values()].filter(({ base }) => {
    const [first, ...others] = base.filter(isInTree);
    return first?.upstream === name && others.length === 0;
  });
  return [...new Set(alone.map((channel) => channel.compression))];
}

/** Numbers of the generations before one, newest first. */
export function publishedBefore(c: Installation, record: GenerationRecord): readonly number[] {
  const numbers = (c.memory().generations.get(record.channel) ?? []).map((r) => r.number);
  return numbers
    .filter((n) => n < record.number)
    .toReversed()
    .slice(0, retainedGenerations);
}

/**
 * The vendors' keys, as long as this generation or one that clients may still read serves packages with their
 * signatures; a channel that signs everything itself needs only its own.
 */
export function vendorKeys(c: Installation, desired: Desired, record: GenerationRecord) {
  const records = c.memory().generations.get(record.channel) ?? [];
  const before = new Set(publishedBefore(c, record));
  const served = [...records.filter((r) => before.has(r.number)), record];
  const ownOnly = served.every((r) => r.packageKey !== undefined);
  return ownOnly ? [] : upstreamKeys(desired, channelNamed(desired, record.channel));
}

/** Folders that may hold the same metadata: the generation that had this content last, and the trials of proposals. */
export async function alikeRepositories(
  c: Installation,
  { channel, content }: Pick<GenerationRecord, 'channel' | 'content'>,
): Promise<readonly string[]> {
  const { disk, root } = c.store;
  const records = c.memory().generations.get(channel) ?? [];
  const before = records.findLast((r) => r.content === content);
  const generations = before ? [generationDirectory(root, channel, before.number)] : [];
  const trials = join(root, 'trials');
  return [...generations, ...(await disk.list(trials)).map((name) => join(trials, name))];
}

/** What the newest generation of a channel holds; undefined when there is none. */
export async function servedContent(
  c: Installation,
  channel: string,
): Promise<ChannelSnapshot | undefined> {
  const record = currentGeneration(c.memory(), channel);
  return record && (await channelContent(c.snapshots, record.content));
}

/** The keys that machines need for gpgcheck: those of every upstream whose packages the channel carries. */
export function upstreamKeys(desired: Desired, channel: Channel) {
  const paths = new Set(channel.base.flatMap((b) => desired.upstreams.get(b.upstream)?.keys ?? []));
  return [...paths].toSorted().map((path) => ({
    name: `RPM-GPG-KEY-${path.replace(/^keys\//, '').replace(/\.asc$/, '')}`,
    armored: desired.keys.get(path) ?? '',
  }));
}
