import type { Api } from '../api/client.ts';
import { allPages } from '../api/pages.ts';
import { type PullComment, type PullRequests, secondsOf } from '../pulls/pull-request.ts';
import { Anything, CombinedStatus, type CommentAnswer, CommentList } from './schema.ts';

const repo = '/repos/{owner}/{repo}';

/** Comments and statuses in GitHub's routes and words. */
export function githubTalk(
  api: Api,
): Pick<PullRequests, 'comments' | 'comment' | 'statuses' | 'say'> {
  return {
    comments: async (since) => {
      const parameters = { since: isoTime(since), sort: 'created', direction: 'asc' };
      const call = { route: `GET ${repo}/issues/comments`, answer: CommentList };
      const sized = { ...parameters, per_page: 100 };
      return (await allPages(api, { ...call, parameters: sized })).flatMap(commentOf);
    },
    comment: async (number, text) => {
      const parameters = { issue_number: number, body: text };
      const route = `POST ${repo}/issues/{issue_number}/comments`;
      await api.call({ route, parameters, answer: Anything });
    },
    statuses: async (head) => {
      const parameters = { ref: head, per_page: 100 };
      const route = `GET ${repo}/commits/{ref}/status`;
      const { statuses } = await api.get({ route, parameters, answer: CombinedStatus });
      return statuses.map(({ context, state, description }) => ({
        ...{ context, state },
        text: description ?? '',
      }));
    },
    say: async (head, { context, state, text }) => {
      const parameters = { sha: head, context, state, description: text };
      await api.call({ route: `POST ${repo}/statuses/{sha}`, parameters, answer: Anything });
    },
  };
}

const isoTime = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

function commentOf(answer: CommentAnswer): readonly PullComment[] {
  const number = /\/issues\/(\d+)$/.exec(answer.issue_url)?.[1];
  if (number === undefined) return [];
  const { user } = answer;
  return [
    {
      ...{ id: String(answer.id), number: Number(number), person: user?.login ?? '' },
      bot: user === null || (user.type ?? 'User') !== 'User',
      text: answer.body ?? '',
      edited: answer.updated_at !== answer.created_at,
      page: answer.html_url,
      at: secondsOf(answer.created_at),
    },
  ];
}
