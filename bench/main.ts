import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { presentPeers } from './peers.ts';
import { curveText, machineText, reportText, rollbackText } from './report.ts';
import { type Results, scenario } from './scenario.ts';

const usage = `npm run bench -- [COUNT]… [--runs N] [--peers LIST] [--directory DIR] [--node OPTION]…

For each COUNT (1000): builds a repository of so many packages, mirrors and publishes it with Sluice, changes ten packages
and a thousand, publishes, rolls back and syncs again, each time in a process of its own; createrepo_c, mergerepo_c and dnf
do their part on the same files in turn. Prints markdown. --peers names those that take part (createrepo_c, mergerepo_c,
dnf, reposync, aptly), all by default; --directory keeps the packages for the next time; --node passes options such as
--cpu-prof to Sluice's node.`;

await main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '3' },
      directory: { type: 'string' },
      peers: { type: 'string' },
      node: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const counts = (positionals.length > 0 ? positionals : ['1000']).map(Number);
  const runs = Number(values.runs);
  if (values.help || !counts.every((count) => count >= 100) || !(runs >= 1)) return print(usage);
  const kept = values.directory === undefined ? undefined : resolve(values.directory);
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'sluice-bench-')));
  try {
    const named = values.peers?.split(',');
    const peers = new Set((await presentPeers()).keys().filter((p) => named?.includes(p) ?? true));
    print(`${await machineText(peers)}\n`);
    const all: Results[] = [];
    for (const count of counts) {
      const place = join(directory, String(count));
      await mkdir(place, { recursive: true });
      const results = await scenario({
        ...{ directory: place, count, runs, peers },
        nodeOptions: values.node,
        note: (text) => process.stderr.write(`${count}: ${text}\n`),
      });
      print(reportText(results));
      all.push(results);
    }
    if (all.length > 1) print(`${curveText(all)}\n${rollbackText(all)}`);
  } finally {
    if (kept === undefined) await rm(directory, { recursive: true, force: true });
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
