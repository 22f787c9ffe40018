import { assemble, point } from '../../src/executor/index.ts';
import type { ChannelSnapshot, GenerationRecord } from '../../src/model/index.ts';
import type { Disk, Signer } from '../../src/ports.ts';
import {
  type Journal,
  lastRecord,
  openJournal,
  readSnapshot,
  recordsOf,
  recover,
  type Store,
} from '../../src/store/index.ts';
import { clientView } from './client-view.ts';
import { recordOf, testingChannel } from './held-packages.ts';

/** One process's life over a state directory: what it opened, and what it can do. */
export interface Publisher {
  readonly store: Store;
  readonly journal: Journal;
  /** Assembles the next generation, and says which it would be. */
  assemble(content: ChannelSnapshot): Promise<GenerationRecord>;
  /** Publishes as the next generation, unless it is what is served. */
  publish(content: ChannelSnapshot): Promise<void>;
}

export const publishedTree = 'public/el9/testing/x86_64';
const clock = { now: () => 1_780_000_000 };
const log = { emit: () => undefined };

/** Starts as the controller does: journal, recovery, then work. */
export async function startPublisher(
  disk: Disk,
  root: string,
  signer: Signer & { readonly fingerprint: string },
): Promise<Publisher> {
  const store = { disk, root };
  const journal = await openJournal(disk, `${root}/journal`, clock);
  await recover(store, journal);
  const assembleNext = async (content: ChannelSnapshot): Promise<GenerationRecord> => {
    const records = recordsOf(journal, 'testing');
    const number = (records.at(-1)?.number ?? 0) + 1;
    const record = recordOf(content, number, { keys: [signer.fingerprint] });
    const previous = records
      .map((r) => r.number)
      .toReversed()
      .slice(0, 3);
    const site = { siteUrl: 'http://rpm.example.org', upstreamKeys: [] };
    const last = records.at(-1);
    const before = last && (await readSnapshot(store, last.content));
    const served = before?.kind === 'channel' ? before : undefined;
    const options = { channel: testingChannel, content, served, record, previous, ...site };
    const built = await assemble({ signer, clock }, store, options);
    if (built.kind === 'waiting') throw new Error(built.hold.text);
    return record;
  };
  const publish = async (content: ChannelSnapshot): Promise<void> => {
    const last = lastRecord(journal, 'testing');
    if (last?.content === content.id) return;
    const record = await assembleNext(content);
    const from = last === undefined ? {} : { from: last.content };
    await point({ log }, store, { journal, record, path: 'el9/testing', ...from });
  };
  return { store, journal, assemble: assembleNext, publish };
}

/** What clients of the channel get now. */
export async function served(disk: Disk, root: string) {
  return await clientView(disk, `${root}/${publishedTree}`);
}
