import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giteaForge } from '../../../src/edge/forge/gitea/index.ts';
import { githubForge } from '../../../src/edge/forge/github/index.ts';
import { forgeWorld, type LoopbackWorld, type MakeForge } from '../../support/forge-world.ts';
import type { Dialect } from '../../support/loopback-forge/dialect.ts';
import { gitea } from '../../support/loopback-forge/gitea.ts';
import { github } from '../../support/loopback-forge/github.ts';
import { question } from './conformance.ts';

const maker =
  (adapter: typeof githubForge, root: string): MakeForge =>
  (git, { origin, repository, token }) =>
    adapter(git, {
      ...{ apiUrl: `${origin}${root}`, repository, userAgent: 'sluice/test', patient: false },
      token: async () => token,
    });
const dialects: readonly (readonly [string, Dialect, MakeForge])[] = [
  ['GitHub', github, maker(githubForge, github.root)],
  ['Gitea', gitea, maker(giteaForge, gitea.root)],
];

describe.each(dialects)('what is said below a pull request of %s', (_, dialect, make) => {
  let world: LoopbackWorld;
  beforeEach(async () => {
    world = await forgeWorld(dialect, make);
    await put();
  });
  afterEach(async () => {
    await world.remove();
    expect(world.server.breaches).toEqual([]);
  });

  const put = (text = 'update: a\n', delta = 'd1') =>
    world.forge.put({
      ...question({ deltaDigest: delta.padEnd(64, '0') as never }),
      ...{ body: 'the body\n', base: world.tip('main') },
      changes: [{ path: 'promotions/testing/a.yaml', text }],
    });
  const say = (by: string, text: string) => world.server.store.comment(1, by, text);
  const written = () => world.server.store.comments.length;
  const record = async () => (await world.forge.list())[0] ?? expect.fail('none');
  const approvedBy = async () => (await record()).approvals?.map((a) => a.person);

  it('is answered once, also when the forge writes the answer and then fails to say so', async () => {
    say('alice', '/sluice hold');
    const [comment] = await world.forge.comments();
    const operation = 'issues/create-comment';
    world.server.troubles.push({ operation, status: 502, after: true });
    await world.forge.answer(comment ?? expect.fail(), 'held');
    await world.forgeFor('other').answer(comment ?? expect.fail(), 'held');
    expect(written()).toBe(2);
    expect(world.server.store.comments[1]?.body).toMatch(/^held\n/);
    say('alice', '/sluice good');
    const second = (await world.forge.comments())[1] ?? expect.fail();
    world.server.troubles.push({ operation, status: 502 });
    await expect(world.forge.answer(second, 'good')).rejects.toMatchObject({
      code: 'ForgeUnavailable',
    });
    await world.forge.answer(second, 'good');
    expect(written()).toBe(4);
  });

  it("takes nobody else's mark for an answer, and no bot for a person", async () => {
    const { id } = say('alice', '/sluice hold');
    say('mallory', `sure\n<!-- sluice-answer ${id} -->\n`);
    say('sluice-bot', '/sluice hold');
    say(dialect.name === 'github' ? 'helper[bot]' : 'Ghost', '/sluice hold');
    const comments = await world.forge.comments();
    expect(comments.map((c) => [c.person, c.answer])).toEqual([
      ['alice', undefined],
      ['mallory', undefined],
    ]);
  });

  it('is written only in the name of the one whose token it is', async () => {
    const text = '/sluice explain';
    await expect(world.forge.comment(1, { person: 'alice', text })).rejects.toMatchObject({
      code: 'ForgeRefused',
      fix: expect.stringContaining(`${world.server.origin}/`),
    });
    const own = world.forgeFor('alice', 'loopback-token-of-alice');
    await own.comment(1, { person: 'Alice', text });
    expect(world.server.store.comments.map((c) => [c.by, c.body])).toEqual([['alice', text]]);
  });

  it('is told as edited when its text is another one now', async () => {
    const comment = say('alice', 'looks fine');
    world.clock.time += 5;
    world.server.store.editComment(comment, '/sluice hold');
    expect(await world.forge.comments()).toMatchObject([{ person: 'alice', edited: true }]);
  });

  it('[F12] an approval by comment is of the delta that it names and of the head that was shown', async () => {
    const { deltaDigest, head } = await record();
    world.clock.time += 5;
    say('alice', `/sluice approve sha256:${deltaDigest}`);
    say('bob', `/sluice approve ${deltaDigest} ${head}`);
    say('carol', `/sluice approve ${'e'.repeat(64)}`);
    say('dave', `/sluice approve ${deltaDigest} ${'a'.repeat(40)}`);
    say('sluice-bot', `/sluice approve ${deltaDigest}`);
    expect((await record()).approvals).toMatchObject([
      { person: 'alice', head, delta: deltaDigest },
      { person: 'bob', head, delta: deltaDigest },
    ]);
    world.clock.time += 5;
    await put('update: other\n', 'd2');
    expect(await approvedBy()).toEqual([]);
  });

  it('[F12] the head of somebody else is approved only by name, and not by a changed comment', async () => {
    const { deltaDigest, branch } = await record();
    world.run(world.person, 'fetch', '--quiet', 'origin');
    world.run(world.person, 'switch', '--quiet', '-C', branch, `origin/${branch}`);
    const head = world.commit(branch, 'more.yaml', 'more\n');
    world.clock.time += 5;
    say('alice', `/sluice approve ${deltaDigest}`);
    expect(await approvedBy()).toEqual([]);
    const comment = say('bob', `/sluice approve ${deltaDigest} ${head}`);
    expect(await approvedBy()).toEqual(['bob']);
    world.clock.time += 5;
    world.server.store.editComment(comment, `/sluice approve ${deltaDigest} ${head} `);
    expect(await approvedBy()).toEqual([]);
  });

  it('[F13] the last word counts, whether it was a review or a comment; also of what was merged', async () => {
    const { deltaDigest } = await record();
    const { store } = world.server;
    const pull = store.pulls[0] ?? expect.fail();
    world.clock.time += 5;
    for (const by of ['alice', 'bob']) say(by, `/sluice approve ${deltaDigest}`);
    world.clock.time += 5;
    store.review(pull, { by: 'bob', state: 'reject' });
    expect(await approvedBy()).toEqual(['alice']);
    const commit = store.merge(pull, 'alice', 'Merge pull request #1');
    const merged = await world.forge.mergedBy?.(commit as never);
    expect(merged?.approvals.map((a) => a.person)).toEqual(['alice']);
  });

  it('[F18] another repository under the same name halts, and one that moved away is refused', async () => {
    world.server.store.repositoryId = 2;
    const moved = { code: 'ForgeMoved', expected: `${dialect.name} 1`, found: `${dialect.name} 2` };
    const later = () => world.forgeFor('state');
    await expect(later().list()).rejects.toMatchObject(moved);
    await expect(later().comments()).rejects.toMatchObject(moved);
    await expect(later().mergedBy?.(world.tip('main'))).rejects.toMatchObject(moved);
    expect(await world.forgeFor('first-contact').list()).toHaveLength(1);
    world.server.store.repositoryId = 1;
    expect(await later().list()).toHaveLength(1);
    const headers = { location: `${world.server.origin}/elsewhere` };
    world.server.troubles.push({ operation: 'repos/get', status: 301, headers });
    await expect(later().list()).rejects.toMatchObject({
      code: 'ForgeRefused',
      fix: expect.stringContaining('another name or owner'),
    });
    expect(world.server.requests.some((r) => r.includes('elsewhere'))).toBe(false);
  });
});
