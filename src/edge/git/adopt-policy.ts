import type { PolicyGitOptions } from './policy-place.ts';
import { policyPlace, withStaging } from './policy-place.ts';

/**
 * Lets a policy repository that people made themselves take the controller's commits into its clean working tree
 * (`receive.denyCurrentBranch=updateInstead`); nothing else of it is touched. A bare one needs nothing.
 */
export async function adoptPolicyRepository(options: PolicyGitOptions): Promise<void> {
  const place = policyPlace(options);
  if (place.localGitDirectory === undefined || place.workTree === undefined) return;
  const args = ['config', 'receive.denyCurrentBranch', 'updateInstead'];
  const directory = place.localGitDirectory;
  await withStaging(place, () => place.git({ directory, args }));
}
