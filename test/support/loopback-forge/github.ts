import type { Asked, Dialect, Said } from './dialect.ts';
import { account, githubTalk, time } from './github-talk.ts';
import type { StoredPull, StoredReview } from './pull-store.ts';

/** As GitHub's documentation says that it answers. */
export const github: Dialect = {
  name: 'github',
  root: '/api/v3',
  noticesMerges: true,
  etags: true,
  pageSize: (query) => Math.min(Number(query.per_page ?? 30), 100),
  operations: {
    ...githubTalk,
    'pulls/list': list,
    'pulls/create': create,
    'pulls/get': (asked) => withPull(asked, (pull) => ({ status: 200, body: full(asked, pull) })),
    'pulls/update': (asked) => withPull(asked, (pull) => update(asked, pull)),
    'pulls/merge': (asked) => withPull(asked, (pull) => merge(asked, pull)),
    'pulls/list-reviews': (asked) =>
      withPull(asked, (pull) => ({
        status: 200,
        list: pull.reviews.map((r) => review(asked, pull, r)),
      })),
    'pulls/create-review': (asked) => withPull(asked, (pull) => createReview(asked, pull)),
    'repos/list-pull-requests-associated-with-commit': (asked) => {
      const found = asked.store.withCommit(asked.segment ?? '');
      return { status: 200, list: found.map((pull) => simple(asked, pull)) };
    },
    'users/get-authenticated': ({ user }) =>
      user.endsWith('[bot]')
        ? { status: 403, body: { message: 'Resource not accessible by integration' } }
        : { status: 200, body: account(user) },
  },
};

function list({ store, query, repository, ...asked }: Asked): Said {
  const [owner] = repository.split('/');
  const state = query.state ?? 'open';
  // Without an owner the filter is ignored.
  const head = query.head?.includes(':') ? query.head : undefined;
  const chosen = store.pulls.filter(
    (p) =>
      (state === 'all' || p.open === (state === 'open')) &&
      (head === undefined || head === `${owner}:${p.branch}`) &&
      (query.base === undefined || query.base === p.base),
  );
  const by = query.sort === 'updated' ? 'updatedAt' : 'createdAt';
  const sign = (query.direction ?? 'desc') === 'asc' ? 1 : -1;
  const sorted = chosen.toSorted((a, b) => sign * (a[by] - b[by] || a.number - b.number));
  return {
    status: 200,
    list: sorted.map((p) => simple({ ...asked, store, query, repository }, p)),
  };
}

function create(asked: Asked): Said {
  const { store, body, user } = asked;
  const branch = String(body.head);
  const base = String(body.base);
  if (store.tip(branch) === undefined) return invalid('head', 'invalid');
  if (store.tip(branch) === store.tip(base))
    return invalid(undefined, 'custom', 'No commits between');
  if (store.pulls.some((p) => p.open && p.branch === branch && p.base === base)) {
    return invalid(undefined, 'custom', `A pull request already exists for ${branch}.`);
  }
  const title = String(body.title);
  const pull = store.open({ author: user, branch, base, title, body: String(body.body ?? '') });
  return { status: 201, body: full(asked, pull) };
}

function update(asked: Asked, pull: StoredPull): Said {
  const { store, body } = asked;
  if (body.title !== undefined) pull.title = String(body.title);
  if (body.body !== undefined) pull.body = String(body.body);
  pull.updatedAt = store.now();
  if (body.state === 'closed' && pull.open) store.close(pull);
  if (body.state === 'open' && !pull.open) return invalid('state', 'invalid');
  return { status: 200, body: full(asked, pull) };
}

function merge({ store, body, user }: Asked, pull: StoredPull): Said {
  if (!pull.open) return { status: 405, body: { message: 'Pull Request is not mergeable' } };
  if (body.sha !== undefined && body.sha !== pull.head) {
    const message = 'Head branch was modified. Review and try the merge again.';
    return { status: 409, body: { message } };
  }
  const message = `${String(body.commit_title)}\n\n${String(body.commit_message ?? '')}`;
  const sha = store.merge(pull, user, message);
  if (sha === undefined) return { status: 405, body: { message: 'Pull Request is not mergeable' } };
  return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
}

function createReview(asked: Asked, pull: StoredPull): Said {
  const { store, body, user } = asked;
  if (body.event === 'APPROVE' && user === pull.author) {
    return invalid(undefined, 'custom', 'Can not approve your own pull request');
  }
  const state = body.event === 'APPROVE' ? 'approve' : 'comment';
  const commit = String(body.commit_id ?? pull.head);
  const made = store.review(pull, { by: user, state, commit });
  return { status: 200, body: review(asked, pull, made) };
}

function withPull({ store, number }: Asked, answer: (pull: StoredPull) => Said): Said {
  const pull = store.pulls.find((p) => p.number === number);
  return pull ? answer(pull) : { status: 404, body: { message: 'Not Found' } };
}

function invalid(field: string | undefined, code: string, message?: string): Said {
  const error = {
    resource: 'PullRequest',
    code,
    ...(field === undefined ? {} : { field }),
    ...(message === undefined ? {} : { message }),
  };
  return { status: 422, body: { message: 'Validation Failed', errors: [error] } };
}

function simple({ repository, origin, store }: Asked, pull: StoredPull) {
  const [owner = '', name = ''] = repository.split('/');
  const repo = { id: 1, name, full_name: repository, private: true };
  const fork = pull.fork === undefined ? repo : { ...repo, id: 2, full_name: pull.fork };
  const end = (ref: string, sha: string) => ({
    ...{ label: `${owner}:${ref}`, ref, sha, user: account(owner) },
  });
  return {
    url: `${origin}/api/v3/repos/${repository}/pulls/${pull.number}`,
    id: 1000 + pull.number,
    html_url: `${origin}/${repository}/pull/${pull.number}`,
    number: pull.number,
    state: pull.open ? 'open' : 'closed',
    locked: false,
    title: pull.title,
    user: account(pull.author),
    body: pull.body === '' ? null : pull.body,
    created_at: time(pull.createdAt),
    updated_at: time(pull.updatedAt),
    closed_at: pull.closedAt === undefined ? null : time(pull.closedAt),
    merged_at: pull.mergeCommit === undefined ? null : time(pull.closedAt ?? 0),
    merge_commit_sha: pull.mergeCommit ?? null,
    head: { ...end(pull.branch, pull.head), repo: fork },
    base: { ...end(pull.base, store.tip(pull.base) ?? ''), repo },
    draft: false,
    author_association: 'MEMBER',
  };
}

function full(asked: Asked, pull: StoredPull) {
  const mergeable = pull.open ? asked.store.merges(pull) !== undefined : null;
  return {
    ...simple(asked, pull),
    merged: pull.mergeCommit !== undefined,
    mergeable,
    mergeable_state: mergeable === false ? 'dirty' : 'clean',
    merged_by: pull.mergedBy === undefined ? null : account(pull.mergedBy),
  };
}

function review({ repository, origin }: Asked, pull: StoredPull, r: StoredReview) {
  const states = { approve: 'APPROVED', reject: 'CHANGES_REQUESTED', comment: 'COMMENTED' };
  return {
    id: r.id,
    user: account(r.by),
    body: '',
    state: r.dismissed ? 'DISMISSED' : states[r.state],
    html_url: `${origin}/${repository}/pull/${pull.number}#pullrequestreview-${r.id}`,
    pull_request_url: `${origin}/api/v3/repos/${repository}/pulls/${pull.number}`,
    submitted_at: time(r.at),
    commit_id: r.commit,
    author_association: 'MEMBER',
  };
}
