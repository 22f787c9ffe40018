import type { Hold, Plan, Step } from '../model/index.ts';

/**
 * What may be done while the newest policy has findings or was refused: everything but new commits and proposals. They
 * would be written onto that newest policy, where nothing takes effect, and would bury the commit that is to be mended.
 */
export function withoutDecisions(plan: Plan, why: 'findings' | 'refused' = 'findings'): Plan {
  const steps = plan.steps.filter((s) => !isDecision(s));
  const withheld = plan.steps.length - steps.length;
  if (withheld === 0) return plan;
  const hold: Hold = {
    code: 'PolicyInvalid',
    subject: 'policy',
    text: `${withheld} ${withheld === 1 ? 'decision waits' : 'decisions wait'}: ${reasons[why].text}`,
    awaits: reasons[why].awaits,
  };
  return { ...plan, steps, holds: [...plan.holds, hold] };
}

const reasons = {
  findings: {
    text: 'the newest policy has findings',
    awaits: 'a commit that mends what `sluice validate` names',
  },
  refused: {
    text: 'a commit of the policy repository is refused',
    awaits: 'what the refusal names',
  },
} as const;

const isDecision = ({ kind }: Step): boolean =>
  kind === 'commit' || kind === 'propose' || kind === 'ask';
