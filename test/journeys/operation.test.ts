import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import {
  ended,
  type RunningController,
  startController as startIn,
} from '../support/running-controller.ts';
import { type Site, site } from '../support/site.ts';

let here: Site;
const controllers: ChildProcess[] = [];

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
});

afterAll(async () => {
  for (const controller of controllers) controller.kill('SIGKILL');
  await here.remove();
});

async function startController(): Promise<RunningController> {
  const env = { PATH: process.env.PATH ?? '', HOME: here.directory, SLUICE_STATE: here.state };
  const started = await startIn(here.policy, env);
  controllers.push(started.process);
  return started;
}

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await check().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('it never came to pass');
}

const status = async (url: string) => (await fetch(url)).status;

test('the controller serves, the command line works through it, a second one is refused', async () => {
  const { process: controller, url } = await startController();
  await until(async () => (await status(`${url}/readyz`)) === 200);
  expect(await status(`${url}/healthz`)).toBe(200);
  const repomd = `${url}/testing/x86_64/repodata/repomd.xml`;
  expect(await status(repomd)).toBe(200);
  expect(await status(`${url}/testing/testing.repo`)).toBe(200);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    'sluice_channel_generation{channel="testing"} 1',
  );

  const page = await (await fetch(`${url}/`)).text();
  expect(page).toContain('<h3>testing</h3>');
  expect(page).toContain('sluice/bootstrap/production');

  // Reads do not lock; writing verbs go through the control socket.
  expect((await here.sluice('status')).stdout).toContain('generation 1');
  const merged = await here.sluice('pr', 'merge', '1');
  expect(merged.stdout).toContain('#1 Start production from vendor: merged');
  expect((await here.sluice('reconcile')).code).toBe(0);
  expect(await status(`${url}/production/x86_64/repodata/repomd.xml`)).toBe(200);

  controller.kill('SIGTERM');
  expect(await ended(controller)).toBe(0);
});

test('[K13] a second controller exits 7 and names the first; kill -9 frees the lock', async () => {
  const { process: first, url } = await startController();
  await until(async () => (await status(`${url}/readyz`)) === 200);
  const second = await startController().then(
    () => 'it runs',
    (error: Error) => error.message,
  );
  expect(second).toContain('ended with 7');
  expect(second).toContain(String(first.pid));
  const gone = ended(first);
  first.kill('SIGKILL');
  await gone;
  expect((await here.sluice('reconcile')).code).toBe(0);
});

test('a rollback with --now is served by the running controller, which then asks whether it stays', async () => {
  const { process: controller, url } = await startController();
  await until(async () => (await status(`${url}/readyz`)) === 200);
  const back = await here.sluice('rollback', 'testing', '--to', '1', '--now');
  expect(back.stdout).toContain('testing serves generation 2: the content of generation 1');
  expect((await here.sluice('history', 'testing')).stdout).toMatch(/^2 /m);
  await until(async () => (await here.sluice('pr', 'list')).stdout.includes('unpin/testing'));
  controller.kill('SIGTERM');
  expect(await ended(controller)).toBe(0);
  await here.git('revert', '--no-edit', 'HEAD');
  expect((await here.sluice('reconcile')).code).toBe(0);
});

test('[K25] what is asked twice at once happens once', async () => {
  const journal = () =>
    readdirSync(join(here.state, 'journal'))
      .map((f) => readFileSync(join(here.state, 'journal', f), 'utf8'))
      .join('');
  const before = journal().match(/"kind":"committed"/g)?.length;
  const { url } = await startController();
  await until(async () => (await status(`${url}/readyz`)) === 200);
  const both = await Promise.all([
    here.sluice('reconcile', '--sync'),
    here.sluice('reconcile', '--sync'),
  ]);
  expect(both.map((b) => b.code)).toEqual([0, 0]);
  expect(journal().match(/"kind":"committed"/g)?.length).toBe(before);
  controllers.at(-1)?.kill('SIGTERM');
});

test('[M08] a bad controller.yaml is refused at start with its key; a bad policy keeps the last good one', async () => {
  await until(async () => (await here.sluice('reconcile')).code === 0);
  const config = join(here.state, 'controller.yaml');
  const good = readFileSync(config, 'utf8');
  writeFileSync(config, `${good}\nlisten: { prot: 1 }\n`.replace(/listen:\n(?: {2}.*\n)+/, ''));
  const refused = await here.sluice('status');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('ConfigInvalid');
  writeFileSync(config, good);

  const served = (await here.sluice('history', 'testing')).stdout;
  const channel = join(here.policy, 'channels/testing.yaml');
  writeFileSync(channel, readFileSync(channel, 'utf8').replace('keep: 2', 'keeep: 2'));
  await here.git('commit', '-q', '-a', '-m', 'a slip');
  const report = await here.sluice('reconcile');
  expect(report.code).toBe(2);
  expect(report.stdout).toMatch(/channels\/testing\.yaml:\d+:\d+ {2}PolicyUnknownKey/);
  expect((await here.sluice('history', 'testing')).stdout).toBe(served);
  expect((await here.sluice('status')).stdout).toContain('stays in force');
  await here.git('revert', '--no-edit', 'HEAD');
  expect((await here.sluice('reconcile')).code).toBe(0);
});
