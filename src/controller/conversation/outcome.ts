import type { Desired, Plan, ProposalRecord } from '../../model/index.ts';
import type { CommentCommand } from '../../policy/index.ts';
import type { ProposalComment } from '../../ports.ts';

/** What came of a command, for its answer. */
export type Outcome =
  | { readonly kind: 'done' | 'told'; readonly lines: readonly string[] }
  | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  /** Names the verb and, where there is one, the rule. */
  readonly why: string;
  /** The way out. */
  readonly fix: string;
}

/** A command with everything it is judged by. */
export interface Asked {
  readonly desired: Desired;
  readonly planned: Plan;
  readonly comment: ProposalComment;
  readonly record: ProposalRecord;
  readonly command: CommentCommand;
}
