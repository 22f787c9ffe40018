import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { main, type Site } from './site.ts';

/** The Nth call of one kind that a thread of the program makes. */
export interface Point {
  readonly call: string;
  readonly number: number;
  /** The same call as the Nth on one file of the state directory. */
  readonly on: { readonly path: string; readonly number: number };
}

/** What strace does to the program: nothing, end it before the call, or have the call fail once. */
export type Injection = 'signal=KILL' | 'error=ENOSPC' | 'error=EIO';

const changing = [
  'write',
  'pwrite64',
  'fsync',
  'fdatasync',
  'rename',
  'link',
  'symlink',
  'mkdir',
  'rmdir',
  'unlink',
  'ftruncate',
];

export const hasStrace = spawnSync('strace', ['-V']).status === 0;

/**
 * Runs a verb of the real program under strace, one thread for all its file operations. `-b execve` lets go of git,
 * which is killed and refused things in tests of its own. null: it was killed.
 */
export async function runUnder(
  site: Site,
  args: readonly string[],
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly said: string }> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', main, ...args];
  const result = await execa('strace', ['-f', '-qq', '-b', 'execve', ...options, ...node], {
    env: { ...site.environment(), UV_THREADPOOL_SIZE: '1' },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    cwd: site.directory,
  });
  return { code: result.exitCode ?? null, said: `${result.stdout}\n${result.stderr}` };
}

/**
 * Runs a verb with one call of it spoilt; `hit` is that call as strace wrote it down. Writes that fail are told by
 * their file: Node ends at once when its own pipes fail.
 */
export async function runWith(
  site: Site,
  args: readonly string[],
  { point, injection }: { readonly point: Point; readonly injection: Injection },
) {
  const log = join(site.directory, 'calls');
  const { call, on } = point;
  const byFile = call === 'write' && injection !== 'signal=KILL';
  const number = byFile ? on.number : point.number;
  const run = await runUnder(site, args, [
    ...['-y', '-s', '0', '-o', log],
    ...(byFile ? ['-P', join(site.state, on.path)] : []),
    ...['-e', `trace=${call}`, '-e', `inject=${call}:${injection}:when=${number}`],
  ]);
  const lines = (await readFile(log, 'utf8')).split('\n');
  return { ...run, hit: lines.find((line) => line.includes('(INJECTED)')) };
}

/** Every call of an undisturbed run that changes something below the state directory, in the order of time. */
export async function pointsOf(site: Site, args: readonly string[]): Promise<readonly Point[]> {
  const log = join(site.directory, 'calls');
  await runUnder(site, args, ['-y', '-s', '0', '-o', log, '-e', `trace=${changing.join()}`]);
  const counts = new Map<string, number>();
  const count = (what: string): number => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    return counts.get(what) ?? 0;
  };
  const points = new Map<string, Point>();
  for (const line of (await readFile(log, 'utf8')).split('\n')) {
    const [, thread = '', call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (call === '') continue;
    const number = count(`${thread} ${call}`);
    const start = line.indexOf(site.state);
    if (start < 0 || line.includes(' = -1 ')) continue;
    const path = /^\/([^">]*)/.exec(line.slice(start + site.state.length))?.[1] ?? '';
    const on = { path, number: count(`${call} ${path}`) };
    points.set(`${call} ${number}`, { call, number, on });
  }
  await rm(log);
  return [...points.values()];
}

/**
 * As many as asked for, evenly spread; `SLUICE_SEED` shifts them, `SLUICE_SWEEP=all` takes every one.
 */
export function someOf<T>(points: readonly T[], wanted: number): readonly T[] {
  if (process.env.SLUICE_SWEEP === 'all') return points;
  const step = Math.max(1, Math.ceil(points.length / wanted));
  const offset = Number(process.env.SLUICE_SEED ?? 0) % step;
  return points.filter((_, index) => index % step === offset);
}
