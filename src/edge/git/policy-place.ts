import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '../../model/index.ts';
import { checkPolicyUrl, checkRefName } from '../../policy/index.ts';
import type { Clock } from '../../ports.ts';
import { makeFolder, removeAll, writeText } from './own-files.ts';
import { type GitProgram, type GitProgramOptions, gitProgram, type Protocol } from './run-git.ts';
import { removeStaleLocks } from './stale-locks.ts';

export interface PolicyGitOptions {
  /** An absolute path of a repository on this machine, or an https or ssh URL. */
  readonly url: string;
  readonly branch: string;
  /** What of the far side is followed, where it is not that branch: `refs/tags/v1`. */
  readonly watched?: string;
  /** The state directory; the mirror is `<state>/policy.git`, the private clone `<state>/clone`. */
  readonly state: string;
  /** A folder of its own for a process that only reads the state directory of another user. */
  readonly scratch?: string;
  readonly identity: { readonly name: string; readonly email: string };
  readonly clock: Clock;
  /** Where programs are looked for; the usual system folders by default. */
  readonly path?: string;
  readonly timeoutSeconds?: number;
  /** Of every file that git writes. */
  readonly fileBytes?: number;
  /** Who git is at an http(s) address, asked for each transfer; anonymous by default. */
  readonly credentials?: () => Promise<GitCredentials>;
}

export interface GitCredentials {
  readonly username: string;
  readonly password: string;
}

/** Where everything of one policy repository is, and the git to reach it with. */
export interface PolicyPlace {
  readonly url: string;
  /** Git directory of the policy repository when it is on this machine. */
  readonly localGitDirectory: string | undefined;
  /** It has a working tree that people edit. */
  readonly workTree: string | undefined;
  readonly protocols: readonly Protocol[];
  readonly branch: string;
  /** Full name of what is followed on the far side. */
  readonly watched: string;
  readonly mirror: string;
  readonly clone: string;
  readonly staging: string;
  readonly program: GitProgramOptions;
  readonly git: GitProgram;
  readonly identity: { readonly name: string; readonly email: string };
  readonly clock: Clock;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Address and branch are judged here, before any git is started with them. */
export function policyPlace(options: PolicyGitOptions): PolicyPlace {
  checkAddress(options);
  const path = localPath(options.url);
  const gitDirectory = path === undefined ? undefined : gitDirectoryOf(path);
  const staging = options.scratch ?? join(options.state, 'staging');
  const mirror = join(options.state, 'policy.git');
  const program: GitProgramOptions = {
    home: join(staging, 'git-home'),
    path: options.path ?? systemPath,
    ...((gitDirectory !== undefined && foreign(gitDirectory)) || foreign(mirror)
      ? { globalConfig: join(staging, 'git-config') }
      : {}),
    ...(options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds }),
    ...(options.fileBytes === undefined ? {} : { fileBytes: options.fileBytes }),
  };
  const place: PolicyPlace = {
    url: path ?? options.url,
    localGitDirectory: gitDirectory,
    workTree: gitDirectory !== undefined && gitDirectory !== path ? path : undefined,
    protocols: protocolsOf(options.url, path),
    branch: options.branch,
    watched: options.watched ?? `refs/heads/${options.branch}`,
    mirror,
    clone: join(options.state, 'clone'),
    staging,
    program,
    git: withCredentials(gitProgram(program), options),
    identity: options.identity,
    clock: options.clock,
  };
  // Who reads only never fetches, which is when git is told to trust the repositories.
  if (options.scratch !== undefined) trustNow(place);
  return place;
}

function trustNow({ program, mirror, staging }: PolicyPlace): void {
  if (program.globalConfig === undefined) return;
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  writeFileSync(program.globalConfig, `[safe]\n\tdirectory = ${JSON.stringify(mirror)}\n`);
}

function protocolsOf(url: string, path: string | undefined): readonly Protocol[] {
  if (path !== undefined) return ['file'];
  // Plain http passes the address check on this machine only.
  return /^http:/i.test(url) ? ['http'] : ['https', 'ssh'];
}

