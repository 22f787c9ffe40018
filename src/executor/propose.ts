import type { BuildRequest, CommitId, Outcome, ProposalRequest } from '../model/index.ts';
import type { Ports } from '../ports.ts';
import { buildBody, proposalBody, proposalMessage } from '../proposer/index.ts';
import { editTexts } from './edit-texts.ts';
import { waitsForGit } from './waits-for-git.ts';

export interface Propose {
  readonly request: ProposalRequest | BuildRequest;
  /** The accepted head: what the branch is based on. */
  readonly head: CommitId;
  /** Where the resulting channels of open proposals are served, without a trailing slash. */
  readonly proposalsUrl?: string;
  /** Where the controller serves its pages, without a trailing slash. */
  readonly siteUrl?: string;
}

/** Opens the pull request of a question, or brings it up to date. */
export async function propose(
  ports: Pick<Ports, 'policyGit' | 'forge'>,
  { request, head, proposalsUrl, siteUrl }: Propose,
): Promise<Outcome> {
  const changes = await editTexts(ports.policyGit, head, request.edits);
  const options = proposalsUrl === undefined ? {} : { proposalsUrl };
  const pages = siteUrl === undefined ? {} : { siteUrl };
  const body = 'build' in request ? buildBody(request, pages) : proposalBody(request, options);
  const channel = 'build' in request ? undefined : request.channel;
  try {
    const message = proposalMessage(request);
    const question = { request, body, message, base: head, changes };
    const { number, outcome } = await ports.forge.put(question);
    if (outcome === 'unchanged') return { kind: 'already' };
    return { kind: 'done', text: `${outcome} #${number}: ${request.title}` };
  } catch (error) {
    return waitsForGit(error, `proposal:${request.identity}`, channel);
  }
}
