import type { CommitId } from './desired.ts';
import type { Approval } from './proposal.ts';

export interface SignedPayload {
  readonly payload: Uint8Array;
  /** Armored. */
  readonly signature: string;
}

/** The pull request that a commit of the watched branch is the merge of: told by the forge, its files confirmed by git. */
export interface MergedProposal {
  /** As the logins of access.yaml name it. */
  readonly forge: 'github' | 'gitea';
  readonly number: number;
  /** Login of who opened it. */
  readonly author: string;
  /** The branch's head that was merged. */
  readonly head: CommitId;
  /** The commit's files are exactly those of a merge of the head into its first parent. */
  readonly asReviewed: boolean;
  /** The last word of each person but the author, where it approves; no bots, nothing that was dismissed. */
  readonly approvals: readonly Pick<Approval, 'person' | 'head' | 'at'>[];
}

/** What somebody wrote below an open proposal. */
export interface ProposalComment {
  /** Names it for ever. */
  readonly id: string;
  readonly number: number;
  /** The login that a forge vouches for; without a forge a name that anybody who can push may have written. */
  readonly person: string;
  readonly forge?: 'github' | 'gitea';
  /** Where no forge vouches for the writer, a signature may. */
  readonly signed?: SignedPayload;
  readonly text: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** It says something else now than when it was written, and nobody can tell who changed it. */
  readonly edited: boolean;
  /** Where people see it. */
  readonly page?: string;
  /** What the controller answered to it. */
  readonly answer?: string;
}
