/**
 * Policy files: text in, `Desired` or findings out. Reads YAML that has only maps, lists and text, checks every value
 * against the schema of its kind and the files against each other, and finds the policy that decides about a package.
 * Never touches a disk, a clock or git: whoever calls brings the files of one commit.
 */

export {
  checkFileUrl,
  checkPolicyUrl,
  checkRefName,
  checkSiteUrl,
  checkUpstreamUrl,
} from './addresses.ts';
export { alsoNeeded, type CommitChange, decisionsOf } from './authority/decisions.ts';
export { judge, peopleOf, ruleFor, type Verdict } from './authority/judge.ts';
export { personWithLogin, sameLogin } from './authority/logins.ts';
export { readTrustRules, type TrustRules, trustModeOf } from './authority/read-rules.ts';
export { type CommentCommand, commandForms, readCommand } from './comment-command.ts';
export { parseCron } from './cron.ts';
export { type Finding, findingText } from './finding.ts';
export { type InitialOptions, type InitialUpstream, initialFiles } from './initial-files.ts';
export { explainPolicy, type MatchSubject, type PolicyMatch, policyFor } from './match.ts';
export { policyReader, type ReadPolicy, type ReadPolicyFiles, readPolicy } from './read-policy.ts';
export { policySchemas } from './schemas.ts';
export { isReadAsPolicy, largestFileBytes, mostFiles, type PolicyFile } from './sort-files.ts';
