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
  const records = new Map<number, GenerationRecord>();
  for (const entry of journal.entries('committed')) {
    // The journal's hash chain vouches for the shape: only this program writes it.
    const { record } = entry.data as CommittedGeneration;
    // A rebuilt state directory journals a generation again when it is served again.
    if (record.channel === channel) records.set(record.number, record);
  }
  return [...records.values()];
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
