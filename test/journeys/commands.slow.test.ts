import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { githubForge } from '../../src/edge/forge/github/index.ts';
import { botToken, forgeWorld, type LoopbackWorld, repository } from '../support/forge-world.ts';
import { github } from '../support/loopback-forge/github.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

const week = 7 * 86_400;
const [first, second] = ['promotion/production/EXSA-2026-0001', 'promotion/production/pkg-tiny'];

async function vendorOf(here: Site, release: 1 | 2) {
  return buildVendor(join(here.directory, 'vendor'), release);
}

const access = `apiVersion: sluice/v1
kind: Access
people:
  - { name: alice, logins: { github: Alice-X } }
  - { name: bob, logins: { github: bob-x } }
rules:
  - { may: [mark-tested, hold, reject], on: ["*/production/*", "*/testing/*"], from: [alice] }
  - { may: [change-access, waive], from: [alice, bob], count: 2 }
`;

describe('commands below pull requests of a forge', () => {
  let here: Site;
  let world: LoopbackWorld;

  beforeAll(async () => {
    here = await site();
    world = await forgeWorld(github, (git, { origin, repository: name }) => {
      const api = { apiUrl: `${origin}/api/v3`, repository: name, userAgent: 'sluice/test' };
      return githubForge(git, { ...api, token: async () => botToken });
    });
    const vendor = await vendorOf(here, 1);
    const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
    expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
    await writeFile(join(here.policy, 'access.yaml'), access);
    await here.git('add', '--all');
    await here.git('commit', '--quiet', '--message', 'Who may what');
    const bare = `${world.root}/srv/${repository}.git`;
    await here.git('push', '--quiet', '--force', bare, 'HEAD:main');
    await writeFile(join(here.state, 'forge-token'), `${botToken}\n`, { mode: 0o600 });
    const forge = {
      ...{ kind: 'github', url: world.server.origin, repository },
      tokenFile: 'forge-token',
    };
    const config = JSON.stringify({ policy: world.server.cloneUrl, forge });
    await writeFile(join(here.state, 'controller.yaml'), config);
    await reconcile();
    const bootstrap = world.server.store.pulls[0] ?? expect.fail('no bootstrap');
    world.server.store.merge(bootstrap, 'alice-x', 'Merge pull request #1');
    await reconcile();
    await vendorOf(here, 2);
    await reconcile('--sync');
    here.wait(week + 60);
    world.clock.time += week + 60;
    await reconcile();
  });
  afterAll(async () => {
    await here.remove();
    await world.remove();
    expect(world.server.breaches).toEqual([]);
  });

  const reconcile = (...flags: readonly string[]) =>
    here.ask(['--policy', world.server.cloneUrl, 'reconcile', ...flags], [0, 1, 3]);
  const served = () => contentMetadata(here.state, 'production/x86_64');
  const pullOf = (identity: string) =>
    world.server.store.pulls.find((p) => p.open && p.branch.startsWith(`sluice/${identity}`)) ??
    expect.fail(`${identity} is not open`);
  const show = (path: string) => world.server.store.git('show', `main:${path}`);
  const say = (identity: string, by: string, text: string) =>
    world.server.store.comment(pullOf(identity).number, by, text);
  const answers = (id: number) =>
    world.server.store.comments.filter((c) => c.body.includes(`sluice-answer ${id} `));
  const answered = async (identity: string, by: string, text: string) => {
    const { id } = say(identity, by, text);
    await reconcile();
    const found = answers(id);
    expect(found).toHaveLength(1);
    return found[0]?.body ?? '';
  };

  test('each open proposal says under stable names how its gates stand', async () => {
    const { head } = pullOf(first);
    const told = world.server.store.statusesOf(head).map((s) => [s.context, s.state]);
    expect(Object.fromEntries(told)).toEqual({
      'sluice/closure': 'success',
      'sluice/soak': 'success',
      'sluice/schedule': 'success',
    });
    const count = (world.server.store.statuses.get(head) ?? []).length;
    await reconcile();
    expect(world.server.store.statuses.get(head)).toHaveLength(count);
  });

  test('who may not is told the verb, the rule and the way out, and nothing changes', async () => {
    const [before, main] = [await served(), world.tip('main')];
    const said = [
      say(first, 'mallory', '/sluice hold `x` @everyone <img src=x>'),
      say(first, 'BOB-X', '/sluice hold it looks bad'),
      say(first, 'alice-x', '/sluice waive soak 2027-01-31 because'),
      say(first, 'alice-x', '/sluice make me a sandwich'),
      say(first, 'alice-x', 'looks fine'),
    ];
    world.clock.time += 1;
    world.server.store.editComment(said[4] ?? expect.fail(), '/sluice hold');
    await reconcile();
    const [stranger, bob, alone, nonsense, edited] = said.map(({ id }) => {
      expect(answers(id)).toHaveLength(1);
      return answers(id)[0]?.body;
    });
    expect(stranger).toContain(
      '**Refused**: hold: nobody in access.yaml has the github login mallory',
    );
    expect(stranger).not.toMatch(/@everyone|<img/);
    expect(bob).toMatch(/Refused.*hold hold\/production\/EXSA-2026-0001.*access\.yaml:7/s);
    expect(bob).toContain('bob does not count');
    expect(bob).toContain('sluice can-i PERSON hold hold/production/EXSA-2026-0001');
    expect(alone).toContain('a pull request that enough of them approve');
    expect(nonsense).toContain('expected one of');
    expect(edited).toContain('changed after it was written');
    expect([await served(), world.tip('main')]).toEqual([before, main]);
  });

  test('explain tells how it stands and changes nothing', async () => {
    const main = world.tip('main');
    const said = await answered(first, 'bob-x', '/sluice explain\n\nplease');
    expect(said).toContain('sluice/soak: success');
    expect(said).toContain(`/sluice approve`);
    expect(world.tip('main')).toBe(main);
  });

  test('good is a commit that says who found it so; answered once, whatever the forge says', async () => {
    const { id } = say(first, 'alice-x', '/sluice good');
    const operation = 'issues/create-comment';
    world.server.troubles.push({ operation, status: 502 });
    await here.sluice('--policy', world.server.cloneUrl, 'reconcile');
    expect(answers(id)).toHaveLength(0);
    expect(show('promotions/testing/EXSA-2026-0001.yaml')).toMatch(
      /tested: \{ by: alice, at: .*#issuecomment/,
    );
    const made = world.tip('main');
    expect(world.server.store.git('show', '-s', '--format=%B', made)).toMatch(
      /Sluice-Decided-By: alice\nSluice-Comment: #\d+ github \d+/,
    );
    world.server.troubles.push({ operation, status: 502, after: true });
    await reconcile();
    await reconcile();
    expect(answers(id)).toHaveLength(1);
    expect(world.tip('main')).toBe(made);
  });

  test('hold keeps the update out by a file, and its question goes away', async () => {
    const before = await served();
    const { number } = pullOf(first);
    expect(await answered(first, 'alice-x', '/sluice hold breaks <b>printing</b>')).toContain(
      '**Done**',
    );
    expect(show('holds/production/EXSA-2026-0001.yaml')).toContain('breaks <b>printing</b>');
    await reconcile();
    expect(world.server.store.pulls.find((p) => p.number === number)?.open).toBe(false);
    expect(await served()).toEqual(before);
  });

  test('reject closes it, and this content is not asked for again', async () => {
    const count = world.server.store.pulls.length;
    const { number } = pullOf(second);
    expect(await answered(second, 'alice-x', '/sluice reject')).toContain('is closed by alice');
    await reconcile();
    expect(world.server.store.pulls.find((p) => p.number === number)?.open).toBe(false);
    expect(world.server.store.pulls).toHaveLength(count);
  });
});

describe('commands on the local forge', () => {
  let here: Site;
  beforeAll(async () => {
    here = await site();
    const vendor = await vendorOf(here, 1);
    const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
    expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
    await here.ask(['reconcile'], [0, 1, 3]);
    await here.ask(['pr', 'merge', '1']);
    await vendorOf(here, 2);
    await here.ask(['reconcile', '--sync'], [0, 1, 3]);
    here.wait(week + 60);
    await here.ask(['reconcile'], [0, 1, 3]);
  });
  afterAll(() => here.remove());

  test('whoever can push may ask, and pr show tells what was asked, what came of it and how it stands', async () => {
    const list = await here.ask<{ proposals: { number: number; identity: string }[] }>([
      'pr',
      'list',
    ]);
    const number = String(list.proposals.find((p) => p.identity === first)?.number);
    const say = (text: string) => here.ask(['pr', 'comment', number, text, '--as', 'carol']);
    await say('/sluice waive window 2099-12-31 the pilots have it');
    await say('/sluice expedite root exploit');
    await say('only words');
    await here.ask(['reconcile'], [0, 1, 3]);
    const shown = (await here.sluice('pr', 'show', number)).stdout;
    expect(shown).toContain('sluice/schedule: success');
    expect(shown).toContain('sluice/closure: success, no new findings');
    expect(shown).toMatch(/carol 2\d{3}-.*\n {2}\/sluice waive[\s\S]*\*\*Done\*\*/);
    expect(shown).toContain('production has no expedite lane');
    expect(await here.git('show', 'HEAD:channels/production.yaml')).toContain(
      'gate: window, update: EXSA-2026:0001, until: 2099-12-31, reason: the pilots have it',
    );
    expect(await here.git('log', '-1', '--format=%B')).toContain('Sluice-Decided-By: carol');
    await here.ask(['reconcile'], [0, 1, 3]);
    expect((await here.sluice('pr', 'show', number)).stdout.match(/\*\*Done/g)).toHaveLength(1);
    expect(await here.sluice('pr', 'comment', number)).toMatchObject({ code: 2 });
  });
});
