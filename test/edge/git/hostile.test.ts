import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localForge } from '../../../src/edge/forge/local/index.ts';
import { type PolicyGitOptions, policyGit } from '../../../src/edge/git/index.ts';
import { Fault } from '../../../src/model/index.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';
import { question } from '../forge/conformance.ts';

const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();

let world: PolicyWorld;
let canary: string;
beforeEach(() => {
  world = policyWorld();
  canary = join(world.root, 'canary');
});
afterEach(() => {
  vi.unstubAllEnvs();
  world.remove();
});

/** A folder for PATH whose `git` is this script; `$real` is the true one. */
function shim(script: string, mode = 0o755): PolicyGitOptions {
  const folder = join(world.root, 'shims');
  mkdirSync(folder, { recursive: true });
  const text = `#!/bin/sh\nreal=${realGit}\nroot=${world.root}\nPATH=/usr/bin:/bin\n${script}\n`;
  writeFileSync(join(folder, 'git'), text);
  chmodSync(join(folder, 'git'), mode);
  return { ...world.options, path: folder, timeoutSeconds: 2 };
}

/** Fetch, accept, commit, log, proposal, merge: every kind of git process there is. */
async function everything(options: PolicyGitOptions): Promise<void> {
  const port = policyGit(options);
  const head = await port.fetch();
  await port.accept(head);
  for (const file of await port.files(head)) await port.readText(head, file.path);
  const made = await port.commitToWatched(head, 'x', [{ path: `x${head}`, text: 'x' }]);
  await port.accept(await port.fetch(head));
  await port.appendLog('one', [{ path: `records/${head}.json`, text: '{}' }]);
  const forge = localForge(options);
  const changes = [{ path: `p${head}`, text: 'p' }];
  const identity = `errata/testing/${head}`;
  const put = { ...question({ identity }), body: 'b', base: made, changes };
  const { number } = await forge.put(put);
  await forge.approve(number, 'alice');
  await forge.merge(number);
}

const faultOf = async (work: () => Promise<unknown>): Promise<Fault> => {
  const error = await work().then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof Fault) return error;
  throw new Error(`no fault: ${String(error)}`);
};

describe('addresses and names', () => {
  it.each([
    'ext::sh -c touch% canary',
    'file:///etc',
    '-oProxyCommand=touch canary',
    'ssh://-oProxyCommand=touch/x',
    'https://example.org/a\nb',
    'fd::17',
    'http://example.org/policy',
    'https://user:canary-secret@example.org/policy',
    '--upload-pack=touch canary',
  ])('[H01] refuses %j before git is started', async (url) => {
    const options = { ...shim(`touch ${canary}`), url };
    const fault = await faultOf(async () => policyGit(options).fetch());
    expect(fault.code).toBe('Usage');
    expect(JSON.stringify(fault)).not.toContain('canary-secret');
    expect(existsSync(canary)).toBe(false);
  });

  it.each([
    '--upload-pack=touch',
    '--upload-pa=touch',
    '-c',
    '@{u}',
    'a..b',
    'refs/heads/../../config',
    'x.lock',
    'HEAD',
    '',
  ])('[H02] refuses the branch %j before git is started', async (branch) => {
    const options = { ...shim(`touch ${canary}`), branch };
    const fault = await faultOf(async () => policyGit(options).fetch());
    expect(fault.code).toBe('Usage');
    expect(existsSync(canary)).toBe(false);
  });
});

