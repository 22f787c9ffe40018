import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** What one process and everything it started took. */
export interface Measurement {
  readonly wallSeconds: number;
  /** Processor time, in programs and in the kernel for them. */
  readonly cpuSeconds: number;
  /** Resident memory of the largest of its processes at its highest. */
  readonly peakBytes: number;
  /** What it gave the file systems to write. */
  readonly writtenBytes: number;
  readonly stdout: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are expected; 0 by default. */
  readonly codes?: readonly number[];
}

/** Runs a program under time(1), which asks the kernel (wait4) what it used. */
export async function measure(command: Command): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-measure-'));
  const report = join(folder, 'time');
  const { program, args, cwd, env = {}, codes = [0] } = command;
  const format = ['--quiet', '--format=%e %U %S %M %O', `--output=${report}`];
  const result = await execa('/usr/bin/time', [...format, program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { LANG: 'C.UTF-8', TZ: 'UTC', ...env },
    stdin: 'ignore',
    reject: false,
  });
  if (result.exitCode === undefined || !codes.includes(result.exitCode)) {
    const said = `${result.stdout}\n${result.stderr}`.trim();
    throw new Error(`${program} ${args.join(' ')}: exit ${result.exitCode}\n${said}`);
  }
  const numbers = (await readFile(report, 'utf8')).trim().split(/\s+/).map(Number);
  await rm(folder, { recursive: true });
  const [wallSeconds = 0, user = 0, system = 0, peakKibibytes = 0, blocks = 0] = numbers;
  return {
    wallSeconds,
    cpuSeconds: user + system,
    peakBytes: peakKibibytes * 1024,
    writtenBytes: blocks * 512,
    stdout: result.stdout,
  };
}
