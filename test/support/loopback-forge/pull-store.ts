import { bareGit } from './git-backend.ts';

export interface StoredReview {
  readonly id: number;
  readonly by: string;
  state: 'approve' | 'reject' | 'comment';
  dismissed: boolean;
  readonly commit: string;
  readonly at: number;
}

export interface StoredPull {
  readonly number: number;
  readonly author: string;
  readonly branch: string;
  readonly base: string;
  /** The repository that the branch is in; undefined once it was deleted. */
  fork?: string;
  title: string;
  body: string;
  head: string;
  open: boolean;
  mergeCommit?: string;
  mergedBy?: string;
  readonly createdAt: number;
  updatedAt: number;
  closedAt?: number;
  readonly reviews: StoredReview[];
}

export interface StoredComment {
  readonly id: number;
  readonly number: number;
  readonly by: string;
  body: string;
  readonly at: number;
  updatedAt: number;
}

export interface StoredStatus {
  readonly id: number;
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly by: string;
  readonly at: number;
}

export interface PullStoreOptions {
  readonly repository: string;
  readonly now: () => number;
  /** A pull request whose commits reach its base by a plain push becomes a merged one. */
  readonly noticesMerges: boolean;
}

/** Pull requests in memory over a real repository: what a push does to them happens at the next look. */
export class PullStore {
  readonly pulls: StoredPull[] = [];
  readonly comments: StoredComment[] = [];
  /** Another one: somebody else's repository under the same name. */
  repositoryId = 1;
  /** Everything that was ever said of a commit, oldest first. */
  readonly statuses = new Map<string, readonly StoredStatus[]>();
  readonly git: ReturnType<typeof bareGit>;
  readonly #options: PullStoreOptions;
  #reviews = 0;

  constructor(options: PullStoreOptions) {
    this.#options = options;
    this.git = bareGit(options.repository);
  }

  now(): number {
    return Math.floor(this.#options.now());
  }

  tip(branch: string): string | undefined {
    return this.git('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`);
  }

  /** Takes in what pushes have done since the last look. */
  notice(): void {
    for (const pull of this.pulls.filter((p) => p.open && p.fork === undefined)) {
      const tip = this.tip(pull.branch);
      if (tip !== undefined && tip !== pull.head) {
        pull.head = tip;
        pull.updatedAt = this.now();
        this.#keepHead(pull);
      }
      const reached = this.git('merge-base', '--is-ancestor', pull.head, pull.base) !== undefined;
      if (reached && this.#options.noticesMerges) {
        this.markMerged(pull, this.tip(pull.base) ?? '', 'somebody');
      } else if (tip === undefined) this.close(pull);
    }
  }

  open(pull: Pick<StoredPull, 'author' | 'branch' | 'base' | 'title' | 'body'>): StoredPull {
    const time = this.now();
    const stored: StoredPull = {
      ...pull,
      number: this.pulls.length + 1,
      head: this.tip(pull.branch) ?? '',
      open: true,
      createdAt: time,
      updatedAt: time,
      reviews: [],
    };
    this.pulls.push(stored);
    this.#keepHead(stored);
    return stored;
  }

  /** A pull request of a stranger, from a repository of theirs. */
  openFromFork(fork: string, pull: Parameters<PullStore['open']>[0]): StoredPull {
    const stored = this.open(pull);
    stored.fork = fork;
    stored.head ||= '0'.repeat(40);
    return stored;
  }

  /** Forges keep the head of a pull request, also when its branch is gone. */
  #keepHead({ number, head }: StoredPull): void {
    if (head !== '') this.git('update-ref', `refs/pull/${number}/head`, head);
  }

  /** What the button makes: another commit on the base, with the message and files that it has by then. */
  squash(pull: StoredPull, by: string, tree = this.merges(pull) ?? ''): string {
    const base = this.tip(pull.base) ?? '';
    const commit = this.git('commit-tree', '-p', base, '-m', pull.title, tree) ?? '';
    this.git('update-ref', `refs/heads/${pull.base}`, commit, base);
    this.markMerged(pull, commit, by);
    return commit;
  }

  close(pull: StoredPull): void {
    pull.open = false;
    pull.closedAt = this.now();
    pull.updatedAt = this.now();
  }

  markMerged(pull: StoredPull, commit: string, by: string): void {
    this.close(pull);
    pull.mergeCommit = commit;
    pull.mergedBy = by;
  }

  review(
    pull: StoredPull,
    { by, state, commit }: Pick<StoredReview, 'by' | 'state'> & { readonly commit?: string },
  ): StoredReview {
    const review: StoredReview = {
      ...{ id: ++this.#reviews, by, state, dismissed: false, at: this.now() },
      commit: commit ?? pull.head,
    };
    pull.reviews.push(review);
    pull.updatedAt = this.now();
    return review;
  }

  comment(number: number, by: string, body: string): StoredComment {
    const at = this.now();
    const comment = { id: 5000 + this.comments.length, number, by, body, at, updatedAt: at };
    this.comments.push(comment);
    return comment;
  }

  /** Also the owner of a repository can change what somebody else wrote. */
  editComment(comment: StoredComment, body: string): void {
    comment.body = body;
    comment.updatedAt = this.now();
  }

  say(
    sha: string,
    status: Pick<StoredStatus, 'context' | 'state' | 'description' | 'by'>,
  ): StoredStatus {
    const before = this.statuses.get(sha) ?? [];
    const said = { ...status, id: 9000 + before.length, at: this.now() };
    this.statuses.set(sha, [...before, said]);
    return said;
  }

  /** The last word under each name. */
  statusesOf(sha: string): readonly StoredStatus[] {
    return [...new Map((this.statuses.get(sha) ?? []).map((s) => [s.context, s])).values()];
  }

  /** Merged as this commit, or having it among its own. */
  withCommit(commit: string): readonly StoredPull[] {
    return this.pulls.filter((p) => p.mergeCommit === commit || p.head === commit);
  }

  merges(pull: StoredPull): string | undefined {
    return this.git('merge-tree', '--write-tree', '--no-messages', pull.base, pull.head);
  }

  /** `git merge --no-ff` on the server; undefined when it conflicts. */
  merge(pull: StoredPull, by: string, message: string): string | undefined {
    const tree = this.merges(pull);
    const base = this.tip(pull.base);
    if (tree === undefined || base === undefined) return undefined;
    const parents = ['-p', base, '-p', pull.head];
    const commit = this.git('commit-tree', ...parents, '-m', message, tree);
    if (commit === undefined) return undefined;
    this.git('update-ref', `refs/heads/${pull.base}`, commit, base);
    this.markMerged(pull, commit, by);
    return commit;
  }
}
