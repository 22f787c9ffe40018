import { canonicalJson } from '../../../model/index.ts';
import { type PolicyPlace, writeCommit } from '../../git/index.ts';
import type { ForgeRefs } from '../forge-refs.ts';
import { readObjects } from './batch.ts';
import { StoredProposal } from './schema.ts';

export const recordRef = (number: number): string => `refs/sluice/pr/${number}`;

/** Every record that can be read, by number; one that somebody damaged keeps its number and is left out. */
export async function readRecords(
  place: PolicyPlace,
  refs: ForgeRefs,
): Promise<readonly StoredProposal[]> {
  const names = [...refs].filter(([ref]) => numberOf(ref) !== undefined);
  const objects = names.map(([, id]) => `${id}:pr.json`);
  const texts = await readObjects(place, objects);
  const records = names.flatMap(([ref], i) => {
    const parsed = StoredProposal.safeParse(parsedJson(texts[i]));
    return parsed.success && recordRef(parsed.data.number) === ref ? [parsed.data] : [];
  });
  return records.toSorted((a, b) => a.number - b.number);
}

export function nextNumber(refs: ForgeRefs): number {
  const numbers = [...refs.keys()].map((ref) => numberOf(ref) ?? 0);
  return Math.max(0, ...numbers) + 1;
}

function numberOf(ref: string): number | undefined {
  const digits = /^refs\/sluice\/pr\/([1-9]\d{0,8})$/.exec(ref)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** undefined of what is no JSON. */
export function parsedJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes a record on top of its last version, with an event of its own. The branch's head becomes a parent, so that
 * what was proposed stays readable after the branch is gone.
 */
export async function writeRecord(
  place: PolicyPlace,
  refs: ForgeRefs,
  change: { readonly record: StoredProposal; readonly event: string },
): Promise<{ readonly ref: string; readonly from: string | undefined; readonly to: string }> {
  const { record, event } = change;
  const ref = recordRef(record.number);
  const from = refs.get(ref);
  const time = Math.floor(place.clock.now());
  const eventFile = `events/${time}-${from?.slice(0, 12) ?? 'first'}-${event}.json`;
  const to = await writeCommit(place, {
    directory: place.clone,
    parent: from,
    also: [record.head],
    message: `#${record.number} ${event}: ${record.identity}`,
    changes: [
      { path: 'pr.json', text: `${canonicalJson(record)}\n` },
      { path: eventFile, text: `${canonicalJson({ v: 1, time, event, head: record.head })}\n` },
    ],
  });
  return { ref, from, to };
}
