import { mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { checkedAnswer } from './checked-answer.ts';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An installation in a temporary folder, used through the command line and plain git as people use it. */
export interface Site {
  readonly directory: string;
  readonly policy: string;
  readonly state: string;
  /** Runs a verb; any exit code is returned. */
  sluice(...args: readonly string[]): Promise<Run>;
  /** Runs a verb with `--output json` and returns what it answers; `codes` are the exit codes that are expected. */
  ask<T>(args: readonly string[], codes?: readonly number[]): Promise<T>;
  /** git in the policy repository, as a person. */
  git(...args: readonly string[]): Promise<string>;
  /** Lets time pass for the site and its people. */
  wait(seconds: number): void;
  /** What its programs are started with. */
  environment(): Readonly<Record<string, string>>;
  /** The same site with another state directory. */
  withState(state: string): Site;
  /** Policy repository and state as they are now, in a folder that is not there yet; what they name stays shared. */
  copiedTo(directory: string): Promise<Site>;
  remove(): Promise<void>;
}

/** The program itself; run it with this Node. */
export const main = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** An empty temporary folder and the means to play in it; `sluice init` is the caller's. */
export async function site(): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-site-'));
  const clock = { offset: 0 };
  const started = Math.floor(Date.now() / 1000);
  return siteIn(directory, {
    now: () => started + clock.offset,
    wait: (seconds) => {
      clock.offset += seconds;
    },
  });
}

interface SiteClock {
  now(): number;
  wait(seconds: number): void;
}

function siteIn(directory: string, clock: SiteClock, state = join(directory, 'state')): Site {
  const policy = join(directory, 'site');
  const environment = () => ({
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HOME: directory,
    SLUICE_STATE: state,
    SLUICE_POLICY: policy,
    SLUICE_NOW: String(clock.now()),
    GIT_AUTHOR_NAME: 'Alice',
    GIT_AUTHOR_EMAIL: 'alice@example.org',
    GIT_COMMITTER_NAME: 'Alice',
    GIT_COMMITTER_EMAIL: 'alice@example.org',
    GIT_AUTHOR_DATE: `${clock.now()} +0000`,
    GIT_COMMITTER_DATE: `${clock.now()} +0000`,
  });
  const sluice = async (...args: readonly string[]): Promise<Run> => {
    const flags = ['--disable-warning=ExperimentalWarning', main];
    const result = await execa(process.execPath, [...flags, ...args], {
      env: environment(),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      cwd: directory,
    });
    return { code: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr };
  };
  return {
    directory,
    policy,
    state,
    sluice,
    ask: async (args, codes = [0]) => {
      const run = await sluice(...args, '--output', 'json');
      if (!codes.includes(run.code)) {
        throw new Error(`sluice ${args.join(' ')}: ${run.code}\n${run.stdout}\n${run.stderr}`);
      }
      return checkedAnswer(JSON.parse(run.stdout)) as never;
    },
    git: async (...args) => {
      const options = { cwd: policy, env: environment(), extendEnv: false };
      return (await execa('git', [...args], options)).stdout;
    },
    wait: (seconds) => clock.wait(seconds),
    environment,
    withState: (other) => siteIn(directory, clock, other),
    copiedTo: async (other) => {
      await mkdir(other);
      await execa('cp', ['-a', policy, join(other, 'site')]);
      await execa('cp', ['-a', state, join(other, 'state')]);
      const now = clock.now();
      return siteIn(other, { now: () => now, wait: () => undefined });
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** What repomd.xml names now and content alone determines: file name → bytes in hex. Older files lie beside it. */
export async function contentMetadata(
  state: string,
  path: string,
): Promise<Readonly<Record<string, string>>> {
  const repodata = await realpath(join(state, 'public', path, 'repodata'));
  const repomd = await readFile(join(repodata, 'repomd.xml'), 'utf8');
  const names = [...repomd.matchAll(/href="repodata\/([^"]+)"/g)].map((match) => match[1] ?? '');
  const wanted = names.filter((name) => /(primary|filelists|other|updateinfo)\.xml/.test(name));
  const entries = wanted.toSorted().map(async (name) => {
    const bytes = await readFile(join(repodata, name));
    return [name, bytes.toString('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
