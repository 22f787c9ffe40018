/**
 * Decides: `plan` subtracts what is from what the policy says and answers with steps, holds and needs, each with its
 * reason. A pure function of values: it never reads a file, a clock, the network or git, and never does anything.
 */
export { newFindings } from './closure-need.ts';
export { type ContentOptions, contentOf } from './content.ts';
export { deltaDigestOf, deltaOf } from './delta.ts';
export { type ExplainedPackage, type Explanation, explain } from './explain.ts';
export { type ExplainedPolicies, explainPolicies } from './explain-policies.ts';
export { plan } from './plan.ts';
export { packageStates, updateStates } from './states.ts';
export { closureStatus } from './statuses.ts';
export { holdFile } from './wish.ts';
export type { World } from './world.ts';
