import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PolicyGitOptions } from '../../src/edge/git/index.ts';
import type { CommitId } from '../../src/model/index.ts';
import type { Forge } from '../../src/ports.ts';
import type { Dialect } from './loopback-forge/dialect.ts';
import type { LoopbackApp } from './loopback-forge/loopback-app.ts';
import { LoopbackForge } from './loopback-forge/loopback-forge.ts';
import { controller } from './policy-repository.ts';

export const repository = 'acme/policy';
export const botToken = 'loopback-token-of-the-controller';

/** The adapter under test, for a forge at `origin` and the git options to reach its repository. */
export type MakeForge = (
  git: PolicyGitOptions,
  api: { readonly origin: string; readonly repository: string; readonly token: string },
) => Forge;

/** A loopback forge with one repository, and a person with plain git on the same machine. */
export async function forgeWorld(dialect: Dialect, make: MakeForge, app?: LoopbackApp) {
  const root = mkdtempSync(join(tmpdir(), 'sluice-forge-'));
  const clock = { time: 1_790_000_000, now: () => clock.time };
  const bare = join(root, 'srv', `${repository}.git`);
  const person = join(root, 'person');
  const run = runner(root);
  mkdirSync(person, { recursive: true });
  run(root, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  run(root, `--git-dir=${bare}`, 'config', 'http.receivepack', 'true');
  run(person, 'init', '--quiet', '--initial-branch=main');
  run(person, 'remote', 'add', 'origin', bare);
  const users = { [botToken]: 'sluice-bot', 'loopback-token-of-alice': 'alice' };
  const now = () => clock.time;
  const served = { dialect, root: join(root, 'srv'), repository, users, now };
  const server = new LoopbackForge({ ...served, ...(app ? { app } : {}) });
  await server.start();
  const commit = (branch: string, path: string, text: string): CommitId => {
    run(person, 'switch', '--quiet', branch);
    run(person, 'fetch', '--quiet', 'origin');
    if (server.store.tip(branch)) run(person, 'reset', '--quiet', '--hard', `origin/${branch}`);
    mkdirSync(dirname(join(person, path)), { recursive: true });
    writeFileSync(join(person, path), text);
    run(person, 'add', path);
    run(person, 'commit', '--quiet', '--message', 'by hand');
    run(person, 'push', '--quiet', 'origin', branch);
    return run(person, 'rev-parse', 'HEAD') as CommitId;
  };
  run(person, 'commit', '--quiet', '--allow-empty', '--message', 'root');
  commit('main', 'sluice.yaml', 'kind: Site\n');
  const forgeFor = (name: string, token = botToken): Forge => {
    const git: PolicyGitOptions = {
      ...{ url: server.cloneUrl, branch: 'main', state: join(root, name), clock },
      ...{ identity: controller, path: process.env.PATH ?? '' },
      credentials: async () => ({ username: 'x-access-token', password: token }),
    };
    return make(git, { origin: server.origin, repository, token });
  };
  return {
    ...{ server, clock, root, run, person, commit, forgeFor },
    forge: forgeFor('state'),
    tip: (branch: string) => server.store.tip(branch) as CommitId,
    remove: async () => {
      await server.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export type LoopbackWorld = Awaited<ReturnType<typeof forgeWorld>>;

function runner(root: string) {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: root,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Alice',
    GIT_AUTHOR_EMAIL: 'alice@example.org',
    GIT_COMMITTER_NAME: 'Alice',
    GIT_COMMITTER_EMAIL: 'alice@example.org',
  };
  return (directory: string, ...args: readonly string[]): string =>
    execFileSync('git', ['-C', directory, ...args], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
}
