import { type Brings, type CommitId, canonicalJson } from '../../../model/index.ts';
import type { Forge } from '../../../ports.ts';
import { pushRefs, type RefChange, writeCommit } from '../../git/index.ts';
import { branchOf, contentDigest, editedByOthers } from '../branch.ts';
import type { LocalState } from './local-forge.ts';
import { nextNumber, writeRecord } from './records.ts';
import type { StoredProposal } from './schema.ts';

type Proposal = Parameters<Forge['put']>[0];
type Put = Awaited<ReturnType<Forge['put']>>;

/**
 * One identity, one open proposal, one branch: opened once, then updated in place. Branch and record move in one
 * atomic push, so a crash leaves both or neither; a branch without a record is taken over when only the controller
 * committed to it.
 */
export async function putProposal(state: LocalState, proposal: Proposal): Promise<Put> {
  const { place, refs } = state;
  const branch = branchOf(proposal.request.identity);
  const branchRef = `refs/heads/${branch}`;
  const present = refs.get(branchRef);
  const same = state.stored.filter((r) => r.identity === proposal.request.identity);
  const open = present === undefined ? undefined : same.findLast((r) => r.state === 'open');
  const content = contentDigest(proposal);
  const leftAlone =
    present !== undefined &&
    present !== open?.head &&
    (await editedByOthers(place, present, state.main));
  const keeps = leftAlone || (present === open?.head && open?.content === content);
  const head = keeps && present !== undefined ? present : await branchCommit(state, proposal);
  const record = recordOf(state, {
    proposal,
    open,
    branch,
    content,
    head: leftAlone ? (open?.head ?? head) : head,
  });
  if (open !== undefined && keeps && sameText(open, record)) {
    return { number: open.number, outcome: 'unchanged' };
  }
  const event = open === undefined ? 'opened' : 'updated';
  const changes: RefChange[] = [await writeRecord(place, refs, { record, event })];
  if (head !== present) changes.push({ ref: branchRef, from: present, to: head });
  changes.push(...(await withdrawn(state, same, open)));
  await pushRefs(place, place.clone, changes);
  return { number: record.number, outcome: event };
}

function branchCommit(state: LocalState, { base, changes, message }: Proposal): Promise<CommitId> {
  return writeCommit(state.place, { directory: state.place.clone, parent: base, message, changes });
}

function recordOf(
  { place, refs }: LocalState,
  parts: {
    readonly proposal: Proposal;
    readonly open: StoredProposal | undefined;
    readonly branch: string;
    readonly content: string;
    readonly head: string;
  },
): StoredProposal {
  const { proposal, open, branch, content, head } = parts;
  const now = Math.floor(place.clock.now());
  const { identity, title, deltaDigest, brings } = proposal.request;
  return {
    v: 1,
    number: open?.number ?? nextNumber(refs),
    identity,
    branch,
    title,
    body: proposal.body,
    state: 'open',
    deltaDigest,
    ...(brings === undefined ? {} : { brings: written(brings) }),
    head,
    content,
    openedAt: open?.openedAt ?? now,
    updatedAt: now,
  };
}

const written = (brings: Brings): StoredProposal['brings'] =>
  Object.fromEntries(Object.entries(brings).map(([unit, lines]) => [unit, [...lines]]));

const sameText = (a: StoredProposal, b: StoredProposal): boolean =>
  a.title === b.title &&
  a.body === b.body &&
  a.deltaDigest === b.deltaDigest &&
  canonicalJson(a.brings ?? {}) === canonicalJson(b.brings ?? {});

/** Older records of this identity whose branch a person removed: their answer is written down before it comes back. */
async function withdrawn(
  { place, refs }: LocalState,
  same: readonly StoredProposal[],
  open: StoredProposal | undefined,
): Promise<readonly RefChange[]> {
  const stale = same.filter((r) => r.state === 'open' && r !== open);
  const updatedAt = Math.floor(place.clock.now());
  const closed = { state: 'closed', closedBy: 'person', closedAs: 'rejected', updatedAt } as const;
  return Promise.all(
    stale.map((r) => writeRecord(place, refs, { record: { ...r, ...closed }, event: 'closed' })),
  );
}
