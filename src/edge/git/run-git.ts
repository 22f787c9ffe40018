import type { ChildProcess } from 'node:child_process';
import { Fault } from '../../model/index.ts';
import { gitFault } from './git-fault.ts';
import { makeFolder } from './own-files.ts';

export type Protocol = 'file' | 'http' | 'https' | 'ssh';

export interface GitCall {
  /** The repository: `--git-dir`. Absent for commands that need none. */
  readonly directory?: string;
  readonly args: readonly string[];
  readonly input?: string | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;
  /** Exit codes that are answers, besides 0. */
  readonly allow?: readonly number[];
  /** Transports that this call may use; none by default. */
  readonly protocols?: readonly Protocol[];
  /** Added to the fixed environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export type GitProgram = (call: GitCall) => Promise<GitAnswer>;

export interface GitProgramOptions {
  /** An empty folder of our own, so that no personal configuration is read. */
  readonly home: string;
  /** Where programs are looked for. */
  readonly path: string;
  /** Configuration of our own that git reads as the global one; none by default. */
  readonly globalConfig?: string;
  readonly timeoutSeconds?: number;
  /** Of every file that it writes; whatever is larger ends the command. */
  readonly fileBytes?: number;
}

const maxBuffer = { stdout: 512 * 1024 * 1024, stderr: 1024 * 1024 };
const graceMilliseconds = 1000;

/**
 * Settings that no repository may override: no hook, filter daemon, symlink or background job, every object checked on
 * arrival, everything written on disk before it is named.
 */
export const fixedConfig = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.symlinks=false',
  'core.fsync=objects,derived-metadata,reference',
  'core.fsyncMethod=batch',
  'protocol.allow=never',
  'fetch.fsckObjects=true',
  'transfer.fsckObjects=true',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'commit.gpgSign=false',
  'push.gpgSign=false',
  'credential.helper=',
] as const;

/** The whole environment of every git process; nothing is inherited. */
export function gitEnvironment(
  options: GitProgramOptions,
  protocols: readonly string[] = [],
): Record<string, string> {
  return {
    PATH: options.path,
    HOME: options.home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: options.globalConfig ?? '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: protocols.join(':') || 'none',
    GIT_NO_REPLACE_OBJECTS: '1',
    // Other ways to tell another history than the commits themselves do.
    GIT_GRAFT_FILE: '/dev/null',
    GIT_SHALLOW_FILE: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oClearAllForwardings=yes',
  };
}

/** Runs `git` with a fixed environment and a time limit for the whole process group. */
export function gitProgram(options: GitProgramOptions): GitProgram {
  const limitMilliseconds = (options.timeoutSeconds ?? 300) * 1000;
  return async (call) => {
    await makeFolder(options.home, 0o700);
    // Loaded here: most passes need no git at all.
    const { execa } = await import('execa');
    const [program, ...args] = commandOf(options, call);
    const child = execa(program, args, {
      extendEnv: false,
      env: { ...gitEnvironment(options, call.protocols), ...call.env },
      cwd: options.home,
      stdin: call.input === undefined ? 'ignore' : 'pipe',
      ...(typeof call.input === 'string' ? { input: call.input } : {}),
      ...(call.input !== undefined && typeof call.input !== 'string' ? { stdin: call.input } : {}),
      encoding: 'buffer',
      maxBuffer,
      reject: false,
      killDescendants: true,
      stripFinalNewline: false,
    });
    const state = endGroupInTime(child.nodeChildProcess, limitMilliseconds);
    const result = await child.finally(state.stop);
    const stderr = new TextDecoder().decode(result.stderr);
    if (result.exitCode !== undefined && !state.timedOut()) {
      const answer = { exitCode: result.exitCode, stdout: Buffer.from(result.stdout), stderr };
      if (answer.exitCode === 0 || call.allow?.includes(answer.exitCode)) return answer;
      throw failed(call, `exit ${answer.exitCode}: ${lastLines(stderr)}`);
    }
    if (state.timedOut()) throw failed(call, `no end after ${limitMilliseconds / 1000} seconds`);
    if (result.code === 'ENOENT' || result.code === 'EACCES') throw missing(result.code);
    throw failed(
      call,
      result.signal === undefined ? lastLines(stderr) : `ended by ${result.signal}`,
    );
  };
}

function commandOf({ fileBytes }: GitProgramOptions, call: GitCall): [string, ...string[]] {
  const command = ['git', ...argumentsOf(call)] as const;
  return fileBytes === undefined ? [...command] : ['prlimit', `--fsize=${fileBytes}`, ...command];
}

function argumentsOf(call: GitCall): readonly string[] {
  const config = fixedConfig.flatMap((c) => ['-c', c]);
  const allowed = (call.protocols ?? []).flatMap((p) => ['-c', `protocol.${p}.allow=always`]);
  const place = call.directory === undefined ? [] : [`--git-dir=${call.directory}`];
  return ['--no-pager', ...config, ...allowed, ...place, ...call.args];
}

/**
 * A child may hang, ignore SIGTERM, or end while a grandchild still holds our pipe. In each case its whole group goes,
 * and the pipes are closed so that the promise settles.
 */
function endGroupInTime(child: ChildProcess, limitMilliseconds: number) {
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const after = (milliseconds: number, act: () => void) =>
    timers.push(setTimeout(act, milliseconds));
  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The group is gone already.
    }
  };
  const finish = () => {
    signal('SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  after(limitMilliseconds, () => {
    timedOut = true;
    signal('SIGTERM');
    after(graceMilliseconds, finish);
  });
  child.once('exit', () => after(graceMilliseconds, finish));
  return {
    timedOut: () => timedOut,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      // The child itself may have obeyed SIGTERM while others of its group did not.
      if (timedOut) signal('SIGKILL');
    },
  };
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-4).join(' | ').slice(-600);
}

function failed(call: GitCall, found: string): Fault {
  const verb = call.args.find((a) => !a.startsWith('-')) ?? 'git';
  return gitFault(`git ${verb}`, 'the command ends well', found);
}

function missing(code: string): Fault {
  return new Fault('ToolMissing', {
    object: 'git',
    check: 'the program can be started',
    found: code,
    fix: 'Install it: apt-get install git',
  });
}

/** Output that must be exactly one object name; anything else means that git did not do its work. */
export function objectName(answer: GitAnswer, what: string): string {
  return objectNameIn(answer.stdout.toString('latin1'), what);
}

export function objectNameIn(output: string, what: string): string {
  const text = output.trim();
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return text;
  throw new Fault('ToolFailed', {
    object: 'git',
    check: `${what} has an object name`,
    expected: '40 or 64 hex digits',
    found: text.slice(0, 80) || 'nothing',
    fix: 'Run `sluice doctor`; it names what git needs here.',
  });
}
