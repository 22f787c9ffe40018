import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Fault } from '../../model/index.ts';

export interface ProgramRun {
  readonly command: readonly string[];
  readonly directory: string;
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** What it writes, of both streams. */
  readonly said: (bytes: Uint8Array) => void;
}

export interface ProgramEnd {
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
}

/** For a program that cleans up after itself when it is asked to end. */
const graceMilliseconds = 20_000;

/** Runs a program of this machine in a process group of its own, which ends with the time or the signal. */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const [program = '', ...args] = run.command;
  run.signal.throwIfAborted();
  const child = spawn(program, args, {
    detached: true,
    cwd: run.directory,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: run.directory, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', run.said);
  child.stderr.on('data', run.said);
  const watch = endInTime(child, run);
  try {
    const [code] = await once(child, 'close').catch((cause: unknown) => {
      throw missing(program, cause);
    });
    run.signal.throwIfAborted();
    const exitCode = typeof code === 'number' ? code : undefined;
    return { exitCode, timedOut: watch.timedOut() };
  } finally {
    watch.stop();
    signalGroup(child, 'SIGKILL');
  }
}

function endInTime(child: ChildProcess, run: ProgramRun) {
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const end = () => {
    signalGroup(child, 'SIGTERM');
    timers.push(setTimeout(() => signalGroup(child, 'SIGKILL'), graceMilliseconds));
  };
  timers.push(
    setTimeout(() => {
      timedOut = true;
      end();
    }, run.seconds * 1000),
  );
  run.signal.addEventListener('abort', end, { once: true });
  return {
    timedOut: () => timedOut,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      run.signal.removeEventListener('abort', end);
    },
  };
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name);
  } catch {
    // It ended by itself.
  }
}

function missing(program: string, cause: unknown): Fault {
  return new Fault('ToolMissing', {
    object: program,
    check: 'the program can be started',
    found: cause instanceof Error && 'code' in cause ? String(cause.code) : 'not found',
    fix: `Install ${program}, or give the policy another builder (build.builder).`,
    cause,
  });
}
