import type { Installation } from '../controller/index.ts';
import { type CommitId, Fault } from '../model/index.ts';
import { type Call, textOption } from './verb.ts';

/** The commit that a reading verb speaks about: `--at`, else the newest one of the watched branch. */
export async function policyCommit(c: Installation, call: Call): Promise<CommitId> {
  const wanted = textOption(call, 'at');
  const newest = await c.ports.policyGit.fetch();
  if (wanted === undefined) return newest;
  const found = await c.ports.policyGit.resolve(wanted === 'HEAD' ? newest : wanted);
  if (found) return found;
  throw new Fault('NotFound', {
    object: wanted,
    check: 'no commit of the policy repository has this name',
    fix: 'Give a commit id, a branch, or HEAD~N.',
  });
}
