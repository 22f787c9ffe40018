import type { CommitId, ProposalRecord, Sha256 } from '../../../model/index.ts';
import { editedByOthers, isMerged } from '../branch.ts';
import { type Marker, splitBody, unpacked } from './marker.ts';
import type { PullRequest } from './pull-request.ts';
import type { PullsState } from './pulls-forge.ts';

/** No delta has this digest: a pull request without its marker is brought up to date. */
const unknownDelta = '0'.repeat(64) as Sha256;

/** A pull request as a proposal. Merged is what the forge or git calls merged; closed without our mark is a person's. */
export async function recordOf(state: PullsState, pull: PullRequest): Promise<ProposalRecord> {
  const { body, marker } = splitBody(pull.body);
  const { number, branch, title, openedAt, updatedAt } = pull;
  const brings = unpacked(marker?.brings);
  const common = {
    ...{ number, branch, title, body, openedAt, updatedAt },
    identity: marker?.identity ?? branch.slice('sluice/'.length),
    ...(brings === undefined ? {} : { brings }),
    deltaDigest: (marker?.delta as Sha256 | undefined) ?? unknownDelta,
  };
  const head = state.refs.get(`refs/heads/${branch}`);
  if (pull.state === 'open' && head !== undefined) {
    const edited = head !== marker?.head && (await editedByOthers(state.place, head, state.main));
    return { ...common, state: 'open', head: head as CommitId, edited };
  }
  const edited = marker !== undefined && marker.head !== pull.head;
  const answer = { ...common, head: pull.head as CommitId, edited };
  return { ...answer, ...(await answered(state, pull, marker)) };
}

async function answered(state: PullsState, pull: PullRequest, marker: Marker | undefined) {
  const closed = pull.state === 'open' ? undefined : marker?.closed;
  const closedBy = closed === undefined ? {} : { closedBy: closed.by, closedAs: closed.as };
  if (pull.merged || closed?.as === 'merged') return { state: 'merged', ...closedBy } as const;
  // The branch is gone although the pull request is open: merged by plain git, or a no.
  const gone = pull.state === 'open' && (await isMergedHead(state, pull, marker));
  if (gone) return { state: 'merged' } as const;
  return { state: 'closed', closedBy: 'person', ...closedBy } as const;
}

async function isMergedHead({ place, main }: PullsState, pull: PullRequest, marker?: Marker) {
  if (main === '') return false;
  // What the clone does not have was never merged into what it fetched.
  return isMerged(place, marker?.head ?? pull.head, main).catch(() => false);
}
