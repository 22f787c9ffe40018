import type { CommitId, EditedPolicy, ProposalRecord } from '../model/index.ts';
import type { Finding } from '../policy/index.ts';
import type { Ports } from '../ports.ts';
import { readMergedPolicy } from './read-policy-at.ts';

/** More than that nobody reads in a pull request. */
const mostProblems = 10;

/** What the policy would be with each open branch that a person committed to, merged onto the accepted commit. */
export async function editedPolicies(
  ports: Pick<Ports, 'policyGit' | 'forge'>,
  proposals: readonly ProposalRecord[],
  onto: CommitId,
): Promise<ReadonlyMap<number, EditedPolicy>> {
  const policies = new Map<number, EditedPolicy>();
  for (const { number, head, edited, state } of proposals) {
    if (edited && state === 'open') policies.set(number, await editedPolicy(ports, head, onto));
  }
  return policies;
}

async function editedPolicy(
  ports: Pick<Ports, 'policyGit' | 'forge'>,
  head: CommitId,
  onto: CommitId,
): Promise<EditedPolicy> {
  const changes = await ports.forge.mergeChanges(head, onto);
  if (changes === undefined) {
    const text = 'the branch, to which a person committed, does not merge cleanly any more';
    return { desired: undefined, problems: [{ code: 'MergeConflict', text }] };
  }
  const { desired, findings } = await readMergedPolicy(ports, { head, onto, changes });
  if (desired) return { desired, problems: [] };
  const errors = findings.filter((f) => f.severity === 'error').slice(0, mostProblems);
  return { desired, problems: errors.map(problemOf) };
}

const problemOf = ({ at, code, message }: Finding): EditedPolicy['problems'][number] => ({
  code,
  text: `the branch does not validate: ${at.file}:${at.line} ${code} ${message}`,
});
