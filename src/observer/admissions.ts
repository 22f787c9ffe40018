import {
  type Admitted,
  type ChannelSnapshot,
  digestsOf,
  type GenerationRecord,
  type Sha256,
} from '../model/index.ts';
import { enteredBy } from './memory.ts';

/** What came in together, oldest first: by a record with the whole content, or by records that list it. */
type Part =
  | { readonly content: ChannelSnapshot; readonly time: number }
  | { readonly listed: Map<Sha256, number> };

interface Known {
  readonly records: readonly GenerationRecord[];
  readonly parts: readonly Part[];
  readonly admitted: Admitted;
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
): Promise<Admitted> {
  const [first] = records;
  const before = first && known.get(first);
  const start = before && isPrefix(before.records, records) ? before : undefined;
  if (start && start.records.length === records.length) return start.admitted;
  const parts: Part[] = (start?.parts ?? []).map(ownPart);
  let complete = true;
  for (const record of records.slice(start?.records.length ?? 0)) {
    const content = record.entered === 'all' ? await contentOf(record) : undefined;
    if (content) parts.push({ content, time: record.time });
    else if (record.entered === 'all') complete = false;
    else addListed(parts, record);
  }
  const admitted = { ...admittedBy(parts), ...(complete ? {} : { incomplete: true as const }) };
  // A content that is not here now may come back.
  if (first && complete) known.set(first, { records, parts, admitted });
  return admitted;
}

const isPrefix = (a: readonly GenerationRecord[], b: readonly GenerationRecord[]): boolean =>
  a.length <= b.length && a.every((record, at) => record === b[at]);

/** What was answered before stays as it was. */
const ownPart = (part: Part): Part => ('listed' in part ? { listed: new Map(part.listed) } : part);

function addListed(parts: Part[], record: GenerationRecord): void {
  const last = parts.at(-1);
  const listed = last && 'listed' in last ? last.listed : new Map<Sha256, number>();
  if (!last || 'content' in last) parts.push({ listed });
  for (const digest of enteredBy(record)) {
    if (!listed.has(digest)) listed.set(digest, record.time);
  }
}

/** A whole content is looked into only where somebody asks for what no record lists. */
function admittedBy(parts: readonly Part[]): Admitted {
  const lists = parts.flatMap((part) => ('listed' in part ? part.listed : []));
  const contents = parts.flatMap((part) => ('content' in part ? part.content : []));
  return {
    get: (digest) => {
      for (const part of parts) {
        const time = 'listed' in part ? part.listed.get(digest) : timeIn(part, digest);
        if (time !== undefined) return time;
      }
      return undefined;
    },
    has: (digest) =>
      lists.some((list) => list.has(digest)) || contents.some((content) => isIn(content, digest)),
  };
}

const timeIn = (part: Extract<Part, { content: unknown }>, digest: Sha256): number | undefined =>
  isIn(part.content, digest) ? part.time : undefined;

const isIn = (content: ChannelSnapshot, digest: Sha256): boolean =>
  content.trees.values().some((tree) => digestsOf(tree.packages).has(digest));
