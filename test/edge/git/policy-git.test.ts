import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initPolicyRepository, policyGit } from '../../../src/edge/git/index.ts';
import type { PolicyGit } from '../../../src/ports.ts';
import { controller, type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

const personEnvironment = {
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Alice',
  GIT_AUTHOR_EMAIL: 'alice@example.org',
  GIT_COMMITTER_NAME: 'Alice',
  GIT_COMMITTER_EMAIL: 'alice@example.org',
};

let world: PolicyWorld;
let port: PolicyGit;
beforeEach(() => {
  world = policyWorld();
  port = world.port();
});
afterEach(() => world.remove());

const accepted = async () => {
  const head = await port.fetch();
  await port.accept(head);
  return head;
};

describe('reading', () => {
  it('lists files with their mode and reads regular ones only', async () => {
    world.write('updates/a b"c.yaml', 'text\n');
    symlinkSync('/etc/passwd', join(world.repository, 'link.yaml'));
    world.git('add', '--all');
    const head = world.commit('one', { 'sluice.yaml': 'ä\n' });
    expect(await accepted()).toBe(head);
    expect(await port.files(head)).toMatchObject([
      { path: 'link.yaml', mode: '120000' },
      { path: 'sluice.yaml', mode: '100644', sizeBytes: 3 },
      { path: 'updates/a b"c.yaml', mode: '100644', sizeBytes: 5 },
    ]);
    expect(await port.readText(head, 'sluice.yaml')).toBe('ä\n');
    expect(await port.readText(head, 'link.yaml')).toBeUndefined();
    expect(await port.readText(head, 'absent')).toBeUndefined();
    expect(await port.readText(head, 'updates')).toBeUndefined();
  });

  it('resolves revisions, and hostile ones to nothing', async () => {
    const first = world.commit('one', { a: '1' });
    const second = world.commit('two', { a: '2' });
    await accepted();
    expect(await port.resolve('HEAD~1')).toBe(first);
    expect(await port.resolve(second.slice(0, 10))).toBe(second);
    expect(await port.changedPaths(first, second)).toEqual(['a']);
    expect(await port.commit(second)).toMatchObject({ parents: [first], author: 'Alice' });
    for (const hostile of ['--all', '-c', '@{u}', 'a..b', '--output=/tmp/x', '', 'HEAD^{tree}']) {
      expect(await port.resolve(hostile)).toBeUndefined();
    }
  });

  it('ignores replacements and borrowed objects in the mirror', async () => {
    const head = world.commit('one', { 'a.yaml': 'true\n', 'b.yaml': 'false\n' });
    await accepted();
    const mirror = join(world.state, 'policy.git');
    world.git(`--git-dir=${mirror}`, 'replace', `${head}:a.yaml`, `${head}:b.yaml`);
    writeFileSync(join(mirror, 'objects/info/alternates'), `${world.repository}/.git/objects\n`);
    const other = world.port();
    expect(await other.fetch(head)).toBe(head);
    expect(await other.readText(head, 'a.yaml')).toBe('true\n');
    expect(existsSync(join(mirror, 'objects/info/alternates'))).toBe(false);
  });

  it('[F24] orders commits by ancestry, whatever their dates say', async () => {
    const dates = ['2099-01-01T00:00:00Z', '1970-01-02T00:00:00Z', '2026-01-01T00:00:00Z'];
    const commits = dates.map((date) => {
      const env = { ...personEnvironment, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
      const args = ['-C', world.repository, 'commit', '--quiet', '--allow-empty', '-m', date];
      execFileSync('git', args, { env });
      return world.git('rev-parse', 'HEAD');
    });
    const head = await accepted();
    expect((await port.firstParents(undefined, head)).map((c) => c.id)).toEqual(commits);
  });

  it('starts no git where nothing moved', async () => {
    const head = world.commit('one', { 'a.yaml': '1\n' });
    await accepted();
    await world.port().appendLog('one', [{ path: 'records/1.json', text: '{}' }]);
    await world.port().fetch(head);
    const alone = policyGit({ ...world.options, path: join(world.root, 'nowhere') });
    expect(await alone.fetch(head)).toBe(head);
    expect(await alone.readText(head, 'a.yaml')).toBe('1\n');
    expect((await alone.commit(head)).subject).toBe('one');
    expect(await alone.listLog('records/')).toEqual(['records/1.json']);
    world.commit('two', { 'a.yaml': '2\n' });
    await expect(alone.fetch(head)).rejects.toMatchObject({ code: 'ToolMissing' });
  });

  it('packs what many fetches left behind, and reads on', async () => {
    const head = world.commit('one', { 'a.yaml': '1\n' });
    await accepted();
    const mirror = join(world.state, 'policy.git');
    const names = Array.from({ length: 2100 }, (_, i) => `loose/${i}`);
    for (const name of names) world.write(name, name);
    const env = { PATH: process.env.PATH ?? '', HOME: world.root };
    const args = [`--git-dir=${mirror}`, 'hash-object', '-w', '--stdin-paths'];
    const input = names.map((name) => `${join(world.repository, name)}\n`).join('');
    const [first = ''] = execFileSync('git', args, { env, input, encoding: 'utf8' }).split('\n');
    const other = world.port();
    await other.fetch(head);
    expect(await other.readText(head, 'a.yaml')).toBe('1\n');
    const counted = world.git(`--git-dir=${mirror}`, 'count-objects', '-v');
    expect(counted).toContain('count: 0\n');
    expect(world.git(`--git-dir=${mirror}`, 'cat-file', 'blob', first)).toBe('loose/0');
  });

  it('moves no ref of the mirror before a commit is accepted', async () => {
    world.commit('one', { a: '1' });
    const head = await port.fetch();
    expect(await port.resolve('main')).toBeUndefined();
    await port.accept(head);
    expect(await port.resolve('main')).toBe(head);
  });
});

describe('commitToWatched', () => {
  it("appears in the person's clean working tree under the controller's name", async () => {
    world.commit('one', { 'a.yaml': '1\n', 'b.yaml': '1\n' });
    const head = await accepted();
    const changes = [
      { path: 'promotions/testing/x.yaml', text: 'x\n' },
      { path: 'b.yaml', text: undefined },
    ];
    const made = await port.commitToWatched(head, 'Promote x\n\nBecause.\n', changes);
    expect(world.git('rev-parse', 'HEAD')).toBe(made);
    expect(world.git('log', '-1', '--format=%an <%ae> %cn %ct %s')).toBe(
      `Sluice <sluice@example.org> Sluice ${world.clock.time} Promote x`,
    );
    expect(existsSync(join(world.repository, 'promotions/testing/x.yaml'))).toBe(true);
    expect(existsSync(join(world.repository, 'b.yaml'))).toBe(false);
    expect(world.git('status', '--porcelain')).toBe('');
    expect(await port.fetch(head)).toBe(made);
    expect(await port.commitToWatched(made, 'again', changes)).toBe(made);
  });

  it('[H08] takes any path that git takes', async () => {
    world.commit('one', { 'a.yaml': '1\n' });
    const head = await accepted();
    const odd = [
      'a b',
      'q"uote',
      "apo's",
      'per%cent',
      '-dash',
      'back\\slash',
      'ü',
      'tab\there',
      'new\nline',
    ];
    const changes = odd.map((path) => ({ path, text: `${path}\n` }));
    const made = await port.commitToWatched(head, 'odd', changes);
    await port.accept(await port.fetch(head));
    const paths = (await port.files(made)).map((file) => file.path);
    expect(paths.toSorted()).toEqual(['a.yaml', ...odd].toSorted());
    for (const path of odd) expect(await port.readText(made, path)).toBe(`${path}\n`);
    await port.appendLog('odd', changes);
    for (const path of odd) expect(await port.readLog(path)).toBe(`${path}\n`);
  });

  it('is the same commit for the same parent, message, changes and time', async () => {
    world.commit('one', { 'a.yaml': '1\n' });
    const head = await accepted();
    const changes = [{ path: 'x.yaml', text: 'x\n' }];
    const made = await port.commitToWatched(head, 'x', changes);
    world.git('reset', '--quiet', '--hard', head);
    expect(await port.commitToWatched(head, 'x', changes)).toBe(made);
  });

  it('refuses to overwrite a head that moved meanwhile', async () => {
    world.commit('one', { 'a.yaml': '1\n' });
    const head = await accepted();
    const moved = world.commit('two', { 'a.yaml': '2\n' });
    const push = port.commitToWatched(head, 'x', [{ path: 'x.yaml', text: 'x\n' }]);
    await expect(push).rejects.toMatchObject({ code: 'PushRejected' });
    expect(world.git('rev-parse', 'HEAD')).toBe(moved);
  });

  it('waits while the person is on another branch, edits, or is in a merge', async () => {
    world.commit('one', { 'a.yaml': '1\n' });
    const head = await accepted();
    const push = () => port.commitToWatched(head, 'x', [{ path: 'x.yaml', text: 'x\n' }]);
    const busy = async (found: string) =>
      expect(push()).rejects.toMatchObject({ code: 'TreeBusy', found, exit: 0 });
    world.git('switch', '--quiet', '-c', 'topic');
    await busy('topic');
    world.git('switch', '--quiet', 'main');
    world.write('a.yaml', 'half');
    await busy('a.yaml');
    world.git('add', 'a.yaml');
    await busy('a.yaml');
    world.git('reset', '--quiet', '--hard');
    for (const state of ['MERGE_HEAD', 'index.lock', 'REVERT_HEAD']) {
      writeFileSync(join(world.repository, '.git', state), '');
      await busy(state);
      rmSync(join(world.repository, '.git', state));
    }
    world.write('x.yaml', 'not added yet\n');
    await expect(push()).rejects.toMatchObject({ code: 'TreeBusy' });
    expect(world.git('rev-parse', 'HEAD')).toBe(head);
    rmSync(join(world.repository, 'x.yaml'));
    world.git('config', '--unset', 'receive.denyCurrentBranch');
    await expect(push()).rejects.toMatchObject({ code: 'TreeBusy' });
    world.git('config', 'receive.denyCurrentBranch', 'updateInstead');
    expect(await push()).not.toBe(head);
  });

  it.skipIf(process.getuid?.() !== 0)('reads but never writes what another user owns', async () => {
    world.commit('one', { 'a.yaml': '1\n' });
    for (const path of ['', '.git']) chownSync(join(world.repository, path), 65534, 65534);
    const other = world.port();
    const head = await other.fetch();
    await other.accept(head);
    expect(await other.readText(head, 'a.yaml')).toBe('1\n');
    const push = other.commitToWatched(head, 'x', [{ path: 'x.yaml', text: 'x\n' }]);
    await expect(push).rejects.toMatchObject({ code: 'TreeBusy', expected: 'uid 0' });
    await expect(other.appendLog('x', [{ path: 'x', text: 'x' }])).rejects.toMatchObject({
      code: 'TreeBusy',
    });
  });
});

it('makes an ordinary repository that takes its commits', async () => {
  const directory = join(world.root, 'made');
  const head = await initPolicyRepository(directory, {
    files: [{ path: 'sluice.yaml', text: 'kind: Site\n' }],
    identity: controller,
    time: world.clock.time,
    state: join(world.root, 'work'),
  });
  const made = policyGit({ ...world.options, url: directory, state: join(world.root, 'other') });
  expect(await made.fetch()).toBe(head);
  await made.accept(head);
  const next = await made.commitToWatched(head, 'x', [{ path: 'x.yaml', text: 'x\n' }]);
  expect(world.git(`--git-dir=${directory}/.git`, 'rev-parse', 'main')).toBe(next);
  expect(existsSync(join(directory, 'x.yaml'))).toBe(true);
  chmodSync(directory, 0o755);
});
