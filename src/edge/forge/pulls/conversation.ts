import { Fault } from '../../../model/index.ts';
import type { ProposalComment } from '../../../ports.ts';
import type { PullComment, PullRequest, PullRequests } from './pull-request.ts';
import type { PullsState } from './pulls-forge.ts';

/** Approvals of what was merged longer ago than this are judged by nobody any more. */
const lookBackSeconds = 30 * 86_400;

/** Everything below the pull requests of which somebody may still want to know: one request for all of them. */
export async function commentsOn({
  api,
  pulls,
  place,
}: Pick<PullsState, 'api' | 'pulls' | 'place'>): Promise<readonly PullComment[]> {
  const recent = place.clock.now() - lookBackSeconds;
  const wanted = pulls.filter((p) => p.state === 'open' || (p.merged && p.updatedAt >= recent));
  if (wanted.length === 0) return [];
  return api.comments(Math.min(...wanted.map((p) => p.openedAt)));
}

/** Other people's comments below the open pull requests, each with our answer where there is one. */
export async function commentsBelow(state: PullsState): Promise<readonly ProposalComment[]> {
  const open = state.pulls.filter((p) => p.state === 'open');
  if (open.length === 0) return [];
  const all = await commentsOn({ ...state, pulls: open });
  if (all.length === 0) return [];
  const isOwn = await ownComments(state.api);
  const numbers = new Set(open.map((p) => p.number));
  const answers = new Map(
    all.filter(isOwn).flatMap((c) => {
      const about = answeredIn(c.text);
      return about === undefined ? [] : [[`${c.number} ${about}`, shown(c.text)] as const];
    }),
  );
  return all
    .filter((c) => numbers.has(c.number) && !c.bot && !isOwn(c))
    .toSorted((a, b) => a.at - b.at)
    .map(({ bot: _, ...comment }) => {
      const answer = answers.get(`${comment.number} ${comment.id}`);
      const told = { ...comment, forge: state.api.forge };
      return answer === undefined ? told : { ...told, answer };
    });
}

const marker = (id: string): string => `\n<!-- sluice-answer ${id} -->\n`;
const markerPattern = /\n<!-- sluice-answer (\w{1,80}) -->\s*$/;

const answeredIn = (text: string): string | undefined =>
  markerPattern.exec(text.replaceAll('\r\n', '\n'))?.[1];
const shown = (text: string): string => text.replaceAll('\r\n', '\n').replace(markerPattern, '');

/** An App has no login that it could ask for; only bots are taken for it then. */
async function ownComments(api: PullRequests): Promise<(comment: PullComment) => boolean> {
  const login = (await api.login())?.toLowerCase();
  return (c) => (login === undefined ? c.bot : c.person.toLowerCase() === login);
}

/** Looks first, and looks again where the forge failed after it may have written. */
export async function answerComment(
  state: PullsState,
  comment: Pick<ProposalComment, 'id' | 'number'>,
  text: string,
): Promise<void> {
  const pull = state.pulls.find((p) => p.number === comment.number);
  if (pull === undefined || (await isAnswered(state, pull, comment.id))) return;
  try {
    await state.api.comment(comment.number, `${text}${marker(comment.id)}`);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'ForgeUnavailable') throw error;
    if (!(await isAnswered(state, pull, comment.id).catch(() => false))) throw error;
  }
}

async function isAnswered({ api }: PullsState, pull: PullRequest, id: string): Promise<boolean> {
  const all = await api.comments(pull.openedAt);
  const isOwn = await ownComments(api);
  return all.some((c) => c.number === pull.number && isOwn(c) && answeredIn(c.text) === id);
}

/** Only in the name of the token's own user. */
export async function commentAs(
  { api }: PullsState,
  pull: PullRequest,
  { person, text }: { readonly person: string; readonly text: string },
): Promise<void> {
  const login = await api.login();
  if (login?.toLowerCase() === person.toLowerCase()) return api.comment(pull.number, text);
  throw new Fault('ForgeRefused', {
    object: `proposal ${pull.number}`,
    check: 'a person writes with their own login',
    found: `the token speaks for ${login ?? 'no user'}, not for ${person}`,
    fix: `Write it on the forge's page: ${pull.page}`,
  });
}
