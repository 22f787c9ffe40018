import type { Api } from '../api/client.ts';
import { allPages } from '../api/pages.ts';
import { type PullComment, type PullRequests, secondsOf } from '../pulls/pull-request.ts';
import { Anything, CombinedStatus, type CommentAnswer, CommentList } from './schema.ts';

const repo = '/repos/{owner}/{repo}';
const pageSize = 50;

/** Comments and statuses in Gitea's and Forgejo's routes and words. */
export function giteaTalk(
  api: Api,
): Pick<PullRequests, 'comments' | 'comment' | 'statuses' | 'say'> {
  return {
    comments: async (since) => {
      const iso = new Date(since * 1000).toISOString().replace('.000Z', 'Z');
      const parameters = { since: iso, limit: pageSize };
      const call = { route: `GET ${repo}/issues/comments`, answer: CommentList, parameters };
      return (await allPages(api, call)).flatMap(commentOf);
    },
    comment: async (number, text) => {
      const parameters = { index: number, body: text };
      const route = `POST ${repo}/issues/{index}/comments`;
      await api.call({ route, parameters, answer: Anything });
    },
    statuses: async (head) => {
      const parameters = { ref: head, limit: pageSize };
      const route = `GET ${repo}/commits/{ref}/status`;
      const { statuses } = await api.get({ route, parameters, answer: CombinedStatus });
      return (statuses ?? []).map(({ context, status, description }) => ({
        ...{ context, state: status },
        text: description,
      }));
    },
    say: async (head, { context, state, text }) => {
      const parameters = { sha: head, context, state, description: text };
      await api.call({ route: `POST ${repo}/statuses/{sha}`, parameters, answer: Anything });
    },
  };
}

function commentOf(answer: CommentAnswer): readonly PullComment[] {
  const number = /\/pulls\/(\d+)$/.exec(answer.pull_request_url)?.[1];
  if (number === undefined) return [];
  const { user } = answer;
  return [
    {
      ...{ id: String(answer.id), number: Number(number), person: user?.login ?? '' },
      // The server's own users (Ghost, Actions) have numbers below 1.
      bot: user === null || user.id < 1,
      text: answer.body,
      edited: answer.updated_at !== answer.created_at,
      page: answer.html_url,
      at: secondsOf(answer.created_at),
    },
  ];
}
