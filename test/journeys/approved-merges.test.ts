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
/** Where main was before somebody pushed to it. */
let good: string;
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

  good = world.tip('main');
  const now = await published();
  const pushed = world.commit('main', 'holds/production/x.yaml', 'nonsense: true\n');
  const direct = await sluice('reconcile');
  expect(direct.stdout).toContain('no merged pull request for this commit');
  expect(direct.stdout).toContain(pushed);
  expect(await published()).toBe(now);
  expect(accepted).not.toBe(world.tip('main'));
});

const pullOf = (slug: string) =>
  world.server.store.pulls.find((p) => p.open && p.branch.includes(slug)) ?? expect.fail(slug);
const statusOf = (head: string) =>
  world.server.store.statusesOf(head).find((s) => s.context === 'sluice/approvals');

test('[F12] what was pushed after an approval was not approved: production stays as it is', async () => {
  world.server.store.git('update-ref', 'refs/heads/main', good);
  await sluice('reconcile');
  await buildVendor(join(here.directory, 'vendor'), 2);
  await sluice('reconcile', '--sync');
  here.wait(8 * 86_400);
  world.clock.time += 8 * 86_400;
  await sluice('reconcile');
  const before = await published();
  const { store } = world.server;
  const pull = pullOf('EXSA-2026-0001');
  store.review(pull, { by: 'alice', state: 'approve' });
  world.run(world.person, 'fetch', '--quiet', 'origin');
  world.run(world.person, 'switch', '--quiet', '-C', pull.branch, `origin/${pull.branch}`);
  world.commit(pull.branch, 'promotions/production/more.yaml', 'more: true\n');
  store.notice();
  store.review(pull, { by: 'bob', state: 'approve' });
  const main = world.tip('main');
  store.merge(pull, 'bob', 'Merge pull request');
  const refused = await sluice('reconcile');
  expect(refused.stdout).toMatch(/NotAllowed[\s\S]*alice for the older head [0-9a-f]{40}/);
  expect(await published()).toBe(before);
  store.git('update-ref', 'refs/heads/main', main);
  await sluice('reconcile');
  expect(await published()).toBe(before);
});

test('a promotion that two people approved, one of them in a comment, is merged by the web button', async () => {
  const { store } = world.server;
  const before = await published();
  const pull = pullOf('pkg-tiny-tool');
  expect(statusOf(pull.head)).toMatchObject({ state: 'pending' });
  expect(statusOf(pull.head)?.description).toContain('needs 2 of alice, bob');
  // A comment is later than what it is about: here both clocks are set alike.
  world.clock.time = Number(here.environment().SLUICE_NOW) + 60;
  store.review(pull, { by: 'alice', state: 'approve' });
  const delta = /sha256:([0-9a-f]{64})/.exec(pull.body)?.[1] ?? expect.fail('no delta digest');
  const { id } = store.comment(pull.number, 'bob', `/sluice approve ${delta}`);
  await sluice('reconcile');
  const answer = store.comments.find((c) => c.body.includes(`sluice-answer ${id} `));
  expect(answer?.body).toContain('bob approves proposal');
  await sluice('reconcile');
  expect(statusOf(pull.head)).toMatchObject({ state: 'success' });
  store.merge(pull, 'carol', `Merge pull request #${pull.number} from acme/policy`);
  await sluice('reconcile');
  expect(await published()).not.toBe(before);
  const listed = await sluice('get', 'packages', '--channel', 'production');
  expect(listed.stdout).toContain('tiny-tool-2.0');
});
