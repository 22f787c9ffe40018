import type { CommitId, ProposalStatus } from '../../../model/index.ts';
import type { PullRequests } from './pull-request.ts';

/** Writes only what is not there already: forges keep every status for ever and take a thousand of one name. */
export async function sayStatuses(
  api: Pick<PullRequests, 'statuses' | 'say'>,
  head: CommitId,
  statuses: readonly ProposalStatus[],
): Promise<void> {
  const there = new Map((await api.statuses(head)).map((s) => [s.context, s]));
  for (const { name, state, text } of statuses) {
    const context = `sluice/${name}`;
    const now = there.get(context);
    if (now?.state === state && now.text === text) continue;
    await api.say(head, { context, state, text });
  }
}
