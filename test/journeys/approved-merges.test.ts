import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { githubForge } from '../../src/edge/forge/github/index.ts';
import { botToken, forgeWorld, type LoopbackWorld, repository } from '../support/forge-world.ts';
import { github } from '../support/loopback-forge/github.ts';
import { type Site, site } from '../support/site.ts';
import { treeDigest } from '../support/tree-digest.ts';

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
  const { key } = await here.ask<{ key: string }>(['init', here.policy, ...upstream]);
  await writeFile(join(here.policy, 'access.yaml'), access(key));
  const siteFile = join(here.policy, 'sluice.yaml');
  const text = await here.git('show', 'HEAD:sluice.yaml');
  await writeFile(
    siteFile,
    `${text.replace(/^trust:.*\n?/m, '').trimEnd()}\ntrust: { mode: forge }\n`,
  );
  await here.git('add', '--all');
  await here.git('commit', '--quiet', '--message', 'Approvals decide');
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

const access = (key: string) => `apiVersion: sluice/v1
kind: Access
people:
  - { name: alice, logins: { github: alice } }
  - { name: bob, logins: { github: bob } }
  - { name: sluice, openpgp: [{ fingerprint: ${key}, key: keys/site.asc }] }
rules:
  - { may: [change-access, change-trust], from: [alice, bob], count: 2 }
  - { may: [pin, promote], on: ["*/production*"], from: [alice, bob], count: 2 }
  - { may: [pin, promote, change-update], from: [sluice] }
`;

const sluice = (...args: readonly string[]) =>
  here.sluice('--policy', world.server.cloneUrl, ...args);
const published = () =>
  realpath(join(here.state, 'public/production')).then(treeDigest, () => 'nothing');

test('[F11] [F13] a pull request that two people approved is published, and nothing else is', async () => {
  const { store } = world.server;
  await sluice('reconcile');
  const pull = store.pulls[0] ?? expect.fail('no pull request');
  const before = await published();
  const accepted = world.tip('main');

  store.review(pull, { by: 'alice', state: 'approve' });
  store.review(pull, { by: 'mallory', state: 'approve' });
  store.merge(pull, 'alice', 'Merge pull request #1');
  const refused = await sluice('reconcile');
  expect(refused.stdout).toContain('NotAllowed');
  expect(refused.stdout).toContain('alice, mallory, who is nobody in access.yaml');
  expect(await published()).toBe(before);

  store.review(pull, { by: 'bob', state: 'approve' });
  const taken = await sluice('reconcile');
  expect(taken.stdout).not.toContain('NotAllowed');
  expect(await published()).not.toBe(before);

  const now = await published();
  const pushed = world.commit('main', 'holds/production/x.yaml', 'nonsense: true\n');
  const direct = await sluice('reconcile');
  expect(direct.stdout).toContain('no merged pull request for this commit');
  expect(direct.stdout).toContain(pushed);
  expect(await published()).toBe(now);
  expect(accepted).not.toBe(world.tip('main'));
});
