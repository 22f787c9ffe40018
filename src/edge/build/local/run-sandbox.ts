import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../../../model/index.ts';
import type { BuildOrder } from '../../../ports.ts';
import { agreeOnUsers } from './agree-on-users.ts';
import { type ControlGroup, controlGroup } from './control-group.ts';
import { endGroup, endInTime } from './end-in-time.ts';
import type { LogCapture } from './log-capture.ts';
import { type Identity, launchCommand, type Mount, sandboxArguments } from './sandbox-command.ts';
import { seccompFilter } from './seccomp-filter.ts';
import { type Unpacked, unpackOutput } from './unpack-output.ts';

/** One command in one sandbox. */
export interface SandboxJob {
  /** Names the control group; of no other sandbox at the same time. */
  readonly name: string;
  readonly identity: Identity;
  readonly mounts: readonly Mount[];
  /** Absolute path inside → its bytes. */
  readonly files: ReadonlyMap<string, AsyncIterable<Uint8Array> | Uint8Array | string>;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Program and arguments. It writes `beginMark` to descriptor 3 first and an archive of what should come out at the
   * end; its standard output is the log.
   */
  readonly command: readonly string[];
  readonly limits: BuildOrder['limits'];
  /** An empty folder for what comes out. */
  readonly outputDirectory: string;
  readonly log: LogCapture;
  readonly signal: AbortSignal;
}

export interface SandboxEnd {
  readonly exitCode: number | undefined;
  readonly output: Unpacked;
  /** Which limit ended it. */
  readonly hit?: 'time' | 'memory';
  readonly aborted: boolean;
  /** For the provenance: what kept it apart. */
  readonly settings: SandboxSettings;
}

export interface SandboxSettings {
  readonly arguments: readonly string[];
  readonly systemCallFilter: boolean;
  readonly controlGroup: boolean;
}

/** 0 to 2 as ever; 3 is the way out, 4 the filter, 5 and 6 the talk about users. */
const descriptors = { filter: 4, info: 5, block: 6, firstFile: 7 } as const;
const maxFiles = 4096;

/** Runs a command in a sandbox of its own. Throws `CannotIsolate` when there can be none: nothing ran then. */
export async function runSandbox(job: SandboxJob): Promise<SandboxEnd> {
  const filter = seccompFilter(process.arch);
  const paths = [...job.files.keys()];
  const root = process.getuid?.() === 0;
  const mapped = root && job.identity === 'installer';
  const sandbox = sandboxArguments({
    identity: job.identity,
    mounts: job.mounts,
    files: paths.map((path, index) => ({ path, descriptor: descriptors.firstFile + index })),
    ...(filter === undefined ? {} : { filter: descriptors.filter }),
    ...(mapped ? { users: { info: descriptors.info, block: descriptors.block } } : {}),
    environment: job.environment,
    limits: job.limits,
  });
  const { memoryBytes, diskBytes, processes } = job.limits;
  // Folders in memory count as memory.
  const group = await controlGroup(`sluice-${job.name}`, {
    memoryBytes: memoryBytes + diskBytes,
    processes,
  });
  const command = launchCommand([...sandbox, '--', ...job.command], limitsOf(job, group), {
    root,
    group: group.directories,
    identity: job.identity,
  });
  const settings = {
    arguments: sandbox,
    systemCallFilter: filter !== undefined,
    controlGroup: group.limitsMemory,
  };
  try {
    const end = await run(job, command, { filter, mapped });
    const memory = (await group.memoryKills()) > 0 && end.hit === undefined;
    return { ...end, ...(memory ? { hit: 'memory' as const } : {}), settings };
  } finally {
    await group.remove();
  }
}

function limitsOf({ limits }: SandboxJob, group: ControlGroup) {
  return {
    fileBytes: limits.diskBytes,
    ...(group.limitsMemory ? {} : { memoryBytes: limits.memoryBytes }),
    ...(group.limitsProcesses ? {} : { processes: limits.processes }),
  };
}

