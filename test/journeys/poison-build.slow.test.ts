import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesWith, until } from '../support/processes.ts';
import { builtSource, type RebuildingSite, rebuildingSite } from '../support/rebuilding-site.ts';
import { main, type Site } from '../support/site.ts';

/** No other process of the machine has it in its command line. */
const seconds = String(80_000 + process.pid);

const policy = `apiVersion: sluice/v1
kind: Policy
name: built
match: { packages: [poison, good] }
priority: 10
action: rebuild
build: { dist: .site1, root: host }
approvals: { start: auto, build: auto, sign: auto, testing: auto }
`;

interface Report {
  readonly holds: readonly {
    readonly code: string;
    readonly subject: string;
    readonly text: string;
  }[];
}

let poisoned: RebuildingSite;
let here: Site;

beforeAll(async () => {
  const sources = [builtSource('good', 'true'), builtSource('poison', `sleep ${seconds}`)];
  poisoned = await rebuildingSite(sources, policy);
  here = poisoned.here;
});
afterAll(() => poisoned?.dispose());

/** Runs the controller until the build is really under way inside, and takes both away at once. */
async function killedWhileItBuilds(): Promise<void> {
  const flags = ['--disable-warning=ExperimentalWarning', main, 'reconcile', '--wait'];
  const options = { env: here.environment(), stdio: 'ignore', cwd: here.directory } as const;
  const controller = spawn(process.execPath, flags, options);
  const ended = once(controller, 'exit');
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await until(() => isOver || processesWith(`sleep\0${seconds}`).length > 0);
  expect(isOver).toBe(false);
  controller.kill('SIGKILL');
  await ended;
  await until(() => processesWith(`sleep\0${seconds}`).length === 0);
}

async function attempts(): Promise<Readonly<Record<string, number>>> {
  const { items } = await here.ask<{
    items: { attempt: number; inputs: { source: { nevra: string } } }[];
  }>(['get', 'builds']);
  return Object.fromEntries(items.map((b) => [b.inputs.source.nevra, b.attempt]));
}

/** Each test goes on where the one before it ended. */
describe('[I19] a build that takes its controller with it every time', { timeout: 300_000 }, () => {
  test('is tried three times and then left alone, while everything else is built and served', async () => {
    for (let n = 1; n <= 3; n++) {
      await killedWhileItBuilds();
      expect((await attempts())['poison-1.0-1.vendor.src']).toBe(n);
    }
    const { holds } = await here.ask<Report>(['reconcile', '--wait'], [0, 1, 3]);
    const parked = holds.find((h) => h.code === 'BuildParked');
    expect(parked?.subject).toBe('update:build:poison-1.0-1.vendor');
    expect(parked?.text).toContain('was under way 3 times when the controller ended');
    const { items } = await here.ask<{ items: { name: string; release: string }[] }>([
      ...['get', 'packages', '--channel', 'testing'],
    ]);
    const served = items.map((p) => `${p.name}-${p.release}`).toSorted();
    expect(served).toEqual(['good-1.site1', 'poison-1.vendor']);
    expect(await attempts()).toEqual({ 'good-1.0-1.vendor.src': 1, 'poison-1.0-1.vendor.src': 3 });
  });

  test('is free again when an operator says so', async () => {
    expect((await here.sluice('retry', 'poison')).stdout).toContain('1 of 1 builds');
    await killedWhileItBuilds();
    expect((await attempts())['poison-1.0-1.vendor.src']).toBe(4);
    const { holds } = await here.ask<Report>(['reconcile', '--wait'], [0, 1, 3]);
    expect(holds.map((h) => h.code)).toContain('BuildParked');
  });
});
