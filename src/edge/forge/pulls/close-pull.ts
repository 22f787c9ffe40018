import { Fault, type ProposalEnd } from '../../../model/index.ts';
import { pushRefs } from '../../git/index.ts';
import { editedByOthers } from '../branch.ts';
import { splitBody, withMarker } from './marker.ts';
import type { PullRequest } from './pull-request.ts';
import type { PullsState } from './pulls-forge.ts';

interface Closing {
  readonly by: 'person' | 'controller';
  readonly as: ProposalEnd;
}

/**
 * Closes and says in the same request who did it and why, so that no crash makes a controller's answer look like a
 * person's. Then the branch goes, unless it holds commits of a person that nobody merged.
 */
export async function closePull(
  state: PullsState,
  pull: PullRequest,
  closing: Closing,
): Promise<void> {
  if (pull.state === 'closed' && !pull.merged) return;
  const { body, marker } = splitBody(pull.body);
  if (marker?.closed === undefined || pull.state === 'open') {
    const text = marker && { body: withMarker(body, { ...marker, closed: closing }) };
    const end = pull.state === 'open' ? { state: 'closed' as const } : {};
    state.learn(await state.api.update(pull.number, { ...text, ...end }));
  }
  const head = state.refs.get(`refs/heads/${pull.branch}`);
  if (head === undefined) return;
  const unmerged = !pull.merged && closing.as !== 'merged' && head !== marker?.head;
  if (unmerged && (await editedByOthers(state.place, head, state.main))) return;
  await removeBranch(state, pull.branch, head);
}

/** The forge may have removed it by itself; one that moved since then stays. */
export async function removeBranch(
  { place }: PullsState,
  branch: string,
  head: string,
): Promise<void> {
  const change = { ref: `refs/heads/${branch}`, from: head, to: undefined };
  try {
    await pushRefs(place, place.clone, [change]);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'PushRejected') throw error;
  }
}
