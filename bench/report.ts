import { cpus, totalmem } from 'node:os';
import { execa } from 'execa';
import type { Measurement } from './measure.ts';

/** What was done, and what it took each time. */
export interface Row {
  readonly task: string;
  readonly runs: readonly Measurement[];
}

/** A markdown table: medians, and the range of the wall clock where there was more than one run. */
export function tableText(rows: readonly Row[]): string {
  const head = [
    '| task | wall s | user s | system s | peak RSS MB | runs |',
    '|---|---|---|---|---|---|',
  ];
  return [...head, ...rows.map(rowText)].join('\n');
}

function rowText({ task, runs }: Row): string {
  const of = (value: (run: Measurement) => number) => runs.map(value).toSorted((a, b) => a - b);
  const wall = of((run) => run.wallSeconds);
  const range = runs.length > 1 ? ` (${wall[0]?.toFixed(1)}–${wall.at(-1)?.toFixed(1)})` : '';
  const cells = [
    task,
    `${median(wall).toFixed(1)}${range}`,
    median(of((run) => run.userSeconds)).toFixed(1),
    median(of((run) => run.systemSeconds)).toFixed(1),
    (median(of((run) => run.peakBytes)) / 1e6).toFixed(0),
    String(runs.length),
  ];
  return `| ${cells.join(' | ')} |`;
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** The machine and the versions, without which numbers mean nothing. */
export async function machineText(): Promise<string> {
  const version = async (program: string, ...args: readonly string[]) =>
    (await execa(program, [...args])).stdout.split('\n')[0]?.trim() ?? '';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const processors = cpus();
  const peers = await Promise.all([
    version('createrepo_c', '--version'),
    version('git', 'version'),
  ]);
  return [
    `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${memory}`,
    `Node ${process.versions.node}, createrepo_c ${peers[0]?.replace('Version: ', '').split(' ')[0]}, ${peers[1]}`,
    new Date().toISOString().slice(0, 10),
  ].join('; ');
}
