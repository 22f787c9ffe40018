import { assemble } from '../executor/index.ts';
import type { Channel, Desired, GenerationRecord, Hold } from '../model/index.ts';
import { channelContent, currentGeneration } from '../observer/index.ts';
import {
  addressContent,
  generationName,
  pointAt,
  pointedAt,
  reachedPackages,
} from '../store/index.ts';
import { publishedBefore, vendorKeys } from './channel-publication.ts';
import { shareStore } from './import-snapshot.ts';
import type { Installation } from './installation.ts';
import { formsOf } from './signed-packages.ts';

/**
 * Puts back what the journal says is published and the disk does not serve: after a lost state directory, or when
 * somebody removed files. The same record gives the same bytes, so nothing new becomes visible.
 */
export async function heal(c: Installation, desired: Desired): Promise<readonly Hold[]> {
  const holds: Hold[] = [];
  await shareStore(c);
  for (const channel of desired.channels.values()) {
    const record = currentGeneration(c.memory(), channel.name);
    if (!record || (await isServed(c, channel, record))) continue;
    const content = await channelContent(c.snapshots, record.content);
    if (!content) continue;
    const outcome = await assemble(c.ports, c.store, {
      channel,
      content,
      record,
      signed: await formsOf(c, record, content),
      previous: publishedBefore(c, record),
      siteUrl: desired.site.url,
      upstreamKeys: vendorKeys(c, desired, record),
    });
    if (outcome.kind === 'waiting') holds.push(outcome.hold);
    else {
      await pointAt(c.store, channel.path, record);
      await addressContent(c.store, record);
    }
  }
  return holds;
}

async function isServed(
  { store }: Installation,
  { name, path }: Channel,
  record: GenerationRecord,
): Promise<boolean> {
  const served = await pointedAt(store, path);
  if (served === undefined || generationName(served) !== generationName(record)) return false;
  const reached = reachedPackages(store.root, { name, private: record.private });
  return !record.private || (await store.disk.stat(reached)) !== undefined;
}
