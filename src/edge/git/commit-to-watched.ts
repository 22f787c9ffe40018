import type { CommitId } from '../../model/index.ts';
import type { PathChange } from '../../ports.ts';
import { mendInterruptedPush, whilePushing } from './interrupted-push.ts';
import { ensureBare, type PolicyPlace } from './policy-place.ts';
import { pushRefs } from './push.ts';
import { type CommitSigner, demandsSignatures, signCommit } from './sign-commit.ts';
import { sameFiles, writeCommit } from './write-commit.ts';

/**
 * One commit of the controller on the watched branch, signed with its own key where the policy demands signatures;
 * `parent` itself when the changes change nothing.
 */
export async function commitToWatched(
  place: PolicyPlace,
  commit: {
    readonly parent: CommitId;
    readonly message: string;
    readonly changes: readonly PathChange[];
  },
  sign?: CommitSigner,
): Promise<CommitId> {
  await ensureBare(place, place.clone, place.mirror);
  await mendInterruptedPush(place);
  const written = await writeCommit(place, { directory: place.clone, ...commit });
  if (await sameFiles(place, place.clone, [commit.parent, written])) return commit.parent;
  const signs = sign !== undefined && (await demandsSignatures(place, place.clone, commit.parent));
  const at = { directory: place.clone, commit: written };
  const made = signs ? await signCommit(place, at, sign) : written;
  const change = { ref: `refs/heads/${place.branch}`, from: commit.parent, to: made };
  await whilePushing(place, made, () => pushRefs(place, place.clone, [change]));
  return made;
}