describe('the environment', () => {
  it('[H03] gives git nothing but its own, whatever the controller was started with', async () => {
    world.commit('one', { 'sluice.yaml': '1\n' });
    const run = `touch ${canary}`;
    const hostile = {
      GIT_SSH_COMMAND: run,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.fsmonitor',
      GIT_CONFIG_VALUE_0: run,
      GIT_CONFIG_PARAMETERS: `'core.fsmonitor=${run}'`,
      GIT_DIR: '/nonexistent',
      GIT_WORK_TREE: '/nonexistent',
      GIT_EXTERNAL_DIFF: run,
      GIT_PAGER: run,
      PAGER: run,
      GIT_EXEC_PATH: world.root,
      LD_PRELOAD: '/nonexistent/preload.so',
      NODE_OPTIONS: '--require=/nonexistent.js',
      GIT_TEMPLATE_DIR: world.root,
      XDG_CONFIG_HOME: world.root,
    };
    for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
    const names = join(world.root, 'names');
    await everything(shim(`env -0 | tr '\\n' ' ' | tr '\\0' '\\n' >> ${names}; exec $real "$@"`));
    const seen = new Set(
      readFileSync(names, 'utf8')
        .split('\n')
        .map((line) => line.split('=')[0] ?? '')
        .filter((name) => /^[A-Z]/.test(name)),
    );
    for (const name of Object.keys(hostile)) {
      if (name !== 'GIT_SSH_COMMAND' && name !== 'GIT_DIR') expect(seen).not.toContain(name);
    }
    expect(readFileSync(names, 'utf8')).not.toContain(run);
    expect(existsSync(canary)).toBe(false);
  });

  it('[H04] runs nothing that a configuration, hook or attribute inside its clones names', async () => {
    world.commit('one', { 'sluice.yaml': '1\n', '.gitattributes': '* filter=x merge=x diff=x\n' });
    await everything(world.options);
    const run = `touch ${canary}`;
    const config = [
      `[core]\n\tfsmonitor = ${run}\n\thooksPath = ${world.root}/hooks\n\tsshCommand = ${run}`,
      `\tpager = ${run}\n\teditor = ${run}\n\talternateRefsCommand = ${run}`,
      `[filter "x"]\n\tsmudge = ${run}\n\tclean = ${run}\n\tprocess = ${run}\n\trequired = true`,
      `[merge "x"]\n\tdriver = ${run}`,
      `[diff "x"]\n\tcommand = ${run}\n\ttextconv = ${run}`,
      `[alias]\n\tfetch = !${run}\n\tlog = !${run}`,
      `[gpg]\n\tprogram = ${run}\n[commit]\n\tgpgSign = true`,
      `[url "ext::${run}"]\n\tinsteadOf = ${world.repository}`,
      `[uploadpack]\n\tpackObjectsHook = ${run}`,
      '[core]\n\tbare = true',
    ].join('\n');
    writeFileSync(join(world.root, 'more'), config);
    mkdirSync(join(world.root, 'hooks'));
    const hooks = ['post-update', 'reference-transaction', 'pre-push', 'post-merge'];
    for (const repository of ['policy.git', 'clone']) {
      const directory = join(world.state, repository);
      writeFileSync(
        join(directory, 'config'),
        `${config}\n[include]\n\tpath = ${world.root}/more\n`,
      );
      mkdirSync(join(directory, 'hooks'), { recursive: true });
      for (const hook of hooks) {
        for (const folder of [join(directory, 'hooks'), join(world.root, 'hooks')]) {
          writeFileSync(join(folder, hook), `#!/bin/sh\n${run}\n`, { mode: 0o755 });
        }
      }
    }
    await everything(world.options);
    expect(existsSync(canary)).toBe(false);
    expect(readFileSync(join(world.state, 'clone', 'config'), 'utf8')).not.toContain('fsmonitor');
  });
});

describe('the program', () => {
  const fetch = (options: PolicyGitOptions) => faultOf(() => policyGit(options).fetch());

  it('[H05] says when git is missing or cannot be started', async () => {
    const empty = join(world.root, 'empty');
    mkdirSync(empty);
    expect((await fetch({ ...world.options, path: empty })).code).toBe('ToolMissing');
    const fault = await fetch(shim('true', 0o644));
    expect(fault.code).toBe('ToolMissing');
    expect(fault.fix).toContain('apt-get install git');
  });

  it.each([
    ['does nothing and says that all is well', 'exit 0'],
    ['fills stderr without end', 'head -c 50000000 /dev/zero >&2; exec $real "$@"'],
    ['dies by a signal', 'kill -SEGV $$'],
    ['prints what is no text', "printf '\\377\\376\\n'; exit 0"],
    [
      'does the first steps and then nothing',
      'case "$*" in *ls-remote*|*fetch*) exit 0;; esac; exec $real "$@"',
    ],
  ])('[H05] is not fooled by a git that %s', async (_, script) => {
    world.commit('one', { 'sluice.yaml': '1\n' });
    const fault = await fetch(shim(script));
    expect(['ToolFailed', 'PolicyUnavailable']).toContain(fault.code);
    expect(fault.exit).toBeGreaterThan(0);
    expect(fault.message).not.toMatch(/[\u0000-\u0008]/);
  });

  it('[H05] does not believe a push that only says yes', async () => {
    const head = world.commit('one', { 'sluice.yaml': '1\n' });
    const port = policyGit(shim('case " $* " in *" push "*) exit 0;; esac; exec $real "$@"'));
    await port.accept(await port.fetch());
    const fault = await faultOf(() => port.commitToWatched(head, 'x', [{ path: 'x', text: 'x' }]));
    expect(fault).toMatchObject({ code: 'ToolFailed', object: 'git push' });
    expect(world.git('rev-parse', 'HEAD')).toBe(head);
  });

  it.each([
    ['hangs and ignores SIGTERM', "trap '' TERM; while :; do sleep 1; done"],
    ['ends while a grandchild holds the pipe', 'sleep 1000 & echo $! > $root/pids; exit 0'],
    ['hangs with a grandchild', "(trap '' TERM; sleep 1000) & echo $! > $root/pids; wait"],
  ])('[H06] ends a git that %s, with its whole group', async (_, script) => {
    const started = performance.now();
    const fault = await fetch(shim(`echo $$ >> $root/own; ${script}`));
    expect(['ToolFailed', 'PolicyUnavailable']).toContain(fault.code);
    // The limit, five seconds for the end, and as much again for a busy machine.
    expect(performance.now() - started).toBeLessThan((2 + 5) * 2 * 1000);
    for (const file of ['own', 'pids'].map((name) => join(world.root, name))) {
      const pids = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
      for (const pid of pids) {
        await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), { timeout: 5000 });
      }
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
