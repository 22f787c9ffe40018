import { type CommitId, Fault, type ProposalRecord, type Sha256 } from '../../../model/index.ts';
import type { Forge } from '../../../ports.ts';
import { type PolicyGitOptions, type PolicyPlace, policyPlace } from '../../git/index.ts';
import { conflictCheck, editedByOthers, isMerged, upToDate } from '../branch.ts';
import { type ForgeRefs, syncForge } from '../forge-refs.ts';
import { mergeChanges } from '../merge-changes.ts';
import { type Approvals, readApprovals } from './approvals.ts';
import { approve } from './approve.ts';
import { closeProposal } from './close-proposal.ts';
import { readComments, writeAnswer, writeComment } from './comments.ts';
import { mergeProposal } from './merge-proposal.ts';
import { putProposal } from './put-proposal.ts';
import { readRecords } from './records.ts';
import type { StoredProposal } from './schema.ts';
import { readStatuses, type Said, writeStatuses } from './statuses.ts';

/** What a change of proposals starts from: the far side's refs and records as they are now. */
export interface LocalState {
  readonly place: PolicyPlace;
  readonly refs: ForgeRefs;
  readonly main: string;
  readonly stored: readonly StoredProposal[];
}

/** Pull requests as refs of the policy repository itself; nothing else has to be installed. */
export function localForge(options: PolicyGitOptions): Forge {
  const place = policyPlace(options);
  const conflicts = conflictCheck(place);
  return {
    list: async () => listed(await look(place), conflicts),
    put: async (proposal) => putProposal(await look(place), proposal),
    close: async (number, by, as) => {
      const state = await look(place);
      await closeProposal(state, found(state, number), { by, as });
    },
    merge: async (number, by) => {
      const state = await look(place);
      return mergeProposal(state, found(state, number), by);
    },
    approve: async (number, person, comment) => {
      const state = await look(place);
      await approve(state, found(state, number), { person, comment });
    },
    mergeChanges: (head, onto) => mergeChanges(place, head, onto),
    comments: async () => {
      const state = await look(place);
      const open = state.stored.filter((r) => r.state === 'open').map((r) => r.number);
      return readComments(state, new Set(open));
    },
    comment: async (number, comment) => {
      const state = await look(place);
      await writeComment(state, found(state, number).number, comment);
    },
    answer: async (comment, text) => writeAnswer(await look(place), comment, text),
    setStatuses: async (number, head, statuses) => {
      const state = await look(place);
      await writeStatuses(state, found(state, number).number, { head, statuses });
    },
  };
}

async function listed(
  state: LocalState,
  conflicts: ReturnType<typeof conflictCheck>,
): Promise<readonly ProposalRecord[]> {
  const { place, main, stored } = state;
  const current = main === '' ? new Set<string>() : await upToDate(place, main);
  const given = await readApprovals(place, state.refs);
  const said = await readStatuses(
    state,
    stored.map((r) => r.number),
  );
  const records: ProposalRecord[] = [];
  for (const one of stored) {
    const approved = withApprovals(await asRecord(state, one), given.get(one.number));
    const record = withStatuses(approved, said.get(one.number));
    const behind = record.state === 'open' && !current.has(record.branch);
    const stuck = behind && (await conflicts(main, record.head));
    records.push(stuck ? { ...record, conflicts: true } : record);
  }
  return records;
}

async function look(place: PolicyPlace): Promise<LocalState> {
  const refs = await syncForge(place);
  const main = refs.get(`refs/heads/${place.branch}`) ?? '';
  return { place, refs, main, stored: await readRecords(place, refs) };
}

function found(state: LocalState, number: number): StoredProposal {
  const record = state.stored.find((r) => r.number === number);
  if (record !== undefined) return record;
  throw new Fault('ProposalUnknown', {
    object: `proposal ${number}`,
    check: 'there is a proposal with this number',
    found: state.stored.map((r) => `#${r.number}`).join(', ') || 'no proposals at all',
    fix: 'Run `sluice pr list --all`.',
  });
}

async function asRecord(state: LocalState, stored: StoredProposal): Promise<ProposalRecord> {
  const { place, refs, main } = state;
  const { v: _, content: __, closedAs, closedBy, brings, edited: touched, ...shown } = stored;
  const head = stored.state === 'open' ? refs.get(`refs/heads/${stored.branch}`) : stored.head;
  const deltaDigest = stored.deltaDigest as Sha256;
  const common = { ...shown, deltaDigest, ...(brings === undefined ? {} : { brings }) };
  if (head === undefined) return { ...common, ...(await gone(state, stored)), edited: false };
  const open = stored.state === 'open';
  const edited = open
    ? head !== stored.head && (await editedByOthers(place, head, main))
    : touched === true;
  return {
    ...common,
    head: head as CommitId,
    edited,
    ...(closedBy === undefined ? {} : { closedBy }),
    ...(closedAs === undefined ? {} : { closedAs }),
  };
}

function withApprovals(record: ProposalRecord, given: Approvals | undefined): ProposalRecord {
  if (!given) return record;
  const { approvals, unreadable } = given;
  return {
    ...record,
    approvals,
    ...(unreadable.length === 0 ? {} : { unreadableApprovals: unreadable }),
  };
}

/** What was said of another head says nothing of this one. */
const withStatuses = (record: ProposalRecord, said: Said | undefined): ProposalRecord =>
  said?.head === record.head ? { ...record, statuses: said.statuses } : record;

/** A branch that a person removed is an answer: merged if its commits are on the watched branch, else no. */
async function gone({ place, main }: LocalState, stored: StoredProposal) {
  const head = stored.head as CommitId;
  if (await isMerged(place, head, main)) return { state: 'merged', head } as const;
  return { state: 'closed', closedBy: 'person', head } as const;
}