async function run(
  job: SandboxJob,
  command: readonly string[],
  given: { readonly filter: Uint8Array | undefined; readonly mapped: boolean },
): Promise<Omit<SandboxEnd, 'settings'>> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', ...Array(descriptors.firstFile - 1 + job.files.size).fill('pipe')],
  });
  const ended = once(child, 'close');
  // Judged below; until then it must not count as unhandled.
  ended.catch(() => undefined);
  // A pipe that the other side closed early is no news: how the child ended is told by itself.
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  const watch = endInTime(child, { seconds: job.limits.seconds, signal: job.signal });
  const complaint = gather(child.stderr);
  child.stdout?.on('data', (bytes: Buffer) => job.log.push(bytes));
  feed(child, [[descriptors.filter, given.filter ?? ''], ...inputs(job)]);
  if (given.mapped) {
    const users = {
      info: streamAt(child, descriptors.info),
      block: writableAt(child, descriptors.block),
    };
    agreeOnUsers(users).catch(() => endGroup(child));
  }
  const output = unpackOutput(streamAt(child, 3), {
    directory: job.outputDirectory,
    maxBytes: job.limits.diskBytes,
    maxFiles,
  });
  try {
    const unpacked = await output.finally(() => drain(child, 3));
    const [code] = await ended.catch((cause: unknown) => {
      throw missing(program, cause);
    });
    const aborted = job.signal.aborted;
    if (complaint() !== '') job.log.say(complaint());
    if (!unpacked.begun && !aborted && !watch.timedOut()) {
      throw cannotIsolate(complaint().trim() || `exit ${code}`);
    }
    return {
      exitCode: typeof code === 'number' ? code : undefined,
      output: unpacked,
      aborted,
      ...(watch.timedOut() ? { hit: 'time' as const } : {}),
    };
  } finally {
    watch.stop();
    if (child.exitCode === null && child.signalCode === null) endGroup(child);
  }
}

function* inputs(job: SandboxJob) {
  let descriptor: number = descriptors.firstFile;
  for (const bytes of job.files.values()) yield [descriptor++, bytes] as const;
}

type Input = AsyncIterable<Uint8Array> | Uint8Array | string;

/** All at once: bubblewrap takes them in its own order. What it no longer wants, because it ended, is not missed. */
function feed(child: ChildProcess, files: Iterable<readonly [number, Input]>): void {
  for (const [descriptor, bytes] of files) {
    const whole = typeof bytes === 'string' || bytes instanceof Uint8Array;
    const source = whole ? Readable.from([bytes]) : Readable.from(bytes, { objectMode: false });
    pipeline(source, writableAt(child, descriptor)).catch(() => undefined);
  }
}

function streamAt(child: ChildProcess, descriptor: number): Readable {
  const stream = child.stdio[descriptor];
  if (!(stream instanceof Readable)) throw new Error(`no stream at descriptor ${descriptor}`);
  return stream;
}

function writableAt(child: ChildProcess, descriptor: number): Writable {
  const stream = child.stdio[descriptor];
  if (!(stream instanceof Writable)) throw new Error(`no stream at descriptor ${descriptor}`);
  return stream;
}

/** A build that goes on writing must not wait for a reader that has seen enough. */
function drain(child: ChildProcess, descriptor: number): void {
  streamAt(child, descriptor).destroy();
}

function gather(stream: Readable | null): () => string {
  let text = '';
  stream?.on('data', (bytes: Buffer) => {
    if (text.length < 2000) text += bytes.toString('utf8');
  });
  return () => text.slice(0, 2000);
}

export function cannotIsolate(found: string): Fault {
  return new Fault('CannotIsolate', {
    object: 'build sandbox',
    check: 'bubblewrap keeps a command apart from this machine',
    expected: 'user namespaces for unprivileged users, and bubblewrap 0.8 or newer',
    found,
    fix: 'Run `sluice doctor`; it names what is missing here. Nothing is built until then.',
  });
}

function missing(program: string, cause: unknown): Fault {
  return new Fault('ToolMissing', {
    object: program,
    check: 'the program can be started',
    found: cause instanceof Error && 'code' in cause ? String(cause.code) : 'not found',
    fix: 'Install it: apt-get install bubblewrap util-linux',
    cause,
  });
}
