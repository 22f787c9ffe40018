import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hookReceiver } from '../../../src/controller/index.ts';
import { giteaForge } from '../../../src/edge/forge/gitea/index.ts';
import { githubForge } from '../../../src/edge/forge/github/index.ts';
import { forgeWorld, type LoopbackWorld, type MakeForge } from '../../support/forge-world.ts';
import type { Dialect } from '../../support/loopback-forge/dialect.ts';
import { gitea } from '../../support/loopback-forge/gitea.ts';
import { github } from '../../support/loopback-forge/github.ts';
import { question } from './conformance.ts';

const adapters: readonly (readonly [string, Dialect, MakeForge])[] = [
  ['GitHub', github, maker(githubForge)],
  ['Gitea', gitea, maker(giteaForge)],
];

function maker(adapter: typeof githubForge): MakeForge {
  return (git, { origin, repository, token }) => {
    const root = adapter === githubForge ? github.root : gitea.root;
    const api = {
      apiUrl: `${origin}${root}`,
      repository,
      userAgent: 'sluice/test',
      patient: false,
    };
    return adapter(git, { ...api, token: async () => token });
  };
}

const changes = [{ path: 'promotions/testing/a.yaml', text: 'update: a\n' }];

describe.each(adapters)('trouble with %s', (_, dialect, make) => {
  let world: LoopbackWorld;
  beforeEach(async () => {
    world = await forgeWorld(dialect, make);
  });
  afterEach(async () => {
    await world.remove();
    expect(world.server.breaches).toEqual([]);
  });

  const put = (forge = world.forge, body = 'the body\n') =>
    forge.put({ ...question(), body, base: world.tip('main'), changes });
  const fail = (operation: string, status: number, more = {}) =>
    world.server.troubles.push({ operation, status, ...more });
  const only = async (forge = world.forge) => (await forge.list())[0] ?? expect.fail('none');

  it('opens no twin when the forge opens one and then fails to say so', async () => {
    fail('pulls/create', 502, { after: true });
    expect(await put()).toEqual({ number: 1, outcome: 'opened' });
    fail('pulls/update', 500, { after: true });
    await expect(put(world.forge, 'new\n')).rejects.toMatchObject({ code: 'ForgeUnavailable' });
    expect(await put(world.forge, 'new\n')).toMatchObject({ number: 1 });
    expect(world.server.store.pulls).toHaveLength(1);
    expect(world.server.requests.filter((r) => r === 'pulls/create')).toHaveLength(1);
  });

  it('opens it in the next pass when the forge failed before it did', async () => {
    fail('pulls/create', 502);
    await expect(put()).rejects.toMatchObject({ code: 'ForgeUnavailable' });
    expect(world.server.store.pulls).toHaveLength(0);
    expect(await put()).toEqual({ number: 1, outcome: 'opened' });
    expect(world.server.store.pulls).toHaveLength(1);
  });

  it('opens no twin from a list that is older than the pull request', async () => {
    world.server.freezeLists();
    await put();
    const other = world.forgeFor('other');
    await expect(put(other)).rejects.toMatchObject({ code: 'ForgeUnavailable' });
    expect(await put()).toMatchObject({ number: 1 });
    world.server.thawLists();
    expect(await put(other)).toMatchObject({ number: 1 });
    expect(world.server.store.pulls).toHaveLength(1);
  });

  it('takes a 409, a null or nonsense for a list as an error, never as an empty list', async () => {
    await put();
    const other = () => world.forgeFor('state').list();
    fail('pulls/list', 409);
    await expect(other()).rejects.toMatchObject({ code: 'ForgeUnavailable' });
    for (const text of ['[null]', '{}', '[{"number":1', '']) {
      fail('pulls/list', 200, { text });
      await expect(other()).rejects.toMatchObject({ code: 'ForgeUnavailable' });
    }
    expect(await other()).toHaveLength(1);
  });

  it('[F16] says that it waits for the forge, without a token, and goes on by itself', async () => {
    const other = world.forgeFor('other');
    for (const status of [500, 503, 429]) {
      fail('pulls/list', status, { message: `token: loopback-token-of-the-controller` });
      const error = await other.list().catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'ForgeUnavailable', exit: 5 });
      expect(JSON.stringify(error)).not.toContain('loopback-token');
    }
    fail('pulls/list', 403, { headers: { 'retry-after': '3600' }, message: 'rate limit' });
    await expect(other.list()).rejects.toMatchObject({ code: 'ForgeUnavailable' });
    fail('pulls/list', 403, { message: 'Resource not accessible by personal access token' });
    await expect(other.list()).rejects.toMatchObject({ code: 'ForgeRefused', exit: 3 });
    expect(await other.list()).toEqual([]);
    const wrong = world.forgeFor('wrong', 'a-token-of-nobody');
    const error = await wrong.list().catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ForgeRefused' });
    expect(String(error)).not.toContain('a-token-of-nobody');
  });

  it('merges once: "not now" is tried again, what was done and not said is found', async () => {
    await put();
    fail('pulls/merge', 405, { message: 'Base branch was modified' });
    fail('pulls/merge', 500, { after: true });
    const merged = await world.forge.merge(1);
    expect(world.tip('main')).toBe(merged);
    expect(await only()).toMatchObject({ state: 'merged' });
    expect(world.server.requests.filter((r) => r.startsWith('pulls/merge'))).toHaveLength(2);
  });

  it('does not merge a head that it has not seen, and says why a forge does not merge', async () => {
    await put();
    for (let i = 0; i < 4; i++) fail('pulls/merge', 405, { message: 'Review required' });
    await expect(world.forge.merge(1)).rejects.toMatchObject({ code: 'ForgeRefused' });
    fail('pulls/merge', 409, { message: 'Head branch was modified' });
    const before = world.tip('main');
    await expect(world.forge.merge(1)).rejects.toMatchObject({ code: 'PushRejected' });
    expect(world.tip('main')).toBe(before);
  });

  it('looks at no pull request of a fork, whatever its branch and text are', async () => {
    await put();
    const { branch, base, title, body } = world.server.store.pulls[0] ?? expect.fail();
    const copy = { author: 'mallory', branch, base, title, body };
    world.server.store.openFromFork('mallory/policy', copy);
    expect((await world.forge.list()).map((p) => p.number)).toEqual([1]);
    expect(await put()).toEqual({ number: 1, outcome: 'unchanged' });
  });

  it('[F13] counts the last word of each person on all pages; not of bots or of the author', async () => {
    await put();
    world.clock.time += 60;
    const { store } = world.server;
    const pull = store.pulls[0] ?? expect.fail();
    const say = (by: string, state: 'approve' | 'reject' | 'comment') =>
      store.review(pull, { by, state });
    say('dismissed', 'approve').dismissed = true;
    say('changed-mind', 'approve');
    say('sluice-bot', 'approve');
    say(dialect.name === 'github' ? 'helper[bot]' : 'Ghost', 'approve');
    for (let i = 0; i < 130; i++) say('chatty', 'comment');
    say('changed-mind', 'reject');
    say('late', 'approve');
    say('late', 'comment');
    const { approvals, head, deltaDigest } = await only();
    const at = world.clock.time;
    const forge = dialect.name;
    expect(approvals).toEqual([{ person: 'late', forge, head, delta: deltaDigest, at }]);
  });

  it('[F12] an approval names the commit and the delta that were looked at', async () => {
    await put();
    world.clock.time += 60;
    const { store } = world.server;
    const pull = store.pulls[0] ?? expect.fail();
    store.review(pull, { by: 'alice', state: 'approve' });
    const before = await only();
    expect(before.approvals).toMatchObject([{ person: 'alice', head: before.head }]);
    world.clock.time += 60;
    await world.forge.put({
      ...question({ deltaDigest: 'd2'.padEnd(64, '0') as typeof before.deltaDigest }),
      ...{ body: 'the body\n', base: world.tip('main') },
      changes: [{ path: 'promotions/testing/a.yaml', text: 'update: other\n' }],
    });
    const after = await only();
    expect(after.head).not.toBe(before.head);
    expect(after.approvals?.map((a) => a.head)).toEqual([before.head]);
    expect(after.approvals?.map((a) => a.delta)).not.toContain(after.deltaDigest);
  });

  it('approves only in the name of the one whose token it is', async () => {
    await put();
    const own = world.forgeFor('alice', 'loopback-token-of-alice');
    await own.approve(1, 'alice');
    await expect(own.approve(1, 'bob')).rejects.toMatchObject({ code: 'ForgeRefused' });
    expect((await only()).approvals).toMatchObject([{ person: 'alice' }]);
  });

  it('tells a person who closes from itself, also when it forgot everything', async () => {
    await put();
    await world.forge.close(1, 'controller', 'withdrawn');
    expect(await only(world.forgeFor('other'))).toMatchObject({ closedBy: 'controller' });
    await put();
    world.clock.time += 1;
    world.server.store.close(world.server.store.pulls[1] ?? expect.fail());
    const closers = (await world.forge.list()).map((p) => [p.state, p.closedBy]);
    expect(closers).toEqual([
      ['closed', 'controller'],
      ['closed', 'person'],
    ]);
  });

  it('keeps its place when a person takes the marker out of the text', async () => {
    await put();
    world.clock.time += 1;
    const pull = world.server.store.pulls[0] ?? expect.fail();
    pull.body = 'I like it shorter.';
    pull.updatedAt = world.clock.time;
    expect(await only()).toMatchObject({
      identity: 'errata/testing/EXSA-2026-0001',
      state: 'open',
    });
    expect(await put()).toEqual({ number: 1, outcome: 'updated' });
    expect(await only()).toMatchObject({ body: 'the body\n' });
  });

  it('[L05] a signed lie about a merge changes nothing: the facts come from git and forge', async () => {
    await put();
    let looks = 0;
    const secret = 'shared with the forge';
    const hint = () => {
      looks++;
    };
    const receiver = hookReceiver({ name: dialect.name, repository: 'acme/policy', secret, hint });
    const text = { action: 'closed', pull_request: { number: 1, merged: true, state: 'closed' } };
    const lie = { ...text, repository: { full_name: 'acme/policy' } };
    const body = Buffer.from(JSON.stringify(lie));
    const hex = createHmac('sha256', secret).update(body).digest('hex');
    const headers = {
      'x-github-event': 'pull_request',
      'x-github-delivery': 'forged',
      'x-hub-signature-256': `sha256=${hex}`,
    };
    expect(receiver({ name: dialect.name, headers, body })).toMatchObject({ status: 202 });
    expect(looks).toBe(1);
    expect(await only()).toMatchObject({ state: 'open' });
    expect(world.server.store.git('log', '--merges', 'main')).toBe('');
  });

  it('[L04] without any hint it sees what happened, with one request while nothing did', async () => {
    await put();
    await world.forge.list();
    const asked = () => world.server.requests.filter((r) => r === 'pulls/list').length;
    const before = asked();
    await world.forge.list();
    expect(asked()).toBe(before + 1);
    world.clock.time += 1;
    world.server.store.close(world.server.store.pulls[0] ?? expect.fail());
    expect(await only()).toMatchObject({ state: 'closed', closedBy: 'person' });
  });
});