/** The password travels in the environment, for this address only: never in an argument that everybody can list. */
function withCredentials(git: GitProgram, { credentials, url }: PolicyGitOptions): GitProgram {
  if (credentials === undefined || !/^https?:/i.test(url)) return git;
  return async (call) => {
    if (call.protocols === undefined) return git(call);
    const { username, password } = await credentials();
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    const env = {
      ...call.env,
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: `http.${new URL(url).origin}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
      GIT_CONFIG_KEY_1: 'http.followRedirects',
      GIT_CONFIG_VALUE_1: 'false',
    };
    return git({ ...call, env });
  };
}

function checkAddress({ url, branch }: PolicyGitOptions): void {
  const verdict = checkPolicyUrl(url);
  if ('problem' in verdict) {
    throw new Fault('Usage', {
      object: `policy repository ${url}`,
      check: 'not an address that git is given',
      ...(verdict.problem.startsWith('expected ')
        ? { expected: verdict.problem.slice('expected '.length) }
        : { found: verdict.problem }),
      fix: 'Give https://…, ssh://… or a directory (without file://) with --policy or SLUICE_POLICY.',
    });
  }
  if (checkRefName(branch)) return;
  throw new Fault('Usage', {
    object: `branch ${branch}`,
    check: 'the watched branch has a plain name',
    expected: 'letters, digits, and . _ - / inside',
    fix: 'Name the branch as `git branch` lists it, such as main.',
  });
}

function localPath(url: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? undefined : resolve(url);
}

function gitDirectoryOf(path: string): string {
  const inner = join(path, '.git');
  return existsSync(inner) ? inner : path;
}

const foreign = (directory: string): boolean =>
  existsSync(directory) && statSync(directory).uid !== process.getuid?.();

/**
 * A bare repository whose configuration is ours: it is compared before each use and written anew when anybody changed
 * it, so that nothing in it can start a program.
 */
export async function ensureBare(
  place: PolicyPlace,
  directory: string,
  alternate?: string,
): Promise<void> {
  if (existsSync(join(directory, 'HEAD'))) await removeStaleLocks(directory);
  else await makeBare(place, directory);
  await ownConfig(directory);
  const alternates = join(directory, 'objects', 'info', 'alternates');
  if (alternate === undefined) await removeAll(alternates);
  else await keepText(alternates, `${join(alternate, 'objects')}\n`);
}

/** Several processes may find it absent at once: whoever renames a whole one into place first wins. */
async function makeBare(place: PolicyPlace, directory: string): Promise<void> {
  await withStaging(place, async (staging) => {
    const made = join(staging, 'made');
    await layOut(place, made);
    await makeFolder(dirname(directory));
    await rename(made, directory).catch(() => undefined);
  });
  // A damaged one is in the way: it is completed where it is.
  if (!existsSync(join(directory, 'HEAD'))) await layOut(place, directory);
}

/** What git takes for a repository (gitrepository-layout(5)), its configuration aside. */
async function layOut(place: PolicyPlace, directory: string): Promise<void> {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    await makeFolder(join(directory, folder));
  }
  await writeText(join(directory, 'HEAD'), `ref: refs/heads/${place.branch}\n`);
}

export async function ownConfig(directory: string): Promise<void> {
  const config = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n';
  await keepText(join(directory, 'config'), config);
}

/** git refuses a repository of another owner unless its user says otherwise; reading the policy is meant. */
export async function ensureTrusted(place: PolicyPlace): Promise<void> {
  const { globalConfig } = place.program;
  if (globalConfig === undefined) return;
  const quoted = (text: string | undefined) => JSON.stringify(text ?? '');
  const directories = [place.url, place.localGitDirectory, place.mirror].map(quoted);
  const lines = directories.map((d) => `\tdirectory = ${d}\n`).join('');
  await keepText(globalConfig, `[safe]\n${lines}`);
}

async function keepText(path: string, text: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === text) return;
  await writeText(path, text);
}

/** A folder that lives as long as the work in it. */
export async function withStaging<T>(
  place: PolicyPlace,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = join(place.staging, `git-${randomBytes(8).toString('hex')}`);
  await makeFolder(directory, 0o700);
  try {
    return await work(directory);
  } finally {
    await removeAll(directory);
  }
}

/** Turns git's complaint about the far side into the code that says so. */
export function unavailable(place: PolicyPlace, error: unknown): unknown {
  if (!(error instanceof Fault) || error.code !== 'ToolFailed') return error;
  return new Fault('PolicyUnavailable', {
    object: place.url,
    check: 'the policy repository can be fetched',
    ...(error.found === undefined ? {} : { found: error.found }),
    fix: 'Check the address, the network and the rights; the last accepted policy stays in force.',
    cause: error,
  });
}
