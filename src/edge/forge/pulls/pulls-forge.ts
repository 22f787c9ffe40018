import { Fault, type ProposalRecord } from '../../../model/index.ts';
import type { Forge } from '../../../ports.ts';
import { type PolicyGitOptions, type PolicyPlace, policyPlace } from '../../git/index.ts';
import { conflictCheck, upToDate } from '../branch.ts';
import { type ForgeRefs, syncForge } from '../forge-refs.ts';
import { mergeChanges } from '../merge-changes.ts';
import { approvalsReader } from './approvals.ts';
import { approvePull } from './approve-pull.ts';
import { closePull } from './close-pull.ts';
import { answerComment, commentAs, commentsBelow, commentsOn } from './conversation.ts';
import { type Listing, listing } from './listing.ts';
import { mergePull } from './merge-pull.ts';
import { mergedBy } from './merged-by.ts';
import { pinnedRepository } from './pinned-repository.ts';
import type { PullRequest, PullRequests } from './pull-request.ts';
import { putPull } from './put-pull.ts';
import { recordOf } from './record.ts';
import { sayStatuses } from './say-statuses.ts';

/** What a change of proposals starts from: branches as they are in git, pull requests as the forge tells them. */
export interface PullsState {
  readonly place: PolicyPlace;
  readonly refs: ForgeRefs;
  readonly main: string;
  readonly api: PullRequests;
  readonly pulls: readonly PullRequest[];
  readonly learn: Listing['learn'];
}

/**
 * Proposals as pull requests of a forge: content goes by git push, the interface carries the conversation. What git
 * says of a branch counts more than what the forge says of it.
 */
export function pullsForge(options: PolicyGitOptions, api: PullRequests): Forge {
  const place = policyPlace(options);
  const conflicts = conflictCheck(place);
  const list = listing(api);
  const approvals = approvalsReader(api);
  const checkPinned = pinnedRepository(options.state, api);
  const look = async (): Promise<PullsState> => {
    await checkPinned();
    const pulls = (await list.all()).filter((pull) => isProposal(pull, place));
    const refs = await syncForge(place);
    const main = refs.get(`refs/heads/${place.branch}`) ?? '';
    return { place, refs, main, api, pulls, learn: list.learn };
  };
  return {
    list: async () => {
      const state = await look();
      const current = state.main === '' ? new Set<string>() : await upToDate(place, state.main);
      const records: ProposalRecord[] = [];
      const comments = await commentsOn(state);
      for (const pull of state.pulls) {
        const given = await approvals(pull, comments);
        const record = { ...(await recordOf(state, pull)), approvals: given };
        const behind = record.state === 'open' && !current.has(record.branch);
        const stuck = behind && (await conflicts(state.main, record.head));
        records.push(stuck ? { ...record, conflicts: true } : record);
      }
      return records;
    },
    put: async (proposal) => putPull(await look(), proposal),
    close: async (number, by, as) => {
      const state = await look();
      await closePull(state, found(state, number), { by, as });
    },
    merge: async (number, by) => {
      const state = await look();
      return mergePull(state, found(state, number), by);
    },
    approve: async (number, person) => {
      const state = await look();
      await approvePull(state, found(state, number), person);
    },
    mergeChanges: (head, onto) => mergeChanges(place, head, onto),
    comments: async () => commentsBelow(await look()),
    comment: async (number, comment) => {
      const state = await look();
      await commentAs(state, found(state, number), comment);
    },
    answer: async (comment, text) => answerComment(await look(), comment, text),
    setStatuses: async (_, head, statuses) => sayStatuses(api, head, statuses),
    mergedBy: async (commit) => {
      await checkPinned();
      return mergedBy(place, api, commit);
    },
  };
}

/** A pull request from a fork, or into another branch, is none of ours, whatever its branch and text say. */
function isProposal(pull: PullRequest, place: PolicyPlace): boolean {
  return pull.own && pull.base === place.branch && pull.branch.startsWith('sluice/');
}

function found(state: PullsState, number: number): PullRequest {
  const pull = state.pulls.find((p) => p.number === number);
  if (pull !== undefined) return pull;
  throw new Fault('ProposalUnknown', {
    object: `proposal ${number}`,
    check: 'there is a proposal with this number',
    found: state.pulls.map((p) => `#${p.number}`).join(', ') || 'no proposals at all',
    fix: 'Run `sluice pr list --all`.',
  });
}
