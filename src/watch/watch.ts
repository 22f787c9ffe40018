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
    return await follow(ports, accepted, await ports.policyGit.fetch(accepted.head));
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

async function follow(ports: WatchPorts, accepted: Accepted, head: CommitId): Promise<Watched> {
  const { policyGit } = ports;
  if (head === accepted.head) return { head, newCommits: [] };
  if (accepted.head !== undefined && !(await descends(ports, accepted.head, accepted, head))) {
    throw rewritten(accepted.head, head);
  }
  const newCommits = await policyGit.firstParents(accepted.head, head);
  await policyGit.accept(head);
  return { head, newCommits };
}

async function descends(
  { policyGit }: WatchPorts,
  from: CommitId,
  { acknowledged }: Accepted,
  head: CommitId,
): Promise<boolean> {
  if (await policyGit.isAncestor(from, head)) return true;
  if (acknowledged === undefined) return false;
  return acknowledged === head || (await knows(policyGit, acknowledged, head));
}

/** An acknowledged commit that the mirror does not hold acknowledges nothing. */
async function knows(
  policyGit: Ports['policyGit'],
  acknowledged: CommitId,
  head: CommitId,
): Promise<boolean> {
  const held = (await policyGit.resolve(acknowledged)) !== undefined;
  return held && policyGit.isAncestor(acknowledged, head);
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
