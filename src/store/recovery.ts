import { join } from 'node:path';
import { Fault } from '../model/index.ts';
import { generationName, recordsOf, type Switch, unfinishedSwitches } from './generations.ts';
import type { Journal } from './journal.ts';
import { generationDirectory, publicPath, type Store, stagingDirectory } from './paths.ts';
import { type PointedAt, pointAt, pointedAt } from './pointer.ts';

/** What starting again had to finish or clear away, for people. */
export interface Recovery {
  /** Switches that had happened and are now journaled as `committed`. */
  readonly committed: readonly Switch[];
  /** Switches that had not happened; planning finds them again. */
  readonly aborted: readonly Switch[];
  /** Public names that were missing or older than the journal, and point at their generation again. */
  readonly repointed: readonly Switch[];
  /** Unfinished files that were deleted. */
  readonly cleared: number;
}

/**
 * Brings a state directory back to rest after a crash; run at every start, under the lock. The public pointer decides
 * how an unfinished switch ended. Killed anywhere, running it again ends in the same state.
 */
export async function recover(store: Store, journal: Journal): Promise<Recovery> {
  const committed: Switch[] = [];
  const aborted: Switch[] = [];
  for (const begun of unfinishedSwitches(journal)) {
    const pointer = await pointedAt(store, begun.path);
    const happened = pointer && generationName(pointer) === generationName(begun.record);
    await journal.append(happened ? 'committed' : 'aborted', begun);
    (happened ? committed : aborted).push(begun);
  }
  const repointed = await mendPointers(store, journal);
  const leftovers = await store.disk.list(stagingDirectory(store.root));
  for (const name of leftovers) await store.disk.remove(join(stagingDirectory(store.root), name));
  return { committed, aborted, repointed, cleared: leftovers.length };
}

/** What the journal says was published is what is served, as long as its files are here. */
async function mendPointers(store: Store, journal: Journal): Promise<readonly Switch[]> {
  const mended: Switch[] = [];
  for (const last of lastSwitches(journal)) {
    const { record, path } = last;
    const pointer = await pointedAt(store, path);
    if (pointer && generationName(pointer) === generationName(record)) continue;
    if (pointer?.channel === record.channel) refuseBeyondJournal(store, journal, { last, pointer });
    const directory = generationDirectory(store.root, record.channel, record.number);
    if ((await store.disk.stat(directory)) === undefined) continue;
    await pointAt(store, path, record);
    mended.push(last);
  }
  return mended;
}

/** A pointer beyond the journal means that the journal was restored from an older backup than what is served. */
function refuseBeyondJournal(
  store: Store,
  journal: Journal,
  { last, pointer }: { readonly last: Switch; readonly pointer: PointedAt },
): void {
  if (recordsOf(journal, pointer.channel).some((r) => r.number === pointer.number)) return;
  throw new Fault('JournalDamaged', {
    object: publicPath(store.root, last.path),
    check: 'generation that is served',
    expected: `one of the journal, at most ${generationName(last.record)}`,
    found: generationName(pointer),
    fix: 'The journal is older than what is served. Restore <state>/journal and <state>/public from the same backup.',
  });
}

function lastSwitches(journal: Journal): readonly Switch[] {
  const last = new Map<string, Switch>();
  for (const entry of journal.entries()) {
    if (entry.kind === 'acknowledged') forgetEnded(last, entry.data as { readonly what: string });
    if (entry.kind !== 'committed') continue;
    const data = entry.data as Partial<Switch>;
    // Records that came back from the generation log carry no path.
    if (data.record && data.path !== undefined) {
      last.set(data.record.channel, { record: data.record, path: data.path });
    }
  }
  return [...last.values()];
}

/** A name that an operator allowed to end is not brought back here; a channel that has it again is healed. */
function forgetEnded(last: Map<string, Switch>, { what }: { readonly what: string }): void {
  for (const [channel, { path }] of last) if (what === `served/${path}`) last.delete(channel);
}
