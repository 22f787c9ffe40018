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
  MergeResult,
  PullRequestAnswer,
  PullRequestList,
  RepositoryAnswer,
  type ReviewAnswer,
  ReviewList,
} from './schema.ts';
import { githubTalk } from './talk.ts';

const pullsRoute = '/repos/{owner}/{repo}/pulls';
const oneRoute = `${pullsRoute}/{pull_number}`;

/** Pull requests in GitHub's routes and words. */
export function githubPullRequests(api: Api): PullRequests {
  return {
    ...githubTalk(api),
    forge: 'github',
    page: (asked) => page(api, asked),
    find: (branch, base) => find(api, branch, base),
    one: async (number) => {
      const call = { route: `GET ${oneRoute}`, parameters: { pull_number: number } };
      return pullOf(await api.get({ ...call, answer: PullRequestAnswer }));
    },
    create: (draft) => create(api, draft),
    update: async (number, change) => {
      const parameters = { pull_number: number, ...change };
      const route = `PATCH ${oneRoute}`;
      return pullOf(await api.get({ route, parameters, answer: PullRequestAnswer }));
    },
    merge: (order) => merge(api, order),
    reviews: async (number) => {
      const call = { route: `GET ${oneRoute}/reviews`, parameters: { pull_number: number } };
      const sized = { ...call.parameters, per_page: 100 };
      return (await allPages(api, { ...call, parameters: sized, answer: ReviewList })).map(
        reviewOf,
      );
    },
    withCommit: async (commit) => {
      const route = 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls';
      const parameters = { commit_sha: commit, per_page: 100 };
      return (await allPages(api, { route, parameters, answer: PullRequestList })).map(pullOf);
    },
    approve: async (number, head) => {
      const parameters = { pull_number: number, commit_id: head, event: 'APPROVE' };
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
  const order =
    asked.order === 'oldest'
      ? { sort: 'created', direction: 'asc' }
      : { sort: 'updated', direction: 'desc' };
  const parameters = { state: 'all', ...order, per_page: 100, page: asked.page };
  const headers = asked.etag === undefined ? {} : { headers: { 'if-none-match': asked.etag } };
  const { status, data, more, etag } = await api.call({
    route: `GET ${pullsRoute}`,
    parameters: { ...parameters, ...headers },
    answer: PullRequestList,
    also: asked.etag === undefined ? [] : [304],
  });
  if (status === 304) return 'same';
  return { items: (data ?? []).map(pullOf), more, etag };
}

/** Without its owner the `head` filter is ignored, so what comes back is looked at again. */
async function find(api: Api, branch: string, base: string): Promise<PullRequest | undefined> {
  const owner = api.options.repository.split('/')[0];
  const parameters = { state: 'open', head: `${owner}:${branch}`, base, per_page: 100 };
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
    also: [422],
  });
  // 422 is said of other things too; then there is none to be found, and that is told.
  return answer.data === undefined ? 'exists' : pullOf(answer.data);
}

async function merge(api: Api, order: MergeOrder): Promise<MergeAnswer> {
  const { number, head, title, message } = order;
  const answer = await api.call({
    route: `PUT ${oneRoute}/merge`,
    parameters: {
      ...{ pull_number: number, sha: head, merge_method: 'merge' },
      ...{ commit_title: title, commit_message: message },
    },
    answer: MergeResult,
    also: [405, 409],
  });
  if (answer.status === 409) return { kind: 'moved', said: answer.message };
  if (answer.data?.merged === true) return { kind: 'merged' };
  return { kind: 'not-now', said: answer.message };
}

function pullOf(answer: PullRequestAnswer): PullRequest {
  const { head, base } = answer;
  return {
    number: answer.number,
    branch: head.ref,
    base: base.ref,
    own: head.repo !== null && head.repo.full_name === base.repo.full_name,
    head: head.sha,
    title: answer.title,
    body: answer.body ?? '',
    state: answer.state,
    merged: answer.merged_at !== null,
    mergeCommit: answer.merged_at === null ? undefined : (answer.merge_commit_sha ?? undefined),
    author: answer.user?.login ?? '',
    page: answer.html_url,
    openedAt: secondsOf(answer.created_at),
    updatedAt: secondsOf(answer.updated_at),
  };
}

const verdicts: Readonly<Record<string, Review['verdict']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'refused',
  DISMISSED: 'withdrawn',
};

function reviewOf({ user, state, commit_id, submitted_at }: ReviewAnswer): Review {
  return {
    person: user?.login ?? '',
    bot: user === null || (user.type ?? 'User') !== 'User',
    verdict: verdicts[state] ?? 'none',
    head: commit_id ?? undefined,
    at: secondsOf(submitted_at),
  };
}
