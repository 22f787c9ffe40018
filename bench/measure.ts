import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** What one process and everything it started took. */
export interface Measurement {
  readonly wallSeconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Resident memory of the largest of its processes at its highest. */
  readonly peakBytes: number;
  readonly stdout: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are expected; 0 by default. */
  readonly codes?: readonly number[];
}

/** Runs a program under time(1), which asks the kernel (wait4) what it used. */
export async function measure(command: Command): Promise<Measurement> {
  const report = join(tmpdir(), `sluice-bench-${process.pid}.time`);
  const { program, args, env = {}, codes = [0] } = command;
  const format = ['--quiet', '--format=%e %U %S %M', `--output=${report}`];
  const result = await execa('/usr/bin/time', [...format, program, ...args], {
    env: { LANG: 'C.UTF-8', TZ: 'UTC', ...env },
    stdin: 'ignore',
    reject: false,
  });
  if (result.exitCode === undefined || !codes.includes(result.exitCode)) {
    const said = `${result.stdout}\n${result.stderr}`.trim();
    throw new Error(`${program} ${args.join(' ')}: exit ${result.exitCode}\n${said}`);
  }
  const numbers = (await readFile(report, 'utf8')).trim().split(/\s+/).map(Number);
  await rm(report);
  const [wallSeconds = 0, userSeconds = 0, systemSeconds = 0, peakKibibytes = 0] = numbers;
  const peakBytes = peakKibibytes * 1024;
  return { wallSeconds, userSeconds, systemSeconds, peakBytes, stdout: result.stdout };
}
