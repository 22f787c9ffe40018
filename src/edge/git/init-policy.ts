import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../model/index.ts';
import type { PathChange } from '../../ports.ts';
import { writeText } from './own-files.ts';
import { policyPlace, withStaging } from './policy-place.ts';
import { objectName } from './run-git.ts';

export interface InitPolicyOptions {
  readonly files: readonly PathChange[];
  readonly identity: { readonly name: string; readonly email: string };
  /** Seconds since 1970. */
  readonly time: number;
  /** A state directory for the work; a temporary folder will do. */
  readonly state: string;
  readonly message?: string;
}

/**
 * Makes an ordinary repository that people edit with plain git and that takes the controller's commits into its clean
 * working tree (`receive.denyCurrentBranch=updateInstead`), with one first commit.
 */
export async function initPolicyRepository(
  directory: string,
  options: InitPolicyOptions,
): Promise<CommitId> {
  const clock = { now: () => options.time };
  const { identity, state } = options;
  const place = policyPlace({ url: directory, branch: 'main', state, identity, clock });
  for (const file of options.files) {
    const path = join(directory, file.path);
    await writeText(path, file.text ?? '');
    await chmod(path, 0o644);
  }
  const args = ['init', '--quiet', '--initial-branch=main', '--template=', '--', directory];
  await place.git({ args });
  const own = { directory: join(directory, '.git') };
  const config = ['config', 'receive.denyCurrentBranch', 'updateInstead'];
  await place.git({ ...own, args: config });
  const person = [`user.name=${identity.name}`, `user.email=${identity.email}`];
  const who = person.flatMap((p) => ['-c', p]);
  await withStaging(place, async () => {
    const paths = options.files.map((f) => f.path);
    const tree = [`--work-tree=${directory}`];
    await place.git({ ...own, args: [...tree, 'add', '--force', '--', ...paths] });
    const date = `${options.time} +0000`;
    const message = options.message ?? 'Set up the policy repository';
    await place.git({
      ...own,
      args: [...who, ...tree, 'commit', '--quiet', '--message', message],
      env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    });
  });
  return objectName(await place.git({ ...own, args: ['rev-parse', 'HEAD'] }), 'HEAD') as CommitId;
}
