import type { Asked, Dialect, Said } from './dialect.ts';
import { account, giteaTalk, time } from './gitea-talk.ts';
import type { StoredPull, StoredReview } from './pull-store.ts';

/** As Gitea's documentation says that it answers. */
export const gitea: Dialect = {
  name: 'gitea',
  root: '/api/v1',
  noticesMerges: false,
  etags: false,
  pageSize: (query) => Math.min(Number(query.limit ?? 30), 50),
  operations: {
    ...giteaTalk,
    'pulls/list': list,
    'pulls/create': create,
    'pulls/get': (asked) => withPull(asked, (pull) => ({ status: 200, body: shown(asked, pull) })),
    'pulls/update': (asked) => withPull(asked, (pull) => update(asked, pull)),
    'pulls/merge': (asked) => withPull(asked, (pull) => merge(asked, pull)),
    'pulls/list-reviews': (asked) =>
      withPull(asked, (pull) => ({
        status: 200,
        list: pull.reviews.map((r) => review(asked, pull, r)),
      })),
    'pulls/create-review': (asked) => withPull(asked, (pull) => createReview(asked, pull)),
    'repos/get-commit-pull-request': (asked) => {
      const [pull] = asked.store.withCommit(asked.segment ?? '');
      if (pull === undefined) return { status: 404, body: { message: 'Not Found' } };
      return { status: 200, body: shown(asked, pull) };
    },
    'users/get-authenticated': ({ user }) => ({ status: 200, body: account(user) }),
  },
};

function list(asked: Asked): Said {
  const { state = 'open', sort } = asked.query;
  const chosen = asked.store.pulls.filter((p) => state === 'all' || p.open === (state === 'open'));
  const sorted =
    sort === 'recentupdate'
      ? chosen.toSorted((a, b) => b.updatedAt - a.updatedAt || b.number - a.number)
      : chosen.toSorted((a, b) => (sort === 'oldest' ? 1 : -1) * (a.number - b.number));
  return { status: 200, list: sorted.map((p) => shown(asked, p)) };
}

function create(asked: Asked): Said {
  const { store, body, user } = asked;
  const branch = String(body.head);
  const base = String(body.base);
  if (store.tip(branch) === undefined) return refused(404, "The target couldn't be found.");
  if (store.pulls.some((p) => p.open && p.branch === branch && p.base === base)) {
    return refused(409, 'pull request already exists for these targets');
  }
  const title = String(body.title);
  const pull = store.open({ author: user, branch, base, title, body: String(body.body ?? '') });
  return { status: 201, body: shown(asked, pull) };
}

function update(asked: Asked, pull: StoredPull): Said {
  const { store, body } = asked;
  if (pull.mergeCommit !== undefined && body.state !== undefined) {
    return refused(412, 'cannot change state of this pull request, it was already merged');
  }
  if (body.title !== undefined) pull.title = String(body.title);
  if (body.body !== undefined) pull.body = String(body.body);
  pull.updatedAt = store.now();
  if (body.state === 'closed' && pull.open) store.close(pull);
  return { status: 201, body: shown(asked, pull) };
}

function merge({ store, body, user }: Asked, pull: StoredPull): Said {
  if (!pull.open) return refused(405, 'The pull request is closed');
  const wanted = body.head_commit_id;
  if (wanted !== undefined && wanted !== pull.head) return refused(409, 'head out of date');
  const text = [String(body.MergeTitleField), String(body.MergeMessageField ?? '')].join('\n\n');
  return store.merge(pull, user, text) === undefined
    ? refused(409, 'merge conflict')
    : { status: 200, body: null };
}

function createReview(asked: Asked, pull: StoredPull): Said {
  const { store, body, user } = asked;
  if (user === pull.author && body.event !== 'COMMENT') {
    return refused(422, 'approve your own pull is not allowed');
  }
  const state = body.event === 'APPROVED' ? 'approve' : 'comment';
  const made = store.review(pull, { by: user, state, commit: String(body.commit_id) });
  return { status: 200, body: review(asked, pull, made) };
}

function withPull({ store, number }: Asked, answer: (pull: StoredPull) => Said): Said {
  const pull = store.pulls.find((p) => p.number === number);
  return pull ? answer(pull) : refused(404, "The target couldn't be found.");
}

const refused = (status: number, message: string): Said => ({ status, body: { message } });

function shown({ repository, origin, store }: Asked, pull: StoredPull) {
  const [, name = ''] = repository.split('/');
  const repo = { id: 1, name, full_name: repository, private: true };
  const forked = pull.fork === undefined ? repo : { ...repo, id: 2, full_name: pull.fork };
  const there = pull.fork !== undefined || store.tip(pull.branch) !== undefined;
  const base = store.tip(pull.base) ?? '';
  return {
    id: 1000 + pull.number,
    url: `${origin}/${repository}/pulls/${pull.number}`,
    number: pull.number,
    user: account(pull.author),
    title: pull.title,
    body: pull.body,
    state: pull.open ? 'open' : 'closed',
    is_locked: false,
    comments: 0,
    html_url: `${origin}/${repository}/pulls/${pull.number}`,
    mergeable: pull.open && store.merges(pull) !== undefined,
    merged: pull.mergeCommit !== undefined,
    merged_at: pull.mergeCommit === undefined ? null : time(pull.closedAt ?? 0),
    merge_commit_sha: pull.mergeCommit ?? null,
    merged_by: pull.mergedBy === undefined ? null : account(pull.mergedBy),
    base: { label: pull.base, ref: pull.base, sha: base, repo_id: 1, repo },
    head: {
      label: pull.branch,
      ref: there ? pull.branch : `refs/pull/${pull.number}/head`,
      sha: pull.head,
      repo_id: forked.id,
      repo: forked,
    },
    merge_base: store.git('merge-base', pull.base, pull.head) ?? '',
    due_date: null,
    created_at: time(pull.createdAt),
    updated_at: time(pull.updatedAt),
    closed_at: pull.closedAt === undefined ? null : time(pull.closedAt),
  };
}

function review({ repository, origin }: Asked, pull: StoredPull, r: StoredReview) {
  const states = { approve: 'APPROVED', reject: 'REQUEST_CHANGES', comment: 'COMMENT' };
  const page = `${origin}/${repository}/pulls/${pull.number}`;
  return {
    id: r.id,
    user: account(r.by),
    team: null,
    state: states[r.state],
    body: '',
    commit_id: r.commit,
    stale: r.commit !== pull.head,
    official: true,
    dismissed: r.dismissed,
    comments_count: 0,
    submitted_at: time(r.at),
    updated_at: time(r.at),
    html_url: `${page}#issuecomment-${r.id}`,
    pull_request_url: page,
  };
}
