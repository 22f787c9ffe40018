import { type Access, type CommitId, Fault, faultSentence } from '../model/index.ts';
import { personWithLogin, sameLogin } from '../policy/index.ts';
import type { MergedProposal, Ports } from '../ports.ts';
import type { Deciders, Undecided } from './deciders.ts';
import type { RulesAt } from './rules-at.ts';

/**
 * Who approved the pull request that a commit is the merge of. Approvals of another head than the merged one, and of
 * logins that nobody in access.yaml has, are told and do not count. Without the forge nothing is known.
 */
export async function approvedBy(
  { forge }: Partial<Pick<Ports, 'forge'>>,
  commit: CommitId,
  rules: RulesAt,
): Promise<Deciders | Undecided> {
  if (forge?.mergedBy === undefined) {
    const problem = 'this installation has no forge that can tell who approved what';
    return { code: 'CommitNotMerged', problem };
  }
  const merged = await asked(() => forge.mergedBy?.(commit));
  if (merged instanceof Fault) return { code: 'ForgeUnavailable', problem: faultSentence(merged) };
  if (merged === undefined) {
    return { code: 'CommitNotMerged', problem: 'there is no merged pull request for this commit' };
  }
  if (!merged.asReviewed) {
    const problem = `its files are not those of a merge of #${merged.number} (${merged.head}) into its first parent`;
    return { code: 'CommitNotMerged', problem };
  }
  return {
    people: peopleIn(merged, rules.access),
    others: async (other) => peopleIn(merged, other.access),
    told: `#${merged.number} (${merged.head}) ${toldOf(merged, rules.access)}`,
    verb: 'approved',
  };
}

/** Whatever goes wrong at the forge, nothing is accepted because of it. */
async function asked(
  call: () => Promise<MergedProposal | undefined> | undefined,
): Promise<MergedProposal | Fault | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function peopleIn(merged: MergedProposal, access: Access | undefined): readonly string[] {
  const counting = merged.approvals.filter(
    (a) => a.head === merged.head && !sameLogin(a.person, merged.author),
  );
  const author = personWithLogin(access, merged.forge, merged.author);
  const people = counting.map((a) => personWithLogin(access, merged.forge, a.person));
  const named = people.filter((name) => name !== undefined);
  return [...new Set(named)].filter((name) => name !== author);
}

function toldOf(merged: MergedProposal, access: Access | undefined): string {
  if (merged.approvals.length === 0) return 'was approved by nobody';
  const each = merged.approvals.map(({ person: login, head }) => {
    const name = personWithLogin(access, merged.forge, login);
    if (name === undefined) return `${login}, who is nobody in access.yaml`;
    if (sameLogin(login, merged.author)) return `${name}, who opened it`;
    return head === merged.head ? name : `${name} for the older head ${head}`;
  });
  return `was approved by ${each.join(', ')}`;
}
