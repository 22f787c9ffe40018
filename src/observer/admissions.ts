import type { ChannelSnapshot, GenerationRecord, Sha256 } from '../model/index.ts';
import { enteredBy } from './memory.ts';

interface Known {
  readonly records: readonly GenerationRecord[];
  readonly admitted: ReadonlyMap<Sha256, number>;
}

/** By the first record of a channel, as long as its history is remembered. */
const known = new WeakMap<GenerationRecord, Known>();

/**
 * First admission of every digest over the whole history of a channel, seconds since 1970. A history that only grew is
 * followed from where it was the last time.
 */
export async function admissions(
  records: readonly GenerationRecord[],
  contentOf: (record: GenerationRecord) => Promise<ChannelSnapshot | undefined>,
): Promise<ReadonlyMap<Sha256, number>> {
  const [first] = records;
  const before = first && known.get(first);
  const start = before && isPrefix(before.records, records) ? before : undefined;
  if (start && start.records.length === records.length) return start.admitted;
  const admitted = new Map<Sha256, number>(start?.admitted);
  let complete = true;
  for (const record of records.slice(start?.records.length ?? 0)) {
    const content = record.entered === 'all' ? await contentOf(record) : undefined;
    if (record.entered === 'all' && !content) complete = false;
    const digests = record.entered === 'all' ? digestsIn(content) : enteredBy(record);
    for (const digest of digests) if (!admitted.has(digest)) admitted.set(digest, record.time);
  }
  // A content that is not here now may come back.
  if (first && complete) known.set(first, { records, admitted });
  return admitted;
}

const isPrefix = (a: readonly GenerationRecord[], b: readonly GenerationRecord[]): boolean =>
  a.length <= b.length && a.every((record, at) => record === b[at]);

function digestsIn(content: ChannelSnapshot | undefined): readonly Sha256[] {
  const trees = content ? [...content.trees.values()] : [];
  return trees.flatMap((tree) => tree.packages.map((p) => p.sha256));
}
