import { cpus, loadavg, totalmem } from 'node:os';
import { execa } from 'execa';
import type { Measurement } from './measure.ts';
import { type Peer, programOf, versionWord } from './peers.ts';
import type { Results, Task } from './scenario.ts';

/** Markdown: every task with its medians, then the figures of Sluice beside those of the peers. */
export function reportText(results: Results): string {
  const { count, bytes, refreshes } = results;
  const lines = [
    `### ${thousands(count)} packages, ${(bytes / 1e6).toFixed(0)} MB`,
    '',
    '| whole process, cold | wall s | CPU s | peak memory MB | written MB | runs |',
    '|---|---|---|---|---|---|',
    ...[...results.tasks].map(([task, runs]) => taskRow(task, runs)),
    '',
    '| Sluice and the peer | wall | CPU |',
    '|---|---|---|',
    ...comparisons.flatMap((pair) => comparisonRow(results, pair)),
    `| metadata bytes beside those of createrepo_c | ${bytesRatio(results)} | |`,
    '',
    '| inside a running process, warm | median ms |',
    '|---|---|',
    ...warmRows(results),
  ];
  if (refreshes > 0) {
    lines.push(
      '',
      `A dnf that refreshed in a loop through two switches: ${refreshes} times, 0 errors.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** One row a size: what a publication of ten packages costs as the repository grows. */
export function curveText(all: readonly Results[]): string {
  const task: Task = 'sluice: publish, 10 changed';
  const rows = all.map(({ count, tasks, warm, metadataBytes }) => {
    const runs = tasks.get(task) ?? [];
    const cells = [
      thousands(count),
      median(runs.map((r) => r.wallSeconds)).toFixed(2),
      median(runs.map((r) => r.cpuSeconds)).toFixed(2),
      (warm.publish / 1000).toFixed(2),
      (metadataBytes.sluice / 1e6).toFixed(0),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = '| packages | publish 10, cold, wall s | CPU s | warm, wall s | metadata MB |';
  return [head, '|---|---|---|---|---|', ...rows, ''].join('\n');
}

/** What a rollback costs in each repository beside the smallest: it is not to depend on the size. */
export function rollbackText(all: readonly Results[]): string {
  const tasks: readonly Task[] = [
    'sluice: rollback, in one command',
    'sluice: rollback, the commit',
  ];
  const [smallest] = all.toSorted((a, b) => a.count - b.count);
  const medianOf = (value: (run: Measurement) => number, task: Task, of: Results | undefined) =>
    median((of?.tasks.get(task) ?? []).map(value));
  const rows = all.flatMap((results) =>
    tasks.map((task) => {
      const ratio = (value: (run: Measurement) => number): string =>
        `${(medianOf(value, task, results) / medianOf(value, task, smallest)).toFixed(2)}×`;
      const wall = medianOf((r) => r.wallSeconds, task, results).toFixed(2);
      const cells = [thousands(results.count), task, wall];
      return `| ${[...cells, ratio((r) => r.wallSeconds), ratio((r) => r.cpuSeconds)].join(' | ')} |`;
    }),
  );
  const head = '| packages | | wall s | beside the smallest | CPU |';
  return [head, '|---|---|---|---|---|', ...rows, ''].join('\n');
}

interface Comparison {
  readonly ours: Task;
  readonly peer: Task;
}

const comparisons: readonly Comparison[] = [
  { ours: 'sluice: publish, 10 changed', peer: 'createrepo_c --update, 10 changed' },
  { ours: 'sluice: publish, 10 changed', peer: 'mergerepo_c, 10 added' },
  { ours: 'sluice: publish, 1000 changed', peer: 'createrepo_c --update, 1000 changed' },
  {
    ours: 'sluice: mirror, verify and publish everything',
    peer: 'createrepo_c, everything',
  },
  { ours: 'sluice: sync, nothing new', peer: 'dnf reposync, nothing new' },
  { ours: 'sluice: publish, 10 changed', peer: 'aptly publish switch, 10 changed' },
  { ours: 'sluice: rollback, in one command', peer: 'aptly publish switch, back' },
  { ours: 'sluice: rollback, published', peer: 'aptly publish switch, back' },
];

function comparisonRow(results: Results, { ours, peer }: Comparison): readonly string[] {
  const [own, other] = [results.tasks.get(ours), results.tasks.get(peer)];
  if (!own || !other) return [];
  const ratio = (value: (run: Measurement) => number): string =>
    `${(median(other.map(value)) / median(own.map(value))).toFixed(1)}×`;
  const cells = [`${ours} / ${peer}`, ratio((r) => r.wallSeconds), ratio((r) => r.cpuSeconds)];
  return [`| ${cells.join(' | ')} |`];
}

function taskRow(task: Task, runs: readonly Measurement[]): string {
  const of = (value: (run: Measurement) => number) => median(runs.map(value));
  const walls = runs.map((run) => run.wallSeconds).toSorted((a, b) => a - b);
  const range = runs.length > 1 ? ` (${walls[0]?.toFixed(2)}–${walls.at(-1)?.toFixed(2)})` : '';
  const cells = [
    task,
    `${of((run) => run.wallSeconds).toFixed(2)}${range}`,
    of((run) => run.cpuSeconds).toFixed(2),
    (of((run) => run.peakBytes) / 1e6).toFixed(0),
    (of((run) => run.writtenBytes) / 1e6).toFixed(0),
    String(runs.length),
  ];
  return `| ${cells.join(' | ')} |`;
}

function warmRows({ warm }: Results): readonly string[] {
  const rows: readonly (readonly [string, number])[] = [
    ['next snapshot, 10 packages changed', warm.nextSnapshot],
    ['difference of adjacent snapshots', warm.difference],
    ['closure check of the next content', warm.closure],
    ['publish, 10 packages changed, signed', warm.publish],
  ];
  return rows.map(([what, time]) => `| ${what} | ${time.toFixed(1)} |`);
}

const bytesRatio = ({ metadataBytes: { sluice, createrepo } }: Results): string =>
  `${(sluice / createrepo).toFixed(2)}`;

const thousands = (count: number): string => count.toLocaleString('en-US');

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)] ?? Number.NaN;
}

/** The machine and the versions, without which numbers mean nothing. */
export async function machineText(peers: ReadonlySet<Peer>): Promise<string> {
  const processors = cpus();
  const versions = await Promise.all([...new Set([...peers].map(programOf)), 'git'].map(versionOf));
  return [
    `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node}`,
    ...versions,
    `load ${loadavg()[1]?.toFixed(1)}`,
    new Date().toISOString().slice(0, 10),
  ].join('; ');
}

async function versionOf(program: string): Promise<string> {
  const { stdout } = await execa(program, [versionWord(program)], { reject: false });
  return `${program} ${/\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] ?? '?'}`;
}
