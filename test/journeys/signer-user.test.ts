import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, statSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { main, type Site, site } from '../support/site.ts';

/** Users of nobody; names for them are not needed. */
const controllerUser = 65_533;
const signerUser = 65_532;
const isRoot = process.getuid?.() === 0;

let here: Site;
let signer: ChildProcess | undefined;
let run = '';
let keys = '';

/** Programs of this checkout may lie where only root gets to. */
async function canRun(user: number): Promise<boolean> {
  const { exitCode } = await as(user, process.execPath, '--check', main);
  return exitCode === 0;
}

const identity = (user: number): readonly string[] => [
  ...[`--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--inh-caps=-all', '--no-new-privs'],
];

const as = (user: number, ...command: readonly string[]) =>
  execa('setpriv', [...identity(user), ...command], {
    ...(here === undefined ? {} : { env: here.environment(), cwd: here.directory }),
    extendEnv: here === undefined,
    stdin: 'ignore',
    reject: false,
    all: true,
  });

const flags = ['--disable-warning=ExperimentalWarning', main];
const sluice = (...args: readonly string[]) =>
  as(controllerUser, process.execPath, ...flags, ...args);

const isPossible = isRoot && (await canRun(signerUser));

beforeAll(async () => {
  if (!isPossible) return;
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  chmodSync(here.directory, 0o755);
  chownSync(here.directory, controllerUser, controllerUser);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  const made = await sluice('init', here.policy, ...upstream, '--output', 'json');
  const { key } = JSON.parse(made.stdout);
  const own = join(here.directory, 'signer');
  [run, keys] = [join(own, 'run'), join(own, 'keys')];
  mkdirSync(own, { mode: 0o755 });
  mkdirSync(run);
  // Whoever runs the controller may ask, and nobody else but the signer.
  chownSync(run, signerUser, controllerUser);
  chmodSync(run, 0o2750);
  await rename(join(here.state, 'keys'), keys);
  await execa('chown', ['-R', `${signerUser}:${signerUser}`, keys]);
  chmodSync(keys, 0o700);
  const settings = join(here.state, 'controller.yaml');
  const text = await readFile(settings, 'utf8');
  await writeFile(settings, `${text}signer: { socket: ${run}/signer.sock }\n`);
  const file = join(here.policy, 'channels/testing.yaml');
  const channel = (await readFile(file, 'utf8')).replace(/^sign:.*\n/m, '');
  await writeFile(file, `${channel.trimEnd()}\nsign: { packages: ${key} }\n`);
  await as(controllerUser, 'git', '-C', here.policy, 'commit', '-q', '-a', '-m', 'Sign packages');
  signer = await startSigner();
});
afterAll(async () => {
  await endSigner();
  await here?.remove();
});

async function endSigner(): Promise<void> {
  if (signer?.exitCode !== null) return;
  signer.kill('SIGTERM');
  await once(signer, 'exit');
}

async function startSigner(): Promise<ChildProcess> {
  const program = [process.execPath, ...flags, 'signer', '--keys', keys];
  const child = spawn('setpriv', [...identity(signerUser), ...program], {
    env: { ...here.environment() },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
      if (said.includes('signing on')) resolve();
    });
    child.on('exit', () => reject(new Error(`the signer ended: ${said}`)));
  });
  return child;
}

/** Asks the socket which keys there are, with nothing of ours. */
const asksForKeys = (user: number, socket: string) => {
  const asking = `const options = { socketPath: ${JSON.stringify(socket)}, path: '/keys' };
    require('node:http').get(options, (answer) => answer.pipe(process.stdout));`;
  return as(user, process.execPath, '-e', asking);
};

/** Each test goes on where the one before it ended. */
describe.skipIf(!isPossible)(
  '[J10] signer and controller as two users, neither of them root',
  () => {
    test('signs and publishes all the same; what the signer writes is its own', async () => {
      await sluice('reconcile');
      const passed = await sluice('reconcile');
      expect(passed.all).not.toContain('SignerUnavailable');
      const verified = await sluice('verify');
      expect(verified.exitCode, verified.all).toBe(0);
      const audit = await readFile(join(keys, 'audit.jsonl'), 'utf8');
      const kinds = audit
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { kind: string; verdict: string });
      expect(new Set(kinds.map((k) => `${k.verdict} ${k.kind}`))).toEqual(
        new Set(['signed package', 'signed repomd', 'signed record']),
      );
      expect(statSync(join(keys, 'audit.jsonl')).uid).toBe(signerUser);
      expect(statSync(join(here.state, 'journal')).uid).toBe(controllerUser);
    });

    test('the controller cannot read the keys, nor change what the signer follows', async () => {
      for (const name of ['site.key.asc', 'audit.jsonl', 'followed']) {
        accessSync(join(keys, name), constants.F_OK);
        const read = await as(controllerUser, 'cat', join(keys, name));
        expect(read.all).toMatch(/Permission denied/);
      }
      const pretended = await as(controllerUser, 'touch', join(run, 'other.sock'));
      expect(pretended.all).toMatch(/Permission denied/);
    });

    test('the signer cannot write into the state directory', async () => {
      const touched = await as(signerUser, 'touch', join(here.state, 'journal/mine'));
      expect(touched.all).toMatch(/Permission denied/);
    });

    test('a third user cannot ask it, also where the folder of its socket lets everybody in', async () => {
      const socket = join(run, 'signer.sock');
      expect((await asksForKeys(signerUser, socket)).all).toContain('"keys"');
      expect((await asksForKeys(65_531, socket)).all).toMatch(/EACCES/);
      chmodSync(run, 0o2755);
      expect((await asksForKeys(65_531, socket)).all).toMatch(/EACCES/);
      chmodSync(run, 0o2750);
    });

    test('a folder that would keep the controller out is told when the signer starts', async () => {
      await endSigner();
      chmodSync(run, 0o0750);
      await expect(startSigner()).rejects.toThrow(/ConfigInvalid[\s\S]*chmod g\+s/);
    });
  },
);
