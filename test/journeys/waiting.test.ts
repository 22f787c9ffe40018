import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesWith, until } from '../support/processes.ts';
import { builtSource, type RebuildingSite, rebuildingSite } from '../support/rebuilding-site.ts';
import { ended, startController } from '../support/running-controller.ts';

/** No other process of the machine has it in its command line. */
const endless = String(81_000 + process.pid);

const policy = `apiVersion: sluice/v1
kind: Policy
name: built
match: { packages: [quick, slow, endless] }
priority: 10
action: rebuild
build: { dist: .site1, root: host }
approvals: { start: auto, build: auto, sign: auto, testing: auto }
`;

let site: RebuildingSite;
let controller: ChildProcess | undefined;

beforeAll(async () => {
  site = await rebuildingSite(
    [builtSource('quick', 'true'), builtSource('slow', 'sleep 4')],
    policy,
  );
  const { here } = site;
  const env = { ...here.environment(), PATH: process.env.PATH ?? '' };
  controller = (await startController(here.policy, env)).process;
});
afterAll(async () => {
  controller?.kill('SIGKILL');
  await site?.dispose();
});

/** Each test goes on where the one before it ended. */
describe('reconcile --wait while a controller runs', { timeout: 300_000 }, () => {
  test('waits for what the controller builds, says so, and keeps nobody else waiting', async () => {
    const { here } = site;
    const order: string[] = [];
    const waiting = here.sluice('reconcile', '--wait').then((run) => {
      order.push('waited');
      return run;
    });
    await until(() => processesWith('sleep\0' + '4\0').length > 0);
    const other = await here.sluice('reconcile');
    order.push('another pass');
    expect(other.stdout).toContain('BuildQueued');
    const run = await waiting;
    expect(order).toEqual(['another pass', 'waited']);
    expect(run.stderr).toContain('the controller builds slow-1.0-1.vendor.src');
    expect(run.stdout).not.toContain('BuildQueued');
    const { items } = await here.ask<{ items: { name: string; release: string }[] }>([
      ...['get', 'packages', '--channel', 'testing'],
    ]);
    const served = items.map((p) => `${p.name}-${p.release}`).toSorted();
    expect(served).toEqual(['quick-1.site1', 'slow-1.site1']);
  });

  test('ends with the controller, which does not wait for those who wait', async () => {
    const { here, vendor } = site;
    vendor.offer([builtSource('endless', `sleep ${endless}`)]);
    const waiting = here.sluice('reconcile', '--wait', '--sync');
    await until(() => processesWith(`sleep\0${endless}`).length > 0);
    await sleep(100);
    controller?.kill('SIGTERM');
    if (controller) expect(await ended(controller)).toBe(0);
    const run = await waiting;
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('it was told to end')]);
    expect(processesWith(`sleep\0${endless}`)).toEqual([]);
  });
});
