import { planWorld, readPolicyAt, removalsSince } from '../../controller/index.ts';
import { Fault, placeText, type Reason } from '../../model/index.ts';
import {
  type ExplainedPolicies,
  type Explanation,
  explain,
  explainPolicies,
} from '../../planner/index.ts';
import { holdText } from '../../reporter/index.ts';
import { findingsAnswer } from '../findings-answer.ts';
import type { Paint } from '../paint.ts';
import { policyCommit } from '../policy-commit.ts';
import { textArgument, textOption, type Verb } from '../verb.ts';

export const whyVerb: Verb = {
  arguments: [['<package>', 'name of a package']],
  options: [['--channel <name>', 'only this channel']],
  examples: ['sluice why openssh', 'sluice why openssh --channel production --output json'],
  how: {
    needs: 'reading',
    async run(call, { installation }) {
      const name = textArgument(call, 0) ?? '';
      const commit =
        installation.memory().desiredCommit ?? (await policyCommit(installation, call));
      const { desired, findings } = await readPolicyAt(installation.ports, commit);
      if (!desired) return findingsAnswer(findings);
      const removals = await removalsSince(installation, commit);
      const world = await planWorld(installation, desired, { removals, syncAll: false });
      const wanted = textOption(call, 'channel');
      const channels = [...desired.channels.keys()].filter(
        (c) => wanted === undefined || c === wanted,
      );
      if (wanted !== undefined && channels.length === 0) {
        throw unknownChannel(wanted, [...desired.channels.keys()]);
      }
      const explanations = channels.map((channel) => explain(world, name, channel));
      const policies = explainPolicies(world, name);
      const isKnown = policies.length > 0 || explanations.some((e) => e.packages.length > 0);
      if (!isKnown) throw unknown(name, channels);
      return {
        kind: 'Explanation',
        data: { package: name, policies, channels: explanations },
        text: (paint) =>
          [
            ...policies.map(policiesText(name, paint)),
            ...explanations.map((e) => explanationText(e, paint)),
          ].join('\n\n'),
        exit: 0,
      };
    },
  },
};

function explanationText(e: Explanation, paint: Paint): string {
  const lines = [paint('bold', `${e.name} in ${e.channel}`)];
  if (e.packages.length === 0) lines.push('  no package of this name is offered or served');
  for (const p of e.packages) {
    const served = p.served ? paint('green', 'served    ') : paint('red', 'not served');
    lines.push(`  ${served}  ${p.nevra}  ${p.tree}  ${p.sha256.slice(0, 16)}`);
    lines.push(...p.because.map((r) => `      ${reasonText(r)}`));
  }
  return [...lines, ...e.holds.map((h) => `  ${holdText(h, paint)}`)].join('\n');
}

/** Every policy that matches, and what each field comes to. */
const policiesText =
  (name: string, paint: Paint) =>
  ({ upstream, source, matches, fields }: ExplainedPolicies): string => {
    const by = source === undefined ? '' : `, by its source package ${source}`;
    const lines = matches.map(({ policy, action, wins, because, at }) => {
      const mark = wins ? paint('green', 'decides') : '       ';
      return `  ${mark}  ${policy}  ${action}  (${because})  ${placeText(at)}`;
    });
    const values = fields.map((f) => `  ${f.field}: ${f.value}  from ${f.policy}`);
    return [paint('bold', `policies for ${name} of ${upstream}${by}`), ...lines, ...values].join(
      '\n',
    );
  };

function reasonText(reason: Reason): string {
  const place = reason.at ? `  ${placeText(reason.at)}` : '';
  const commit = reason.commit ? `@${reason.commit.slice(0, 12)}` : '';
  return `${reason.text}${place}${commit}`;
}

function unknown(name: string, channels: readonly string[]): Fault {
  return new Fault('NotFound', {
    object: name,
    check: `neither served nor offered in ${channels.join(', ') || 'any channel'}`,
    fix: 'Run `sluice get packages --channel NAME` for the names.',
  });
}

function unknownChannel(object: string, names: readonly string[]): Fault {
  return new Fault('NotFound', {
    object,
    check: 'the policy has no channel of this name',
    found: names.join(', ') || 'no channels at all',
    fix: 'Give one of these with --channel.',
  });
}
