import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real Open Build Service backend with one worker, from Debian's packages, on ports of its own. */
export interface ObsServer {
  /** Of the source server, which answers for the whole backend. */
  readonly url: string;
  /** The last lines that each program wrote, for a test that failed. */
  logs(): string;
  /** Ends every process of it and removes its folder. */
  stop(): Promise<void>;
}

const installed = '/usr/lib/obs/server';

/** Its worker wants root, and newer Debians may be without it. */
export const hasObs = process.getuid?.() === 0 && existsSync(join(installed, 'bs_srcserver'));

/** Starts it in a folder below the temporary one; nothing of an installed service is touched. Wants root. */
export async function startObs(): Promise<ObsServer> {
  const work = mkdtempSync(join(tmpdir(), 'sluice-obs-'));
  const [source, repository, worker] = await freePorts(3);
  const url = `http://127.0.0.1:${source}`;
  const addresses = { source: url, repository: `http://127.0.0.1:${repository}` };
  prepare(work, addresses);
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: readonly string[]): void => {
    started.push(startProgram(work, program, args));
  };
  const server: ObsServer = {
    url,
    logs: () => logs(work),
    stop: async () => {
      await Promise.all(started.map(endGroup));
      release(work);
      rmSync(work, { recursive: true, force: true });
    },
  };
  try {
    start('bs_srcserver');
    start('bs_repserver');
    await answers(`${addresses.source}/about`);
    await answers(`${addresses.repository}/about`);
    start('bs_sched', architecture());
    start('bs_dispatch');
    start('bs_dodup');
    start('bs_worker', ...workerArguments(work, { ...addresses, port: String(worker) }));
    return server;
  } catch (error) {
    const said = server.logs();
    await server.stop();
    throw new Error(`the Open Build Service did not start\n${said}`, { cause: error });
  }
}

export function architecture(): string {
  return execFileSync('rpm', ['--eval', '%{_arch}'], { encoding: 'utf8' }).trim();
}

interface Addresses {
  readonly source: string;
  readonly repository: string;
}

/** Its programs read their settings from the folder that they are started in, so they get a folder. */
function prepare(work: string, addresses: Addresses): void {
  chmodSync(work, 0o755);
  cpSync(installed, join(work, 'server'), { recursive: true, verbatimSymlinks: true });
  const server = join(work, 'server');
  for (const name of ['build', 'BSConfig.pm']) rmSync(join(server, name), { force: true });
  symlinkSync('/usr/lib/obs-build', join(server, 'build'));
  writeFileSync(join(server, 'BSConfig.pm'), settings(work, addresses));
  for (const name of ['bs', 'bs/run', 'bs/log', 'worker-root', 'worker-state', 'bin', 'out']) {
    mkdirSync(join(work, name));
  }
  writeFileSync(join(work, 'bin/gpg2'), oldGpg, { mode: 0o755 });
  execFileSync('chown', ['-R', 'obsrun:obsrun', join(work, 'bs')]);
}

/** This version of bs_dodup counts on a gpg of that name which keeps keys in the file of that name. */
const oldGpg = `#!/bin/sh
[ "$2" != --homedir ] || : >> "$3/pubring.gpg"
exec gpg "$@"
`;

function settings(work: string, { source, repository }: Addresses): string {
  return `package BSConfig;
our $srcserver = '${source}';
our $reposerver = '${repository}';
our $ipaccess = { '127\\..*' => 'rw,worker' };
our $bsdir = '${work}/bs';
our $rundir = "$bsdir/run";
our $logdir = "$bsdir/log";
our $bsuser = 'obsrun';
our $bsgroup = 'obsrun';
our $nosharedtrees = 2;
our $packtrack = [];
our $sign_project = 0;
our $obsname = 'obs.example.org';
our $enable_download_on_demand = 1;
1;
`;
}

function workerArguments(
  work: string,
  { source, repository, port }: Addresses & { readonly port: string },
): readonly string[] {
  const places = ['--root', join(work, 'worker-root'), '--statedir', join(work, 'worker-state')];
  const servers = ['--srcserver', source, '--reposerver', repository];
  return [...places, ...servers, '--port', port, '--id', 'test:1', '--arch', architecture()];
}

function startProgram(work: string, program: string, args: readonly string[]): ChildProcess {
  const out = openSync(join(work, 'out', program), 'a');
  return spawn(join(work, 'server', program), args, {
    cwd: work,
    // A group of its own: some of its helpers outlive the program that started them.
    detached: true,
    stdio: ['ignore', out, out],
    env: { PATH: `${work}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: work, LC_ALL: 'C.UTF-8' },
  });
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!signalGroup(child.pid, signal)) return;
    for (let tries = 0; tries < 20 && signalGroup(child.pid, 0); tries++) await pause(100);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** A build that was ended leaves what it mounted. */
function release(work: string): void {
  const mounted = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${work}/`));
  for (const path of mounted.toReversed()) execFileSync('umount', ['--lazy', path]);
}

function logs(work: string): string {
  return execFileSync('sh', ['-c', `tail -n 25 ${work}/out/* ${work}/bs/log/* 2>&1 || :`], {
    encoding: 'utf8',
  });
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const reached = await fetch(url, { signal: AbortSignal.timeout(5000) })
      .then(async (response) => (await response.arrayBuffer()).byteLength > 0)
      .catch(() => false);
    if (reached) return;
    if (tries >= 150) throw new Error(`${url} does not answer`);
    await pause(200);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
}
