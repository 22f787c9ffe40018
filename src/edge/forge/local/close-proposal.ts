import { Fault, type ProposalEnd } from '../../../model/index.ts';
import { pushRefs, type RefChange } from '../../git/index.ts';
import { editedByOthers } from '../branch.ts';
import type { LocalState } from './local-forge.ts';
import { writeRecord } from './records.ts';
import type { StoredProposal } from './schema.ts';

export interface Closing {
  readonly by: 'person' | 'controller';
  readonly as: ProposalEnd;
}

/** Writes the answer down and removes the branch; commits that a person made and nobody merged stay. */
export async function closeProposal(
  state: LocalState,
  stored: StoredProposal,
  closing: Closing,
): Promise<void> {
  if (stored.state !== 'open') return;
  const { place, refs } = state;
  const ref = `refs/heads/${stored.branch}`;
  const head = refs.get(ref);
  const record: StoredProposal = {
    ...stored,
    state: closing.as === 'merged' ? 'merged' : 'closed',
    closedBy: closing.by,
    closedAs: closing.as,
    head: head ?? stored.head,
    updatedAt: Math.floor(place.clock.now()),
    ...(head === undefined || head === stored.head ? {} : { edited: true }),
  };
  const written = await writeRecord(place, refs, { record, event: closing.as });
  const keep = head === undefined || (await isWorthKeeping(state, stored, { head, closing }));
  const removal: RefChange[] = keep ? [] : [{ ref, from: head, to: undefined }];
  try {
    await pushRefs(place, place.clone, [written, ...removal]);
  } catch (error) {
    // The branch that a person has checked out cannot be removed; the answer counts all the same.
    const checkedOut = error instanceof Fault && error.code === 'TreeBusy' && removal.length > 0;
    if (!checkedOut) throw error;
    await pushRefs(place, place.clone, [written]);
  }
}

async function isWorthKeeping(
  { place, main }: LocalState,
  stored: StoredProposal,
  { head, closing }: { readonly head: string; readonly closing: Closing },
): Promise<boolean> {
  if (closing.as === 'merged' || head === stored.head) return false;
  return editedByOthers(place, head, main);
}
