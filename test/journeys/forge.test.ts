import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { githubForge } from '../../src/edge/forge/github/index.ts';
import { botToken, forgeWorld, type LoopbackWorld, repository } from '../support/forge-world.ts';
import { github } from '../support/loopback-forge/github.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

const week = 7 * 86_400;
let here: Site;
let world: LoopbackWorld;

beforeAll(async () => {
  here = await site();
  world = await forgeWorld(github, (git, { origin, repository: name }) => {
    const api = { apiUrl: `${origin}/api/v3`, repository: name, userAgent: 'sluice/test' };
    return githubForge(git, { ...api, token: async () => botToken });
  });
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
  await here.git('push', '--quiet', '--force', `${world.root}/srv/${repository}.git`, 'HEAD:main');
  await writeFile(join(here.state, 'forge-token'), `${botToken}\n`, { mode: 0o600 });
  const forge = { kind: 'github', url: world.server.origin, repository, tokenFile: 'forge-token' };
  const config = JSON.stringify({ policy: world.server.cloneUrl, forge });
  await writeFile(join(here.state, 'controller.yaml'), config);
});
afterAll(async () => {
  await here.remove();
  await world.remove();
  expect(world.server.breaches).toEqual([]);
});

const sluice = (...args: readonly string[]) =>
  here.ask<{ readonly done: readonly unknown[] }>(
    ['--policy', world.server.cloneUrl, ...args],
    [0, 1, 3],
  );
const served = () => contentMetadata(here.state, 'production/x86_64');
const openBranches = () =>
  world.server.store.pulls.filter((p) => p.open).map((p) => p.branch.replace('sluice/', ''));

/** Each test goes on where the one before it ended. */
describe('proposals are pull requests of a forge', () => {
  test('the first question is a pull request, and the web button is the answer', async () => {
    await sluice('reconcile');
    expect(openBranches()).toEqual(['bootstrap/production']);
    const pull = world.server.store.pulls[0] ?? expect.fail('no pull request');
    expect(pull.body).toContain('Delta');
    world.server.store.merge(pull, 'alice', 'Merge pull request #1 from acme/sluice');
    await sluice('reconcile');
    expect(Object.keys(await served())).toHaveLength(3);
    expect(openBranches()).toEqual([]);
  });

  test('closed by a person, the same content is not asked again', async () => {
    await buildVendor(join(here.directory, 'vendor'), 2);
    await sluice('reconcile', '--sync');
    here.wait(week + 60);
    world.clock.time += week + 60;
    await sluice('reconcile');
    expect(openBranches()).toContain('promotion/production/EXSA-2026-0001');
    for (const pull of world.server.store.pulls.filter((p) => p.open)) {
      world.server.store.close(pull);
    }
    const count = world.server.store.pulls.length;
    await sluice('reconcile');
    expect(world.server.store.pulls).toHaveLength(count);
  });

  test('[F16] while the forge is away nothing changes, and it goes on by itself', async () => {
    const before = await served();
    for (let i = 0; i < 4; i++) {
      world.server.troubles.push({ operation: 'pulls/list', status: 503 });
    }
    const run = await here.sluice('--policy', world.server.cloneUrl, 'reconcile');
    expect(run.code).toBe(5);
    expect(`${run.stdout}${run.stderr}`).toContain('ForgeUnavailable');
    expect(`${run.stdout}${run.stderr}`).not.toContain(botToken);
    expect(await served()).toEqual(before);
    world.server.troubles.length = 0;
    for (let i = 0; i < 4; i++) {
      world.server.troubles.push({ operation: 'pulls/list', status: 503 });
    }
    const status = await here.sluice('--policy', world.server.cloneUrl, 'status');
    expect(status.stdout).toContain('ForgeUnavailable');
    expect(status.stdout).toContain('production');
    world.server.troubles.length = 0;
    await sluice('reconcile');
    expect(await served()).toEqual(before);
  });
});
