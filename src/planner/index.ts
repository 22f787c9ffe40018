/**
 * Decides: `plan` subtracts what is from what the policy says and answers with steps, holds and needs, each with its
 * reason. A pure function of values: it never reads a file, a clock, the network or git, and never does anything.
 */

export { type ContentOptions, contentOf } from './content/content.ts';
export { deltaDigestOf, deltaOf } from './content/delta.ts';
export { type ExplainedPackage, type Explanation, explain } from './explain.ts';
export { type ExplainedPolicies, explainPolicies } from './explain-policies.ts';
export { newFindings } from './gates/closure-need.ts';
export { plan } from './plan.ts';
export { closureStatus } from './questions/statuses.ts';
export { holdFile } from './questions/wish.ts';
export { planReturns } from './returns.ts';
export { packageStates, updateStates } from './states.ts';
export type { RecordedWorld, World } from './world.ts';
