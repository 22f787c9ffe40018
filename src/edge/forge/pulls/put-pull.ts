import { type CommitId, Fault } from '../../../model/index.ts';
import type { Forge } from '../../../ports.ts';
import { pushRefs, writeCommit } from '../../git/index.ts';
import { branchOf, contentDigest, editedByOthers } from '../branch.ts';
import { type Marker, packed, splitBody, withMarker } from './marker.ts';
import type { Draft, PullRequest } from './pull-request.ts';
import type { PullsState } from './pulls-forge.ts';

type Proposal = Parameters<Forge['put']>[0];
type Put = Awaited<ReturnType<Forge['put']>>;

/** Forges take 255 characters. */
const longestTitle = 250;

/**
 * One identity, one open pull request, one branch. The branch is pushed first; a crash before the pull request is
 * written leaves a branch of the controller's own, which the next call takes over.
 */
export async function putPull(state: PullsState, proposal: Proposal): Promise<Put> {
  const { place, refs, main } = state;
  const { identity, deltaDigest, title } = proposal.request;
  const brings = packed(proposal.request.brings);
  const branch = branchOf(identity);
  const present = refs.get(`refs/heads/${branch}`);
  const open =
    present === undefined
      ? undefined
      : state.pulls.findLast((p) => p.branch === branch && p.state === 'open');
  const marker = open === undefined ? undefined : splitBody(open.body).marker;
  const content = contentDigest(proposal);
  const ours = present === undefined || present === marker?.head;
  const leftAlone = !ours && (await editedByOthers(place, present, main));
  const keeps = leftAlone || (present === marker?.head && marker?.content === content);
  const head = keeps && present !== undefined ? present : await branchCommit(state, proposal);
  if (head !== present) {
    const change = { ref: `refs/heads/${branch}`, from: present, to: head };
    await pushRefs(place, place.clone, [change]);
  }
  const left = leftAlone ? (marker?.head ?? head) : head;
  const same = marker?.delta === deltaDigest && marker.head === left;
  const since = same ? marker.since : Math.floor(place.clock.now());
  const mark: Marker = {
    ...{ v: 1, identity, delta: deltaDigest, content, head: left, since },
    ...(brings === undefined ? {} : { brings }),
  };
  const body = withMarker(proposal.body, mark);
  const draft = { branch, base: place.branch, title: oneLine(title), body };
  if (open === undefined) return opened(state, draft);
  if (open.title === draft.title && open.body.replaceAll('\r\n', '\n') === body) {
    return { number: open.number, outcome: head === present ? 'unchanged' : 'updated' };
  }
  const updated = await state.api.update(open.number, { title: draft.title, body });
  state.learn(updated);
  // The list was old: it is closed by now, so the question is a new one.
  return updated.state === 'open'
    ? { number: updated.number, outcome: 'updated' }
    : opened(state, draft);
}

function branchCommit(state: PullsState, { base, changes, message }: Proposal): Promise<CommitId> {
  return writeCommit(state.place, { directory: state.place.clone, parent: base, message, changes });
}

const oneLine = (title: string): string =>
  title
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, longestTitle);

/** Opens it, or finds the one that is there: by another process, or by a request whose answer was lost. */
async function opened(state: PullsState, draft: Draft): Promise<Put> {
  const made = await created(state, draft);
  if (made !== undefined) {
    state.learn(made);
    return { number: made.number, outcome: 'opened' };
  }
  const there = await state.api.find(draft.branch, draft.base);
  if (there === undefined) throw unseen(draft);
  const same = there.title === draft.title && there.body.replaceAll('\r\n', '\n') === draft.body;
  const { title, body } = draft;
  const pull = same ? there : await state.api.update(there.number, { title, body });
  state.learn(pull);
  return { number: pull.number, outcome: same ? 'unchanged' : 'updated' };
}

async function created({ api }: PullsState, draft: Draft): Promise<PullRequest | undefined> {
  try {
    const made = await api.create(draft);
    return made === 'exists' ? undefined : made;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'ForgeUnavailable') throw error;
    // It may have been opened all the same; asking again blindly could open a second one.
    const there = await api.find(draft.branch, draft.base).catch(() => undefined);
    if (there === undefined) throw error;
    return there;
  }
}

const unseen = ({ branch }: Draft): Fault =>
  new Fault('ForgeUnavailable', {
    object: `pull request of ${branch}`,
    check: 'the forge shows the pull request that it says is open',
    found: 'none in its list yet',
    fix: 'Nothing to do: the next pass looks again.',
  });
