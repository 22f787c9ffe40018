/**
 * The policy repository on this machine: a verified bare mirror to read and a private clone to write. Everything that
 * meets the world runs the `git` program with a fixed environment; nothing fetched is ever checked out, and no ref of
 * the mirror moves before somebody accepted the commit.
 */

export { adoptPolicyRepository } from './adopt-policy.ts';
export { cloneGit } from './clone-git.ts';
export { type InitPolicyOptions, initPolicyRepository } from './init-policy.ts';
export { writeText } from './own-files.ts';
export { policyGit } from './policy-git.ts';
export {
  ensureBare,
  ensureTrusted,
  type PolicyGitOptions,
  type PolicyPlace,
  policyPlace,
  unavailable,
} from './policy-place.ts';
export { pushRefs, type RefChange } from './push.ts';
export { isOnLine, refsOf } from './read-mirror.ts';
export { refsOnDisk } from './refs-on-disk.ts';
export { gitEnvironment, objectNameIn } from './run-git.ts';
export { splitSignature } from './signed-payload.ts';
export { specRepository } from './spec-repository.ts';
export { writeCommit } from './write-commit.ts';
export { writeRef } from './write-ref.ts';
