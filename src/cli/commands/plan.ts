import { planStage, readPolicyAt, removalsSince } from '../../controller/index.ts';
import { planText } from '../../reporter/index.ts';
import { findingsAnswer } from '../findings-answer.ts';
import { policyCommit } from '../policy-commit.ts';
import type { Verb } from '../verb.ts';

export const planVerb: Verb = {
  options: [
    ['--at <rev>', 'plan for this commit instead of the newest one'],
    ['--exit-code', 'exit 1 when there is something to do'],
  ],
  examples: ['sluice plan', 'sluice plan --at HEAD~1', 'sluice plan --exit-code --output json'],
  how: {
    needs: 'reading',
    async run(call, { installation }) {
      const commit = await policyCommit(installation, call);
      const read = await readPolicyAt(installation.ports, commit);
      if (!read.desired) return findingsAnswer(read.findings);
      const removals = await removalsSince(installation, commit);
      const plan = await planStage(installation, read.desired, { removals, syncAll: false });
      const pending = plan.steps.length > 0 && call.options.exitCode === true;
      return {
        kind: 'PlanReport',
        data: {
          policy: plan.policy,
          steps: plan.steps.map(stepData),
          holds: plan.holds,
          notes: plan.notes,
        },
        text: (paint) => planText(plan, paint),
        exit: pending ? 1 : 0,
      };
    },
  },
};

/** A step without the contents it carries: those have their own verbs. */
function stepData(step: Parameters<typeof planText>[0]['steps'][number]): object {
  const { id, kind, why } = step;
  switch (step.kind) {
    case 'mirror':
      return { id, kind, why, upstream: step.upstream };
    case 'build':
      return { id, kind, why, subject: step.subject, build: step.key, attempt: step.attempt };
    case 'sign':
      return { id, kind, why, channel: step.channel, signingKey: step.signingKey };
    case 'commit':
      return { id, kind, why, subject: step.subject, files: step.edits.map((e) => e.path) };
    case 'assemble':
    case 'point':
      return { id, kind, why, channel: step.channel, record: step.record };
    case 'propose':
    case 'ask':
      return { id, kind, why, identity: step.request.identity, title: step.request.title };
    case 'close':
      return { id, kind, why, number: step.number, as: step.as };
  }
}
