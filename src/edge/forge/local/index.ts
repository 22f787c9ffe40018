/**
 * Pull requests without a forge: records, branches and approvals are refs of the policy repository, written with
 * compare-and-set pushes from the private clone. It never touches a branch that a person committed to, and never keeps
 * anything that is not in git.
 */
export { localForge } from './local-forge.ts';
