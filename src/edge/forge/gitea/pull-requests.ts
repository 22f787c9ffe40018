import type { Api } from '../api/client.ts';
import { allPages } from '../api/pages.ts';
import {
  type Draft,
  type MergeAnswer,
  type MergeOrder,
  type PullRequest,
  type PullRequests,
  type Review,
  secondsOf,
} from '../pulls/pull-request.ts';
import {
  Anything,
  LoginAnswer,
  PullRequestAnswer,
  PullRequestList,
  RepositoryAnswer,
  type ReviewAnswer,
  ReviewList,
} from './schema.ts';
import { giteaTalk } from './talk.ts';

const pullsRoute = '/repos/{owner}/{repo}/pulls';
const oneRoute = `${pullsRoute}/{index}`;
/** What a server gives at most, unless it was told otherwise. */
const pageSize = 50;

/** Pull requests in Gitea's and Forgejo's routes and words. */
export function giteaPullRequests(api: Api): PullRequests {
  return {
    ...giteaTalk(api),
    forge: 'gitea',
    page: (asked) => page(api, asked),
    find: (branch, base) => find(api, branch, base),
    one: async (number) => {
      const call = { route: `GET ${oneRoute}`, parameters: { index: number } };
      return pullOf(await api.get({ ...call, answer: PullRequestAnswer }));
    },
    create: (draft) => create(api, draft),
    update: async (number, change) => {
      const call = { route: `PATCH ${oneRoute}`, parameters: { index: number, ...change } };
      return pullOf(await api.get({ ...call, answer: PullRequestAnswer }));
    },
    merge: (order) => merge(api, order),
    reviews: async (number) => {
      const call = { route: `GET ${oneRoute}/reviews`, answer: ReviewList };
      const parameters = { index: number, limit: pageSize };
      return (await allPages(api, { ...call, parameters })).map(reviewOf);
    },
    withCommit: async (commit) => {
      const route = 'GET /repos/{owner}/{repo}/commits/{sha}/pull';
      const call = { route, parameters: { sha: commit }, answer: PullRequestAnswer, also: [404] };
      const { data } = await api.call(call);
      return data === undefined ? [] : [pullOf(data)];
    },
    approve: async (number, head) => {
      const parameters = { index: number, commit_id: head, event: 'APPROVED' };
      const route = `POST ${oneRoute}/reviews`;
      return (await api.call({ route, parameters, answer: Anything, also: [422] })).status < 300;
    },
    repository: async () => {
      const call = { route: 'GET /repos/{owner}/{repo}', answer: RepositoryAnswer };
      return (await api.get(call)).id;
    },
    login: async () => {
      const call = { route: 'GET /user', answer: LoginAnswer, also: [403, 404] };
      return (await api.call(call)).data?.login;
    },
  };
}

async function page(api: Api, asked: Parameters<PullRequests['page']>[0]) {
  const sort = asked.order === 'oldest' ? 'oldest' : 'recentupdate';
  const parameters = { state: 'all', sort, limit: pageSize, page: asked.page };
  const call = { route: `GET ${pullsRoute}`, parameters, answer: PullRequestList };
  const { data, more, etag } = await api.call(call);
  return { items: (data ?? []).map(pullOf), more, etag };
}

/** There is no filter for a head; the open ones are few. */
async function find(api: Api, branch: string, base: string): Promise<PullRequest | undefined> {
  const parameters = { state: 'open', sort: 'oldest', limit: pageSize };
  const call = { route: `GET ${pullsRoute}`, parameters, answer: PullRequestList };
  const found = (await allPages(api, call)).map(pullOf);
  return found.find((p) => p.own && p.branch === branch && p.base === base && p.state === 'open');
}

async function create(api: Api, draft: Draft): Promise<PullRequest | 'exists'> {
  const { branch, base, title, body } = draft;
  const answer = await api.call({
    route: `POST ${pullsRoute}`,
    parameters: { head: branch, base, title, body },
    answer: PullRequestAnswer,
    also: [409],
  });
  return answer.data === undefined ? 'exists' : pullOf(answer.data);
}

async function merge(api: Api, order: MergeOrder): Promise<MergeAnswer> {
  const { number, head, title, message } = order;
  const answer = await api.call({
    route: `POST ${oneRoute}/merge`,
    parameters: {
      ...{ index: number, Do: 'merge', head_commit_id: head },
      ...{ MergeTitleField: title, MergeMessageField: message },
    },
    answer: Anything,
    also: [405, 409],
  });
  if (answer.status === 409) return { kind: 'moved', said: answer.message };
  // 405 also means that it is still working out whether it can merge.
  return answer.status === 405 ? { kind: 'not-now', said: answer.message } : { kind: 'merged' };
}

function pullOf(answer: PullRequestAnswer): PullRequest {
  const { head, base } = answer;
  return {
    number: answer.number,
    branch: head.label,
    base: base.ref,
    own: head.repo !== null && head.repo.full_name === base.repo?.full_name,
    head: head.sha,
    title: answer.title,
    body: answer.body,
    state: answer.state,
    merged: answer.merged,
    mergeCommit: answer.merged ? (answer.merge_commit_sha ?? undefined) : undefined,
    author: answer.user?.login ?? '',
    page: answer.html_url,
    openedAt: secondsOf(answer.created_at),
    updatedAt: secondsOf(answer.updated_at),
  };
}

const verdicts: Readonly<Record<string, Review['verdict']>> = {
  APPROVED: 'approved',
  REQUEST_CHANGES: 'refused',
};

function reviewOf({ user, state, commit_id, dismissed, submitted_at }: ReviewAnswer): Review {
  const verdict = verdicts[state] ?? 'none';
  return {
    person: user?.login ?? '',
    // The server's own users (Ghost, Actions) have numbers below 1; it tells no other bots apart.
    bot: user === null || user.id < 1,
    verdict: verdict !== 'none' && dismissed ? 'withdrawn' : verdict,
    head: commit_id === '' ? undefined : commit_id,
    at: secondsOf(submitted_at),
  };
}
