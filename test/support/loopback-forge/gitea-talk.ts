import type { Asked, Dialect, Said } from './dialect.ts';
import type { StoredComment, StoredStatus } from './pull-store.ts';

/** Comments and statuses as Gitea's documentation says that it tells them. */
export const giteaTalk: Dialect['operations'] = {
  'repos/get': ({ store, repository }) => {
    const [, name = ''] = repository.split('/');
    const body = { id: store.repositoryId, name, full_name: repository, private: true };
    return { status: 200, body };
  },
  'issues/list-comments-for-repo': (asked) => {
    const since = Date.parse(asked.query.since ?? '1970-01-01T00:00:00Z') / 1000;
    const found = asked.store.comments.filter((c) => c.updatedAt >= since);
    return { status: 200, list: found.map((c) => comment(asked, c)) };
  },
  'issues/create-comment': (asked) => {
    const { store, number = 0, user, body } = asked;
    if (!store.pulls.some((p) => p.number === number)) return missing;
    return { status: 201, body: comment(asked, store.comment(number, user, String(body.body))) };
  },
  'repos/get-combined-status-by-ref': (asked) => {
    const sha = asked.segment ?? '';
    const all = asked.store.statusesOf(sha).map((s) => status(asked, sha, s));
    const body = { state: 'pending', sha, total_count: all.length, statuses: all };
    // A commit of which nothing was ever said has no list at all.
    return { status: 200, body: { ...body, statuses: all.length === 0 ? null : all } };
  },
  'repos/create-status': (asked) => {
    const { store, segment: sha = '', user: by, body } = asked;
    if (store.git('cat-file', '-e', `${sha}^{commit}`) === undefined) return missing;
    const said = store.say(sha, {
      ...{ context: String(body.context), state: String(body.state), by },
      description: String(body.description ?? ''),
    });
    return { status: 201, body: status(asked, sha, said) };
  },
};

const missing: Said = { status: 404, body: { message: "The target couldn't be found." } };

function comment({ repository, origin }: Asked, c: StoredComment) {
  const page = `${origin}/${repository}/pulls/${c.number}`;
  return {
    ...{ id: c.id, html_url: `${page}#issuecomment-${c.id}`, pull_request_url: page },
    ...{ issue_url: '', user: account(c.by), original_author: '', original_author_id: 0 },
    ...{ body: c.body, assets: [], created_at: time(c.at), updated_at: time(c.updatedAt) },
  };
}

function status({ repository, origin }: Asked, sha: string, s: StoredStatus) {
  return {
    ...{ id: s.id, status: s.state, target_url: '', description: s.description },
    url: `${origin}/api/v1/repos/${repository}/statuses/${sha}`,
    ...{ context: s.context, creator: account(s.by) },
    ...{ created_at: time(s.at), updated_at: time(s.at) },
  };
}

export const account = (login: string) => ({
  ...{ id: login === 'Ghost' ? -1 : 7, login, full_name: '', email: `${login}@example.org` },
});

export const time = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
