import { type Code, codes, Fault } from '../model/index.ts';
import type { Installation } from './installation.ts';
import { type PassReport, pass } from './pass.ts';

const maxPasses = 5;

type Reports = [PassReport, ...PassReport[]];

/** Repeats passes until one changes nothing; returns them all, the last one tells how things stand. */
export async function reconcile(
  c: Installation,
  options: { readonly syncAll: boolean },
): Promise<Readonly<Reports>> {
  const reports: Reports = [await pass(c, options)];
  while (reports.length < maxPasses && reports.at(-1)?.changed) {
    reports.push(await pass(c, { syncAll: false }));
  }
  return reports;
}

/** Runs a task when nothing else writes to the store or plans. */
export type Turn = <T>(task: () => Promise<T>) => Promise<T>;

/**
 * The same, and again after the builds that it began, until none waits or runs. Passes are made in turns; builds end in
 * turns too, so none is taken while they are waited for.
 */
export async function reconcileWithBuilds(
  c: Installation,
  options: { readonly syncAll: boolean },
  turn: Turn,
): Promise<Readonly<Reports>> {
  const [first, ...rest] = await turn(() => reconcile(c, options));
  const reports: Reports = [first, ...rest];
  // A build may end while a pass that saw it running goes on, so such a pass is followed by one more; and what builds
  // brought is asked for, signed and promoted in more passes than a round of them has.
  for (let isOnceMore = false; ; ) {
    const isBusy = c.builds?.busy() === true;
    const last = reports.at(-1);
    const goesOn = last?.changed === true && reports.length < maxPasses * 4;
    if (!isBusy && !goesOn && (isOnceMore || !sawBuilds(last))) return reports;
    isOnceMore = !isBusy && !goesOn;
    await c.builds?.idle();
    if (c.builds?.stopped()) throw endedBefore();
    reports.push(...(await turn(() => reconcile(c, { syncAll: false }))));
  }
}

function endedBefore(): Fault {
  return new Fault('BuildNotStarted', {
    object: 'controller',
    check: 'it runs until the builds that are waited for have ended',
    found: 'it was told to end',
    fix: 'Start it again: what was under way is built from its beginning.',
  });
}

const sawBuilds = (report: PassReport | undefined): boolean =>
  report?.holds.some((h) => h.code === 'BuildQueued') ?? false;

/** The most urgent exit code of a pass: halted before quarantined before unavailable before gates. */
const urgency = [8, 7, 6, 4, 5, 3, 2, 1, 0];

export function exitOf(reports: readonly PassReport[]): number {
  const last = reports.at(-1);
  if (!last) return 0;
  const exits = new Set<number>();
  const add = (code: Code) => exits.add(codes[code].exit);
  // What one pass could not do and the next one did is no trouble any more; a mirror is only tried once.
  for (const report of reports) for (const fault of report.faults) add(fault.code);
  for (const hold of last.holds) add(hold.code);
  if (last.findings.some((f) => f.severity === 'error')) exits.add(2);
  if (last.changed) exits.add(1);
  return urgency.find((exit) => exits.has(exit)) ?? 0;
}
