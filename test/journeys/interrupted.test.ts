import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vendor } from '../../src/cli/demo/vendor.ts';
import { type BadServer, badServer } from '../support/bad-server.ts';
import { ended, startController } from '../support/running-controller.ts';
import type { Site } from '../support/site.ts';
import { vendorSite } from '../support/vendor-site.ts';

let here: Site;
let vendor: Vendor;
let silent: BadServer;
const controllers: ChildProcess[] = [];

/** One generation is published; then the upstream moves to a server that accepts and never says anything. */
beforeAll(async () => {
  ({ here, vendor } = await vendorSite());
  await here.ask(['reconcile'], [0, 1]);
  silent = await badServer(() => ({ kind: 'silent' }));
  await setUpstream(silent.url);
});
afterAll(async () => {
  for (const controller of controllers) controller.kill('SIGKILL');
  await silent.close();
  await here.remove();
});

async function setUpstream(url: string): Promise<void> {
  const file = join(here.policy, 'upstreams/vendor.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^url: \S+/m, `url: ${url}`));
  await here.git('commit', '-q', '-a', '-m', 'The mirror moved');
}

async function start(): Promise<ChildProcess> {
  const before = silent.requests.length;
  const started = await startController(here.policy, here.environment());
  controllers.push(started.process);
  while (silent.requests.length === before) await new Promise((done) => setTimeout(done, 50));
  return started.process;
}

test('[K22] told twice to end, the controller leaves the pass it is in at once and says by what', async () => {
  const controller = await start();
  const end = ended(controller);
  controller.kill('SIGINT');
  controller.kill('SIGTERM');
  expect([128 + 2, 128 + 15]).toContain(await end);
});

test('[K22] told once, it waits for the pass, but not for one that does not end', async () => {
  const controller = await start();
  const end = ended(controller);
  controller.kill('SIGHUP');
  expect(await end).toBe(128 + 1);
});

test('[K22] what was cut off goes on with the next start, and one that is idle ends by itself', async () => {
  await setUpstream(vendor.url);
  expect((await here.sluice('reconcile')).code).toBeLessThan(2);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  const { process: controller, url } = await startController(here.policy, here.environment());
  controllers.push(controller);
  while ((await fetch(`${url}/readyz`)).status !== 200) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const end = ended(controller);
  controller.kill('SIGTERM');
  expect(await end).toBe(0);
});
