import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicyAt } from '../../../src/controller/index.ts';
import { policyGit } from '../../../src/edge/git/index.ts';
import type { CommitId } from '../../../src/model/index.ts';
import type { PolicyGit } from '../../../src/ports.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
beforeEach(() => {
  world = policyWorld();
});
afterEach(() => world.remove());

const site = 'apiVersion: sluice/v1\nkind: Site\nname: t\nurl: https://t.example\n';

/** `git fast-import`: any number of files in one commit on main, in no time. */
function imported(lines: Iterable<string>): CommitId {
  const who = 'Alice <alice@example.org> 1790000000 +0000';
  const head = `commit refs/heads/main\ncommitter ${who}\ndata 1\nx\n`;
  const stream = `${head}from refs/heads/main^0\n${[...lines].join('')}done\n`;
  const args = ['-C', world.repository, 'fast-import', '--quiet', '--done', '--force'];
  execFileSync('git', args, { input: stream, maxBuffer: 2 ** 30 });
  return world.git('rev-parse', 'main') as CommitId;
}
const file = (path: string, text: string) =>
  `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;

/** Which files were read. */
function counted(port: PolicyGit) {
  const read: string[] = [];
  const readText: PolicyGit['readText'] = (commit, path) => {
    read.push(path);
    return port.readText(commit, path);
  };
  return { port: { ...port, readText }, read };
}

const accepted = async (port: PolicyGit): Promise<CommitId> => {
  const head = await port.fetch();
  await port.accept(head);
  return head;
};

describe('a repository beyond measure', () => {
  it('[F20] a hundred thousand files, thousands of folders deep, beside as many refs: only policy is read', async () => {
    world.commit('start', { 'sluice.yaml': site });
    const files = Array.from({ length: 100_000 }, (_, n) =>
      file(`junk/${n % 256}/${n}.txt`, `${n}`),
    );
    const head = imported([...files, file(`${'d/'.repeat(1500)}deep.txt`, 'deep')]);
    const refs = Array.from({ length: 100_000 }, (_, n) => `${head} refs/tags/t${n}\n`).toSorted();
    const packed = join(world.repository, '.git', 'packed-refs');
    writeFileSync(packed, `# pack-refs with: peeled fully-peeled sorted \n${refs.join('')}`);
    const { port, read } = counted(world.port());
    expect(await accepted(port)).toBe(head);
    await readPolicyAt({ policyGit: port }, head);
    expect(read).toEqual(['sluice.yaml']);
    const kept = execFileSync('git', ['-C', join(world.state, 'policy.git'), 'for-each-ref']);
    expect(kept.toString().split('\n').length).toBeLessThan(10);
  });

  it('[F20] a large file is refused where policy stands, by its size and unread, and ignored elsewhere', async () => {
    world.commit('start', { 'sluice.yaml': site });
    const large = 'x'.repeat(9 * 1024 * 1024);
    const head = imported([file('media.bin', large), file('updates/X.yaml', large)]);
    const { port, read } = counted(world.port());
    await accepted(port);
    const { desired, findings } = await readPolicyAt({ policyGit: port }, head);
    expect(desired).toBeUndefined();
    expect(findings[0]).toMatchObject({ code: 'PolicyUnreadable', at: { file: 'updates/X.yaml' } });
    expect(read).toEqual(['sluice.yaml']);
    await expect(port.readText(head, 'media.bin')).rejects.toMatchObject({
      code: 'PolicyUnreadable',
    });
  });

  it('[F20] more policy files than anybody has are refused unread', async () => {
    world.commit('start', { 'sluice.yaml': site });
    const head = imported(
      Array.from({ length: 50_001 }, (_, n) => file(`updates/${n}.yaml`, 'a: 1\n')),
    );
    const { port, read } = counted(world.port());
    await accepted(port);
    const { findings } = await readPolicyAt({ policyGit: port }, head);
    expect(findings[0]?.message).toContain('50002 files');
    expect(read).toEqual([]);
  });
});

describe('another history in the local copy', () => {
  it('[F21] replace refs, grafts, shallow marks and alternates are not looked at, and reported once', async () => {
    const first = world.commit('one', { 'sluice.yaml': 'one\n' });
    const second = world.commit('two', { 'sluice.yaml': 'two\n' });
    world.git('switch', '--quiet', '--orphan', 'evil');
    const evil = world.commit('evil', { 'sluice.yaml': 'evil\n' });
    world.git('switch', '--quiet', 'main');
    world.git('replace', second, evil);
    const port = world.port();
    const head = await accepted(port);
    expect(head).toBe(second);
    const mirror = join(world.state, 'policy.git');
    const inMirror = (...args: readonly string[]) =>
      execFileSync('git', ['-C', mirror, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
    inMirror('fetch', '--quiet', world.repository, `${evil}:refs/heads/evil`);
    inMirror('replace', '--force', second, evil);
    mkdirSync(join(mirror, 'info'), { recursive: true });
    writeFileSync(join(mirror, 'info', 'grafts'), `${second}\n`);
    writeFileSync(join(mirror, 'shallow'), `${second}\n`);
    const alternates = join(mirror, 'objects', 'info', 'alternates');
    writeFileSync(alternates, `${world.root}/elsewhere/objects\n`);
    const warnings: string[] = [];
    const again = policyGit({ ...world.options, warn: (text) => warnings.push(text) });
    expect(await again.fetch(second)).toBe(second);
    expect(warnings).toEqual([
      expect.stringMatching(/policy\.git.* has replace refs, grafts, a shallow mark, alternates: /),
    ]);
    expect(await again.readText(second, 'sluice.yaml')).toBe('two\n');
    expect((await again.firstParents(first, second)).map((c) => c.id)).toEqual([second]);
    expect((await again.commit(second)).parents).toEqual([first]);
    expect(await again.isAncestor(first, second)).toBe(true);
    expect(await again.isAncestor(evil, second)).toBe(false);
    expect(() => readFileSync(alternates)).toThrow('ENOENT');
    inMirror('pack-refs', '--all');
    expect(await again.fetch(second)).toBe(second);
    expect(warnings[1]).toContain(' has replace refs, grafts, a shallow mark: ');
    await again.fetch(second);
    expect(warnings).toHaveLength(2);
  });

  it('[F21] an ordinary local copy is not reported', async () => {
    const warnings: string[] = [];
    world.commit('one', { 'sluice.yaml': 'one\n' });
    const port = policyGit({ ...world.options, warn: (text) => warnings.push(text) });
    const head = await accepted(port);
    await port.fetch(head);
    expect(warnings).toEqual([]);
  });
});

it('[F22] a repository with sha256 names is refused with a plain sentence', async () => {
  const other = join(world.root, 'sha256');
  execFileSync('git', ['init', '--quiet', '--object-format=sha256', '-b', 'main', other]);
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  execFileSync('git', ['-C', other, ...who, 'commit', '--quiet', '--allow-empty', '-m', 'one']);
  await expect(policyGit({ ...world.options, url: other }).fetch()).rejects.toMatchObject({
    code: 'NotYet',
    check: 'the policy repository names its objects by SHA-1',
    found: 'sha256',
  });
});
