import type { Asked, Dialect, Said } from './dialect.ts';
import type { StoredComment, StoredStatus } from './pull-store.ts';

/** Comments and statuses as GitHub's documentation says that it tells them. */
export const githubTalk: Dialect['operations'] = {
  'repos/get': ({ store, repository }) => {
    const [, name = ''] = repository.split('/');
    const body = { id: store.repositoryId, name, full_name: repository, private: true };
    return { status: 200, body };
  },
  'issues/list-comments-for-repo': (asked) => {
    const since = Date.parse(asked.query.since ?? '1970-01-01T00:00:00Z') / 1000;
    const found = asked.store.comments.filter((c) => c.updatedAt >= since);
    const sign = asked.query.direction === 'desc' ? -1 : 1;
    const sorted = found.toSorted((a, b) => sign * (a.at - b.at || a.id - b.id));
    return { status: 200, list: sorted.map((c) => comment(asked, c)) };
  },
  'issues/create-comment': (asked) => {
    const { store, number = 0, user, body } = asked;
    if (!store.pulls.some((p) => p.number === number)) return missing;
    return { status: 201, body: comment(asked, store.comment(number, user, String(body.body))) };
  },
  'repos/get-combined-status-for-ref': (asked) => {
    const sha = asked.segment ?? '';
    const statuses = asked.store.statusesOf(sha).map((s) => simpleStatus(asked, sha, s));
    const [, name = ''] = asked.repository.split('/');
    const repository = { id: 1, name, full_name: asked.repository, private: true };
    const url = `${asked.origin}/api/v3/repos/${asked.repository}/commits/${sha}`;
    const body = {
      ...{ state: 'pending', statuses, sha, total_count: statuses.length, repository },
      ...{ commit_url: url, url: `${url}/status` },
    };
    return { status: 200, body };
  },
  'repos/create-commit-status': (asked) => {
    const { store, segment: sha = '', user: by, body } = asked;
    if (store.git('cat-file', '-e', `${sha}^{commit}`) === undefined) {
      return { status: 422, body: { message: `No commit found for SHA: ${sha}` } };
    }
    const [context, state, description] = [body.context ?? 'default', body.state, body.description];
    const said = store.say(sha, {
      ...{ context: String(context), state: String(state), by },
      description: String(description ?? ''),
    });
    return { status: 201, body: { ...simpleStatus(asked, sha, said), creator: account(by) } };
  },
};

const missing: Said = { status: 404, body: { message: 'Not Found' } };

function comment({ repository, origin }: Asked, c: StoredComment) {
  const api = `${origin}/api/v3/repos/${repository}/issues`;
  return {
    ...{ id: c.id, node_id: `IC_${c.id}`, url: `${api}/comments/${c.id}` },
    html_url: `${origin}/${repository}/pull/${c.number}#issuecomment-${c.id}`,
    issue_url: `${api}/${c.number}`,
    ...{ body: c.body, user: account(c.by), author_association: 'MEMBER' },
    ...{ created_at: time(c.at), updated_at: time(c.updatedAt) },
  };
}

function simpleStatus({ repository, origin }: Asked, sha: string, s: StoredStatus) {
  return {
    url: `${origin}/api/v3/repos/${repository}/statuses/${sha}`,
    ...{ avatar_url: null, id: s.id, node_id: `SC_${s.id}`, state: s.state },
    ...{ description: s.description, target_url: null, context: s.context },
    ...{ created_at: time(s.at), updated_at: time(s.at) },
  };
}

export const account = (login: string) => ({
  ...{ login, id: 7, site_admin: false },
  type: login.endsWith('[bot]') ? 'Bot' : 'User',
});

export const time = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
