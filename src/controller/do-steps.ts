import {
  type Desired,
  Fault,
  type FaultReport,
  type Handlers,
  type Outcome,
  type Plan,
  type Step,
} from '../model/index.ts';
import { handlers } from './handlers.ts';
import type { Installation } from './installation.ts';

export interface StepResult {
  readonly step: Step;
  readonly outcome?: Outcome;
  readonly fault?: FaultReport;
}

/**
 * Carries out a plan in order; each step is in the journal before and after. A fault stops what stands on the failed
 * step (the channel it is about) and nothing else.
 */
export async function doSteps(
  c: Installation,
  desired: Desired,
  plan: Pick<Plan, 'steps'>,
): Promise<readonly StepResult[]> {
  const byKind = handlers(c, desired);
  const results: StepResult[] = [];
  const failedChannels = new Set<string>();
  for (const step of plan.steps) {
    const channel = channelOf(step);
    if (channel !== undefined && failedChannels.has(channel)) continue;
    const result = await doStep(c, byKind, step);
    results.push(result);
    const stuck = result.fault !== undefined || result.outcome?.kind === 'waiting';
    if (stuck && channel !== undefined) failedChannels.add(channel);
  }
  return results;
}

/** Signing, assembling and pointing belong together: no pointing at what was not assembled. */
function channelOf(step: Step): string | undefined {
  const { kind } = step;
  return kind === 'sign' || kind === 'assemble' || kind === 'point' ? step.channel : undefined;
}

async function doStep(
  c: Installation,
  byKind: Handlers<Promise<Outcome>>,
  step: Step,
): Promise<StepResult> {
  await c.tell('step-begun', { id: step.id, kind: step.kind });
  try {
    const outcome = await dispatch(byKind, step);
    await c.tell('step-ended', { id: step.id, kind: step.kind, outcome: outcome.kind });
    return { step, outcome };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const fault = error.toJSON();
    await c.tell('step-failed', { id: step.id, kind: step.kind, fault });
    return { step, fault };
  }
}

function dispatch(byKind: Handlers<Promise<Outcome>>, step: Step): Promise<Outcome> {
  switch (step.kind) {
    case 'mirror':
      return byKind.mirror(step);
    case 'build':
      return byKind.build(step);
    case 'sign':
      return byKind.sign(step);
    case 'commit':
      return byKind.commit(step);
    case 'assemble':
      return byKind.assemble(step);
    case 'point':
      return byKind.point(step);
    case 'propose':
      return byKind.propose(step);
    case 'ask':
      return byKind.ask(step);
    case 'close':
      return byKind.close(step);
  }
}
