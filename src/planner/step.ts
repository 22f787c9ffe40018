import { canonicalDigest, type Step } from '../model/index.ts';

type WithoutId<S> = S extends Step ? Omit<S, 'id'> : never;

/** Names a step by its kind and inputs, so that the same work has one name in every plan. */
export function stepOf(step: WithoutId<Step>, inputs: unknown): Step {
  return { ...step, id: canonicalDigest({ kind: step.kind, inputs }) };
}
