import { type CommitId, Fault, type Hold } from '../model/index.ts';
import type { CommitInfo, Ports } from '../ports.ts';

export interface Accepted {
  /** The newest commit that was accepted before; undefined at first contact. */
  readonly head: CommitId | undefined;
  /** A head that an operator acknowledged although it does not descend from the accepted one. */
  readonly acknowledged?: CommitId | undefined;
}

export interface Watched {
  readonly head: CommitId;
  /** First-parent commits that are accepted now, oldest first. */
  readonly newCommits: readonly CommitInfo[];
  /** Why the head stays although the policy repository may have moved. */
  readonly hold?: Hold;
}

type WatchPorts = Pick<Ports, 'policyGit' | 'log'>;

/**
 * Moves the accepted head as far as it may go (trust `open`: to the newest commit that descends from it). What cannot
 * be fetched or does not descend leaves it where it is, with a hold; at first contact the fault is thrown.
 */
export async function watch(ports: WatchPorts, accepted: Accepted): Promise<Watched> {
  try {
    return await follow(ports, accepted, await fetched(ports, accepted));
  } catch (error) {
    if (!(error instanceof Fault) || accepted.head === undefined) throw error;
    ports.log.emit({ kind: 'warning', text: error.message, fault: error.toJSON() });
    const hold: Hold = {
      code: error.code,
      subject: 'policy',
      text: `${error.message}. The accepted commit ${accepted.head} stays in force.`,
      awaits: error.fix,
    };
    return { head: accepted.head, newCommits: [], hold };
  }
}

/** An acknowledged head takes the accepted one's place also where the accepted commit exists nowhere any more. */
async function fetched({ policyGit }: WatchPorts, accepted: Accepted): Promise<CommitId> {
  try {
    return await policyGit.fetch(accepted.head);
  } catch (error) {
    const lost = error instanceof Fault && error.code === 'HistoryRewritten';
    if (!lost || accepted.acknowledged === undefined) throw error;
    return await policyGit.fetch(accepted.acknowledged);
  }
}

async function follow(ports: WatchPorts, accepted: Accepted, head: CommitId): Promise<Watched> {
  const { policyGit } = ports;
  const from = accepted.head;
  if (head === from) return { head, newCommits: [] };
  if (from !== undefined && !(await mayFollow(policyGit, accepted, head))) {
    throw rewritten(from, head);
  }
  const known = from !== undefined && (await policyGit.resolve(from)) !== undefined;
  const newCommits = await policyGit.firstParents(known ? from : undefined, head);
  await policyGit.accept(head);
  return { head, newCommits };
}

async function mayFollow(
  policyGit: Ports['policyGit'],
  { head: from, acknowledged }: Accepted,
  head: CommitId,
): Promise<boolean> {
  if (acknowledged === head) return true;
  for (const ancestor of [from, acknowledged]) {
    // A commit that the mirror does not hold vouches for nothing.
    if (ancestor === undefined || (await policyGit.resolve(ancestor)) === undefined) continue;
    if (await policyGit.isAncestor(ancestor, head)) return true;
  }
  return false;
}

function rewritten(accepted: CommitId, found: CommitId): Fault {
  return new Fault('HistoryRewritten', {
    object: 'policy repository',
    check: 'the watched branch descends from the accepted head',
    expected: `a descendant of ${accepted}`,
    found,
    fix:
      `Push the branch back to ${accepted} or a descendant of it; if the new history is meant, run ` +
      `\`sluice acknowledge ${found}\`.`,
  });
}
