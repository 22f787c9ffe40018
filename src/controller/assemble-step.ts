import { assemble, beginReadingBack, type StoredContent } from '../executor/index.ts';
import {
  type ChannelSnapshot,
  type Desired,
  Fault,
  type GenerationRecord,
  type Outcome,
  type SnapshotId,
  type StepOf,
} from '../model/index.ts';
import { channelContent, currentGeneration } from '../observer/index.ts';
import { storedDifference } from '../store/index.ts';
import {
  alikeRepositories,
  channelNamed,
  publishedBefore,
  servedContent,
  vendorKeys,
} from './channel-publication.ts';
import type { Installation } from './installation.ts';
import { formsOf } from './signed-packages.ts';

/** Assembles a generation; a content that the channel had before is known by its digest and not read. */
export async function assembleStep(
  c: Installation,
  desired: Desired,
  { channel, content, record }: StepOf<'assemble'>,
): Promise<Outcome> {
  const about = {
    channel: channelNamed(desired, channel),
    record,
    previous: publishedBefore(c, record),
    alike: await alikeRepositories(c, record),
    siteUrl: desired.site.url,
    upstreamKeys: vendorKeys(c, desired, record),
    ...(c.isWhole ? { isWhole: c.isWhole } : {}),
  };
  const stored = content ? undefined : await storedContent(c, record);
  if (stored) return await assemble(c.ports, c.store, { ...about, content: stored });
  const whole = content ?? (await readContent(c, record.content));
  const served = await servedContent(c, channel);
  const signed = await formsOf(c, record, whole);
  return await assemble(c.ports, c.store, { ...about, content: whole, served, signed });
}

/** undefined where the lists of objects do not tell the difference from what is served. */
async function storedContent(
  c: Installation,
  { channel, content: id }: GenerationRecord,
): Promise<StoredContent | undefined> {
  const served = currentGeneration(c.memory(), channel)?.content;
  const difference = served && (await storedDifference(c.store, served, id));
  const read = () => readContent(c, id);
  return difference && { id, trees: difference.trees, returning: difference.added, read };
}

async function readContent(c: Installation, id: SnapshotId): Promise<ChannelSnapshot> {
  const content = await channelContent(c.snapshots, id);
  if (content) return content;
  throw new Fault('SnapshotMissing', {
    object: id,
    check: 'the content of an earlier generation is held here',
    found: 'no manifest of it',
    fix: `Pin another generation, or bring it: sluice snapshot import <site>/snapshots/${id.slice(7)}`,
  });
}

/** The same installation, while the files are read back that going back to this generation links. */
export async function readingAhead(
  c: Installation,
  record: GenerationRecord,
): Promise<Installation> {
  const [directory] = await alikeRepositories(c, record);
  if (directory === undefined) return c;
  return { ...c, isWhole: await beginReadingBack(c.store.disk, directory) };
}
