import { z } from 'zod';
import { type CommitId, canonicalJson, type ProposalStatus } from '../../../model/index.ts';
import { objectNameIn, pushRefs } from '../../git/index.ts';
import type { ForgeRefs } from '../forge-refs.ts';
import { readObjects } from './batch.ts';
import type { LocalState } from './local-forge.ts';
import { parsedJson } from './records.ts';

/** The text behind `refs/sluice/statuses/<n>`. */
const Stored = z.object({
  v: z.literal(1),
  head: z.string(),
  statuses: z.array(
    z.object({
      name: z.enum(['closure', 'approvals', 'soak', 'schedule']),
      state: z.enum(['success', 'pending', 'failure']),
      text: z.string().max(140),
    }),
  ),
});

const refOf = (number: number): string => `refs/sluice/statuses/${number}`;

export interface Said {
  readonly head: string;
  readonly statuses: readonly ProposalStatus[];
}

/** What was last said of each proposal, by number; of another head than its present one it says nothing. */
export async function readStatuses(
  { place, refs }: { readonly place: LocalState['place']; readonly refs: ForgeRefs },
  numbers: Iterable<number>,
): Promise<ReadonlyMap<number, Said>> {
  const wanted = [...numbers].flatMap((number) => {
    const id = refs.get(refOf(number));
    return id === undefined ? [] : [{ number, id }];
  });
  const ids = wanted.map((w) => w.id);
  const texts = await readObjects(place, ids);
  return new Map(
    wanted.flatMap(({ number }, i) => {
      const said = Stored.safeParse(parsedJson(texts[i]));
      return said.success ? [[number, said.data] as const] : [];
    }),
  );
}

/** Those of one head; a name that is not told anew keeps what was said of the same head. */
export async function writeStatuses(
  { place, refs }: LocalState,
  number: number,
  { head, statuses }: { readonly head: CommitId; readonly statuses: readonly ProposalStatus[] },
): Promise<void> {
  const before = (await readStatuses({ place, refs }, [number])).get(number);
  const kept = before?.head === head ? before.statuses : [];
  const told = new Map([...kept, ...statuses].map((s) => [s.name, s]));
  const sorted = [...told.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const said = { v: 1, head, statuses: sorted };
  if (canonicalJson(said) === canonicalJson(before ?? {})) return;
  const args = ['hash-object', '-t', 'blob', '-w', '--stdin'];
  const input = `${canonicalJson(said)}\n`;
  const written = await place.git({ directory: place.clone, args, input });
  const to = objectNameIn(written.stdout.toString('latin1'), 'the statuses');
  const ref = refOf(number);
  await pushRefs(place, place.clone, [{ ref, from: refs.get(ref), to }]);
}
