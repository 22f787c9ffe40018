import { readCommand } from '../../../policy/index.ts';
import { splitBody } from './marker.ts';
import type { PullComment, PullRequest, Review } from './pull-request.ts';

/**
 * Approvals that were given as `/sluice approve DELTA [HEAD]`. Without a head it is the one that the body showed then,
 * where that is the controller's own; a comment that was changed since counts for nothing.
 */
export function approvingComments(
  pull: PullRequest,
  comments: readonly PullComment[],
): readonly Review[] {
  const { marker } = splitBody(pull.body);
  if (marker === undefined) return [];
  return comments.flatMap(({ number, text, at, edited, person, bot }): Review[] => {
    const asked = number === pull.number && !edited ? readCommand(text) : undefined;
    if (asked === undefined || 'problem' in asked || asked.verb !== 'approve') return [];
    const shown = marker.head === pull.head && at >= marker.since;
    const head = asked.head ?? (shown ? pull.head : undefined);
    if (head !== pull.head || asked.delta !== marker.delta) return [];
    return [{ person, bot, verdict: 'approved', head, delta: asked.delta, at }];
  });
}
