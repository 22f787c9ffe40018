import type { CommitId } from '../model/index.ts';
import type { CommitInfo, Ports } from '../ports.ts';
import type { RulesAt } from './rules-at.ts';
import { signerOf } from './signer-of.ts';

/** A branch with more approvals than this is not read further. */
const most = 20;

/**
 * People who signed commits on the merged side of a merge that already had exactly what the merge brings: they saw the
 * whole of it. A commit from before the last change of a file says nothing about it.
 */
export async function coSigners(
  ports: Pick<Ports, 'policyGit' | 'clock'>,
  commit: CommitInfo,
  about: {
    readonly rules: RulesAt;
    readonly paths: readonly string[];
    /** The first parent: what it holds already was decided before, and taken back perhaps. */
    readonly previous: CommitId;
  },
): Promise<readonly string[]> {
  const people: string[] = [];
  const changed = new Set(about.paths);
  for (const side of commit.parents.slice(1, 9)) {
    let next: CommitId | undefined = side;
    for (let n = 0; n < most && next !== undefined; n++) {
      const differing = await ports.policyGit.changedPaths(next, commit.id);
      if (differing.some((path) => changed.has(path))) break;
      if (await ports.policyGit.isAncestor(next, about.previous)) break;
      const signer = await signerOf(ports, next, about.rules);
      if ('person' in signer) people.push(signer.person);
      next = (await ports.policyGit.commit(next)).parents[0];
    }
  }
  return [...new Set(people)];
}
