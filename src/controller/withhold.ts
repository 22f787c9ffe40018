import type { Hold, Plan, Step } from '../model/index.ts';

/**
 * What may be done while the newest policy has findings: everything but new commits and proposals. They would be
 * written onto that newest policy, where nothing takes effect, and would bury the commit that is to be mended.
 */
export function withoutDecisions(plan: Plan): Plan {
  const steps = plan.steps.filter((s) => !isDecision(s));
  const withheld = plan.steps.length - steps.length;
  if (withheld === 0) return plan;
  const hold: Hold = {
    code: 'PolicyInvalid',
    subject: 'policy',
    text: `${withheld} ${withheld === 1 ? 'decision waits' : 'decisions wait'}: the newest policy has findings`,
    awaits: 'a commit that mends what `sluice validate` names',
  };
  return { ...plan, steps, holds: [...plan.holds, hold] };
}

const isDecision = ({ kind }: Step): boolean => kind === 'commit' || kind === 'propose';
