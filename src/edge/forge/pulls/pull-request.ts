/** A pull request as both forges know it. */
export interface PullRequest {
  readonly number: number;
  readonly branch: string;
  readonly base: string;
  /** The branch is in the policy repository itself, not in somebody's fork. */
  readonly own: boolean;
  /** Head as the forge believes it to be. */
  readonly head: string;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  /** The commit that the forge made of it; absent while it is not merged. */
  readonly mergeCommit?: string | undefined;
  readonly author: string;
  /** Where people see it. */
  readonly page: string;
  /** Seconds since 1970. */
  readonly openedAt: number;
  readonly updatedAt: number;
}

/** What somebody wrote below a pull request or an issue. */
export interface PullComment {
  readonly id: string;
  readonly number: number;
  readonly person: string;
  readonly bot: boolean;
  readonly text: string;
  /** It was changed since, by its writer or by somebody else. */
  readonly edited: boolean;
  readonly page: string;
  /** Seconds since 1970. */
  readonly at: number;
}

/** What is said of a commit under one name. */
export interface CommitStatus {
  readonly context: string;
  readonly state: string;
  readonly text: string;
}

/** One review of one person; only the last one that decides counts. */
export interface Review {
  readonly person: string;
  readonly bot: boolean;
  readonly verdict: 'approved' | 'refused' | 'withdrawn' | 'none';
  /** The commit that was looked at. */
  readonly head: string | undefined;
  /** The delta digest that was approved, where it was said; else the one that the body showed. */
  readonly delta?: string;
  /** Seconds since 1970. */
  readonly at: number;
}

export interface Page {
  readonly items: readonly PullRequest[];
  readonly more: boolean;
  readonly etag: string | undefined;
}

export interface Draft {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

export interface MergeOrder {
  readonly number: number;
  /** Nothing else may be merged. */
  readonly head: string;
  readonly title: string;
  readonly message: string;
}

export type MergeAnswer =
  | { readonly kind: 'merged' }
  | { readonly kind: 'moved' | 'not-now'; readonly said: string };

/**
 * What one forge offers for pull requests, in its own routes and words. No method repeats a write; `create` answers
 * `exists` where the branch has an open pull request already.
 */
export interface PullRequests {
  readonly forge: 'github' | 'gitea';
  /** `oldest` first never skips one while others come; `changed` has the last touched first. */
  page(asked: {
    readonly order: 'oldest' | 'changed';
    readonly page: number;
    readonly etag?: string;
  }): Promise<Page | 'same'>;
  /** The open one of a branch. */
  find(branch: string, base: string): Promise<PullRequest | undefined>;
  one(number: number): Promise<PullRequest>;
  create(draft: Draft): Promise<PullRequest | 'exists'>;
  update(
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly state?: 'closed' },
  ): Promise<PullRequest>;
  merge(order: MergeOrder): Promise<MergeAnswer>;
  /** All pages, oldest first. */
  reviews(number: number): Promise<readonly Review[]>;
  /** All those that have this commit, or were merged as it. */
  withCommit(commit: string): Promise<readonly PullRequest[]>;
  /** false: the forge does not take it. */
  approve(number: number, head: string): Promise<boolean>;
  /** Of the whole repository, all pages, changed since then (seconds since 1970). */
  comments(since: number): Promise<readonly PullComment[]>;
  comment(number: number, text: string): Promise<void>;
  /** The last word under each name. */
  statuses(head: string): Promise<readonly CommitStatus[]>;
  say(head: string, status: CommitStatus): Promise<void>;
  /** The number of the repository, which it keeps under every name. */
  repository(): Promise<number>;
  /** The login of the token's user; undefined for those without one. */
  login(): Promise<string | undefined>;
}

/** Seconds since 1970 of an ISO 8601 time; 0 of what is none. */
export function secondsOf(time: string | null | undefined): number {
  const milliseconds = Date.parse(time ?? '');
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}
