import { closureRows } from './warm-closure.ts';
import { planRows } from './warm-plan.ts';
import { snapshotRows } from './warm-snapshots.ts';
import { statusRows } from './warm-status.ts';
import { warmTable } from './warm-timing.ts';
import { wideSite } from './wide-world.ts';

/**
 * `npm run bench:inside -- [COUNT] [RUNS]`: what a change of ten packages costs inside the running controller beside
 * COUNT that did not change, and what plan and status of many channels cost.
 */
const [count = 70_000, runs = 9] = process.argv.slice(2).map(Number);
const rows = [
  ...(await snapshotRows(count, runs)),
  ...(await planRows(wideSite, runs)),
  ...(await statusRows(wideSite, runs)),
  ...(await closureRows(count, runs)),
];
process.stdout.write(`${warmTable(rows)}\n`);
