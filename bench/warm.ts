import { closureRows } from './warm-closure.ts';
import { planRows } from './warm-plan.ts';
import { snapshotRows } from './warm-snapshots.ts';
import { warmTable } from './warm-timing.ts';
import { wideSite } from './wide-world.ts';

/** `node bench/warm.ts [COUNT] [RUNS]`: what a change costs inside the running controller. */
const [count = 70_000, runs = 9] = process.argv.slice(2).map(Number);
const rows = [
  ...(await snapshotRows(count, runs)),
  ...(await planRows(wideSite, runs)),
  ...(await closureRows(count, runs)),
];
process.stdout.write(`${warmTable(rows)}\n`);
