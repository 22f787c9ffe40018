import { exitOf, type PassReport, reconcile } from '../../controller/index.ts';
import { holdText, stepText } from '../../reporter/index.ts';
import { findingsText } from '../findings-answer.ts';
import type { Paint } from '../paint.ts';
import type { Verb } from '../verb.ts';

export const reconcileVerb: Verb = {
  name: 'reconcile',
  summary: 'make what is published what the policy repository says; mirrors what is due',
  options: [
    ['--sync', 'mirror every upstream, whatever its schedule says'],
    ['--wait', 'accepted for scripts: the command always waits for its passes to end'],
  ],
  examples: ['sluice reconcile', 'sluice reconcile --sync'],
  how: {
    needs: 'writing',
    async run(call, { installation }) {
      const reports = await reconcile(installation, { syncAll: call.options.sync === true });
      return {
        kind: 'ReconcileReport',
        data: reportData(reports),
        text: (paint) => reportText(reports, paint),
        exit: exitOf(reports),
      };
    },
  },
};

function reportData(reports: readonly PassReport[]): object {
  const last = reports.at(-1);
  return {
    head: last?.head,
    desired: last?.desired?.commit,
    passes: reports.length,
    done: reports.flatMap((r) =>
      r.results
        .filter((x) => x.outcome?.kind === 'done')
        .map((x) => ({
          kind: x.step.kind,
          text: x.outcome?.kind === 'done' ? x.outcome.text : '',
          why: x.step.why.text,
        })),
    ),
    holds: last?.holds ?? [],
    notes: last?.plan?.notes ?? [],
    findings: last?.findings ?? [],
    faults: reports.flatMap((r) => r.faults),
  };
}

function reportText(reports: readonly PassReport[], paint: Paint): string {
  const last = reports.at(-1);
  const lines: string[] = [];
  for (const result of reports.flatMap((r) => r.results)) {
    if (result.outcome?.kind === 'done') {
      lines.push(stepText(result.step, paint), `    ${result.outcome.text}`);
    }
  }
  for (const fault of reports.flatMap((r) => r.faults)) {
    const detail = [
      fault.expected === undefined ? '' : `; expected ${fault.expected}`,
      fault.found === undefined ? '' : `; found ${fault.found}`,
    ].join('');
    lines.push(
      `${paint('red', `! ${fault.code}`)}  ${fault.object}: ${fault.check}${detail}`,
      `  fix: ${fault.fix}`,
    );
  }
  for (const hold of last?.holds ?? []) lines.push(holdText(hold, paint));
  for (const note of last?.plan?.notes ?? []) lines.push(holdText(note, paint));
  if (last && last.findings.length > 0) lines.push(findingsText(last.findings, paint));
  if (lines.length === 0) lines.push('nothing to do');
  lines.push(
    paint(
      'dim',
      `policy ${last?.head?.slice(0, 12) ?? 'none'}, ${reports.length === 1 ? 'one pass' : `${reports.length} passes`}`,
    ),
  );
  return lines.join('\n');
}
