import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PolicyGitOptions, policyGit } from '../../src/edge/git/index.ts';
import type { CommitId } from '../../src/model/index.ts';
import type { PolicyGit } from '../../src/ports.ts';

export const controller = { name: 'Sluice', email: 'sluice@example.org' };

/** A real repository that a person edits with plain git, and a state directory beside it. */
export interface PolicyWorld {
  readonly root: string;
  readonly repository: string;
  readonly state: string;
  readonly clock: { time: number; now(): number };
  /** Plain git as a person, in the repository; answers what it printed. */
  git(...args: readonly string[]): string;
  write(path: string, text: string): void;
  /** Writes, adds and commits as a person. */
  commit(message: string, files: Readonly<Record<string, string | undefined>>): CommitId;
  readonly options: PolicyGitOptions;
  port(): PolicyGit;
  remove(): void;
}

export function policyWorld(options: { readonly bare?: boolean } = {}): PolicyWorld {
  const root = mkdtempSync(join(tmpdir(), 'sluice-policy-'));
  const person = join(root, 'policy');
  const clock = { time: 1_790_000_000, now: () => clock.time };
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
  const run = (directory: string, args: readonly string[]) =>
    execFileSync('git', ['-C', directory, ...args], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  mkdirSync(person);
  run(person, ['init', '--quiet', '--initial-branch=main']);
  run(person, ['config', 'receive.denyCurrentBranch', 'updateInstead']);
  const bare = join(root, 'policy-bare.git');
  if (options.bare === true) {
    run(root, ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
    run(person, ['remote', 'add', 'origin', bare]);
  }
  const repository = options.bare === true ? bare : person;
  const state = join(root, 'state');
  const place = { url: repository, branch: 'main', state, clock, path: env.PATH };
  const world: PolicyWorld = {
    root,
    repository,
    state,
    clock,
    options: { ...place, identity: controller },
    git: (...args) => run(person, args),
    write: (path, text) => {
      mkdirSync(dirname(join(person, path)), { recursive: true });
      writeFileSync(join(person, path), text);
    },
    commit: (message, files) => {
      for (const [path, text] of Object.entries(files)) {
        if (text === undefined) rmSync(join(person, path));
        else world.write(path, text);
      }
      run(person, ['add', '--all', '--', ...Object.keys(files)]);
      run(person, ['commit', '--quiet', '--allow-empty', '--message', message]);
      if (options.bare === true) run(person, ['push', '--quiet', '--force', 'origin', 'main']);
      return run(person, ['rev-parse', 'HEAD']) as CommitId;
    },
    port: () => policyGit(world.options),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  return world;
}
