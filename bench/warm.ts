import { snapshotRows } from './warm-snapshots.ts';
import { warmTable } from './warm-timing.ts';

/** `node bench/warm.ts [COUNT] [RUNS]`: what a change costs inside the running controller. */
const [count = 70_000, runs = 9] = process.argv.slice(2).map(Number);
process.stdout.write(`${warmTable(await snapshotRows(count, runs))}\n`);
