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

/** One review of one person; only the last one that decides counts. */
export interface Review {
  readonly person: string;
  readonly bot: boolean;
  readonly verdict: 'approved' | 'refused' | 'withdrawn' | 'none';
  /** The commit that was looked at. */
  readonly head: string | undefined;
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
  /** The login of the token's user; undefined for those without one. */
  login(): Promise<string | undefined>;
}

/** Seconds since 1970 of an ISO 8601 time; 0 of what is none. */
export function secondsOf(time: string | null | undefined): number {
  const milliseconds = Date.parse(time ?? '');
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}
