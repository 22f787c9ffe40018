import { exitOf, type PassReport, reconcile, reconcileWithBuilds } from '../../controller/index.ts';
import { holdText, stepText } from '../../reporter/index.ts';
import { findingsText } from '../findings-answer.ts';
import { withBuilds } from '../own-queue.ts';
import type { Paint } from '../paint.ts';
import { sequence } from '../sequence.ts';
import type { Opened, Verb } from '../verb.ts';

export const reconcileVerb: Verb = {
  options: [
    ['--sync', 'mirror every upstream, whatever its schedule says'],
    ['--wait', 'also make the builds that are due, and go on with what comes out'],
  ],
  examples: ['sluice reconcile', 'sluice reconcile --sync'],
  how: {
    needs: 'writing',
    inTurns: (call) => call.options.wait === true,
    async run(call, opened) {
      const options = { syncAll: call.options.sync === true };
      const reports =
        call.options.wait === true
          ? await waiting(opened, options)
          : await reconcile(opened.installation, options);
      return {
        kind: 'ReconcileReport',
        data: reportData(reports),
        text: (paint) => reportText(reports, paint),
        exit: exitOf(reports),
      };
    },
  },
};

/** A running controller has a queue, which goes on with its own work too; else there is one for as long as this takes. */
async function waiting(opened: Opened, options: { readonly syncAll: boolean }) {
  const { installation, turn } = opened;
  if (installation.builds && turn) return await reconcileWithBuilds(installation, options, turn);
  const exclusive = sequence();
  const working = withBuilds(opened, { exclusive, ended: () => undefined });
  return await reconcileWithBuilds(working.installation, options, (task) => task());
}

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
