import type { Approval, CommitId, Sha256 } from '../../../model/index.ts';
import { approvingComments } from './approving-comments.ts';
import { splitBody } from './marker.ts';
import type { PullComment, PullRequest, PullRequests, Review } from './pull-request.ts';

/** No delta has this digest: such an approval is shown and never counts. */
const otherDelta = '0'.repeat(64) as Sha256;
const remembered = 500;

/** Approvals of a pull request; read again when the forge says that it was touched. */
export function approvalsReader(
  api: Pick<PullRequests, 'forge' | 'reviews'>,
): (pull: PullRequest, comments: readonly PullComment[]) => Promise<readonly Approval[]> {
  const known = new Map<string, readonly Review[]>();
  return async (pull, comments) => {
    // Those that were closed without a merge are judged by nobody.
    if (pull.state === 'closed' && !pull.merged) return [];
    const key = `${pull.number} ${pull.updatedAt}`;
    const reviews = known.get(key) ?? (await api.reviews(pull.number));
    if (known.size > remembered) known.clear();
    // While it is open a review within the same second would go unseen.
    if (pull.state === 'closed') known.set(key, reviews);
    const said = [...reviews, ...approvingComments(pull, comments)];
    return approvalsOf(pull, said).map((a) => ({ ...a, forge: api.forge }));
  };
}

/**
 * The last word of each person that decides. An approval holds for the commit that was looked at, and for the delta
 * that the body showed at that moment: what is changed later was not approved.
 */
export function approvalsOf(pull: PullRequest, reviews: readonly Review[]): readonly Approval[] {
  const { marker } = splitBody(pull.body);
  const last = new Map<string, Review>();
  for (const review of reviews.toSorted((a, b) => a.at - b.at)) {
    if (review.verdict === 'none' || review.bot || review.person === pull.author) continue;
    last.set(review.person, review);
  }
  return [...last.values()].flatMap(({ person, verdict, head, at, ...said }) => {
    if (verdict !== 'approved' || head === undefined) return [];
    const shown = marker !== undefined && at >= marker.since;
    const delta = (said.delta ?? (shown ? marker.delta : otherDelta)) as Sha256;
    return [{ person, head: head as CommitId, delta, at }];
  });
}
