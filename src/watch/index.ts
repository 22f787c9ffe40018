/**
 * Which policy commit is in force. Fetches, checks that the new head descends from the accepted one, moves the accepted
 * head forward, and tells what accepted commits took back. It never reads what a policy file means and never lets an
 * unexpected history in by itself.
 */
export { type Judged, judgeCommits } from './judge-commits.ts';
export { type RemovedFile, removalsBetween } from './removals-between.ts';
export { type RulesAt, rulesAt } from './rules-at.ts';
export { signerOfPayload } from './signer-of.ts';
export { type Accepted, type Watched, watch } from './watch.ts';
