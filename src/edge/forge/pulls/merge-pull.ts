import { setTimeout as wait } from 'node:timers/promises';
import { type CommitId, Fault } from '../../../model/index.ts';
import { cloneGit } from '../../git/index.ts';
import { isMerged, mergedBy, mergedTree } from '../branch.ts';
import { syncForge } from '../forge-refs.ts';
import { closePull, removeBranch } from './close-pull.ts';
import { splitBody } from './marker.ts';
import type { MergeOrder, PullRequest } from './pull-request.ts';
import type { PullsState } from './pulls-forge.ts';

const tries = 4;
const firstWaitMilliseconds = 200;

/** Has the forge merge exactly the head that is known here, as its merge button would. */
export async function mergePull(
  state: PullsState,
  pull: PullRequest,
  by?: string,
): Promise<CommitId> {
  const { place, refs, main } = state;
  const head = refs.get(`refs/heads/${pull.branch}`);
  if (pull.state !== 'open' || head === undefined) throw notOpen(pull);
  if (await isMerged(place, head, main)) {
    await closePull(state, pull, { by: 'person', as: 'merged' });
    return main as CommitId;
  }
  if ((await mergedTree(await cloneGit(place), main, head)) === undefined) throw conflict(pull);
  await mergedByForge(state, { number: pull.number, head, ...mergeText(pull, by) });
  state.learn(await state.api.one(pull.number));
  const after = (await syncForge(place)).get(`refs/heads/${place.branch}`);
  if (after === undefined || !(await isMerged(place, head, after))) throw unseen(pull);
  await removeBranch(state, pull.branch, head);
  return mergeCommitOf(state, { head, from: main, to: after });
}

/** "Not now" is said while a forge works out whether it can merge, or when its base has just moved. */
async function mergedByForge({ api }: PullsState, order: MergeOrder): Promise<void> {
  for (let left = tries - 1; ; left--) {
    const answer = await ordered(api, order);
    if (answer.kind === 'merged') return;
    if (answer.kind === 'moved') throw moved(order, answer.said);
    if (left === 0) throw refused(order, answer.said);
    await wait(firstWaitMilliseconds * 2 ** (tries - 1 - left));
  }
}

async function ordered(api: PullsState['api'], order: MergeOrder) {
  try {
    return await api.merge(order);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'ForgeUnavailable') throw error;
    // It may have merged before it failed to say so.
    const now = await api.one(order.number).catch(() => undefined);
    if (now?.merged !== true) throw error;
    return { kind: 'merged' } as const;
  }
}

/** The first commit of the watched branch that has the head: others may have come after it. */
async function mergeCommitOf(
  { place }: PullsState,
  range: { readonly head: string; readonly from: string; readonly to: string },
): Promise<CommitId> {
  const { head, from, to } = range;
  const args = ['rev-list', '--first-parent', '--reverse', '--end-of-options', `${from}..${to}`];
  const answer = await place.git({ directory: place.clone, args });
  for (const commit of answer.stdout.toString('latin1').split('\n').filter(Boolean)) {
    if (await isMerged(place, head, commit)) return commit as CommitId;
  }
  return to as CommitId;
}

/** The title came from an upstream: one line of it, so that no text of it becomes a trailer. */
function mergeText({ number, title, body }: PullRequest, by?: string) {
  const { marker } = splitBody(body);
  const trailers =
    marker === undefined
      ? ''
      : `Sluice-Proposal: ${marker.identity.replace(/[\p{C}\p{Z}]+/gu, ' ')}\nSluice-Delta: ${marker.delta}\n`;
  const subject = title.replace(/[\p{C}\p{Z}]+/gu, ' ').slice(0, 100);
  return { title: `Merge #${number}: ${subject}`, message: `${trailers}${mergedBy(by)}` };
}

function notOpen(pull: PullRequest): Fault {
  return new Fault('ProposalUnknown', {
    object: `proposal ${pull.number}`,
    check: 'only an open proposal can be merged',
    found: pull.state === 'open' ? `its branch ${pull.branch} is gone` : pull.state,
    fix: 'Run `sluice pr list` for the open ones.',
  });
}

const conflict = (pull: PullRequest): Fault =>
  new Fault('MergeConflict', {
    object: `proposal ${pull.number}`,
    check: `${pull.branch} merges cleanly`,
    found: 'a conflict',
    fix: 'Run `sluice reconcile`: it rebuilds the branch; an edited branch is rebased by its author.',
  });

const moved = ({ number, head }: MergeOrder, said: string): Fault =>
  new Fault('PushRejected', {
    object: `proposal ${number}`,
    check: 'the head is the one that is merged',
    expected: head,
    found: said,
    fix: 'Look at what was added, then merge again.',
  });

const refused = ({ number }: MergeOrder, said: string): Fault =>
  new Fault('ForgeRefused', {
    object: `proposal ${number}`,
    check: 'the forge merges it',
    found: said,
    fix: "Look at the pull request's page: it names the checks and approvals that are missing.",
  });

const unseen = ({ number }: PullRequest): Fault =>
  new Fault('ForgeUnavailable', {
    object: `proposal ${number}`,
    check: 'what the forge calls merged is in the watched branch',
    found: 'the branch does not contain it',
    fix: 'Nothing to do: the next pass looks again.',
  });
