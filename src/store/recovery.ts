import { join } from 'node:path';
import { Fault } from '../model/index.ts';
import { generationName, recordsOf, type Switch, unfinishedSwitches } from './generations.ts';
import type { Journal } from './journal.ts';
import { publicPath, type Store, stagingDirectory } from './paths.ts';
import { pointedAt } from './pointer.ts';

/** What starting again had to finish or clear away, for people. */
export interface Recovery {
  /** Switches that had happened and are now journaled as `committed`. */
  readonly committed: readonly Switch[];
  /** Switches that had not happened; planning finds them again. */
  readonly aborted: readonly Switch[];
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
  await refuseForeignPointers(store, journal);
  const leftovers = await store.disk.list(stagingDirectory(store.root));
  for (const name of leftovers) await store.disk.remove(join(stagingDirectory(store.root), name));
  return { committed, aborted, cleared: leftovers.length };
}

/** A pointer beyond the journal means that the journal was restored from an older backup than what is served. */
async function refuseForeignPointers(store: Store, journal: Journal): Promise<void> {
  for (const { record, path } of lastSwitches(journal)) {
    const pointer = await pointedAt(store, path);
    if (pointer === undefined || pointer.channel !== record.channel) continue;
    const known = recordsOf(journal, record.channel).some((r) => r.number === pointer.number);
    if (known) continue;
    throw new Fault('JournalDamaged', {
      object: publicPath(store.root, path),
      check: 'generation that is served',
      expected: `one of the journal, at most ${generationName(record)}`,
      found: generationName(pointer),
      fix: 'The journal is older than what is served. Restore <state>/journal and <state>/public from the same backup.',
    });
  }
}

function lastSwitches(journal: Journal): readonly Switch[] {
  const last = new Map<string, Switch>();
  for (const entry of journal.entries('committed')) {
    const data = entry.data as Partial<Switch>;
    // Records that came back from the generation log carry no path.
    if (data.record && data.path !== undefined) {
      last.set(data.record.channel, { record: data.record, path: data.path });
    }
  }
  return [...last.values()];
}
