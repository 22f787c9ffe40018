import type { GenerationRecord } from '../model/index.ts';
import type { Journal } from './journal.ts';

/** Journal data of `committing`, `committed` and `aborted`: one switch of a channel's pointer. */
export interface Switch {
  readonly record: GenerationRecord;
  /** Path of the channel below `public/`. */
  readonly path: string;
}

export interface CommittedGeneration {
  readonly record: GenerationRecord;
}

/** Generations of a channel that were published, oldest first. */
export function recordsOf(
  journal: Pick<Journal, 'entries'>,
  channel: string,
): readonly GenerationRecord[] {
  // The journal's hash chain vouches for the shape: only this program writes it.
  return journal
    .entries('committed')
    .map((entry) => (entry.data as CommittedGeneration).record)
    .filter((record) => record.channel === channel);
}

export function lastRecord(
  journal: Pick<Journal, 'entries'>,
  channel: string,
): GenerationRecord | undefined {
  return recordsOf(journal, channel).at(-1);
}

/** Switches that were begun and of which the journal does not say how they ended; at most one a channel. */
export function unfinishedSwitches(journal: Journal): readonly Switch[] {
  const open = new Map<string, Switch>();
  for (const entry of journal.entries()) {
    if (!['committing', 'committed', 'aborted'].includes(entry.kind)) continue;
    const data = entry.data as Switch;
    if (entry.kind === 'committing') open.set(data.record.channel, data);
    else open.delete(data.record.channel);
  }
  return [...open.values()];
}

/** What a public name points at, as `<channel>/<number>`. */
export function generationName(record: Pick<GenerationRecord, 'channel' | 'number'>): string {
  return `${record.channel}/${record.number}`;
}
