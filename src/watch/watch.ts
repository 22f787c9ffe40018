import { type CommitId, Fault, type Hold } from '../model/index.ts';
import type { CommitInfo, Ports } from '../ports.ts';
import { judgeCommits } from './judge-commits.ts';

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
  /** The first commit that was refused; nothing should be built on it. */
  readonly refused?: CommitId;
}

type WatchPorts = Pick<Ports, 'policyGit' | 'log' | 'clock'> & Partial<Pick<Ports, 'forge'>>;

/**
 * Moves the accepted head as far as it may go: in trust mode `open` to the newest commit that descends from it, else
 * to right before the first commit that its parent's rules do not allow. What cannot be fetched or does not descend
 * leaves it where it is, with a hold; at first contact there is nothing to judge by, and a fault is thrown.
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
  const judged = await judgedCommits(ports, accepted, { head, newCommits });
  const reached = judged.accepted.at(-1)?.id;
  if (judged.hold) ports.log.emit({ kind: 'warning', text: judged.hold.text });
  const hold =
    judged.hold === undefined ? {} : { hold: judged.hold, refused: judged.refused ?? head };
  if (reached === undefined && judged.hold && from !== undefined) {
    return { head: from, newCommits: [], ...hold };
  }
  await policyGit.accept(reached ?? head);
  return { head: reached ?? head, newCommits: judged.accepted, ...hold };
}

/** Where history was rewritten and acknowledged, the acknowledged commit is what the later ones are judged from. */
async function judgedCommits(
  ports: WatchPorts,
  { head: from, acknowledged }: Accepted,
  found: { readonly head: CommitId; readonly newCommits: readonly CommitInfo[] },
) {
  const { policyGit } = ports;
  const { head, newCommits } = found;
  if (from === undefined || head === acknowledged) return { accepted: newCommits };
  const known = (await policyGit.resolve(from)) !== undefined;
  const descends = known && (await policyGit.isAncestor(from, head));
  if (descends) return judgeCommits(ports, newCommits, { from, acknowledged });
  // mayFollow has found it to descend from the acknowledged commit.
  const since = acknowledged ?? from;
  const at = newCommits.findIndex((c) => c.id === since);
  const later = await judgeCommits(ports, newCommits.slice(at + 1), { from: since });
  return { ...later, accepted: [...newCommits.slice(0, at + 1), ...later.accepted] };
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
