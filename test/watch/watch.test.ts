import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../src/model/index.ts';
import type { Event, PolicyGit } from '../../src/ports.ts';
import { removalsBetween, watch } from '../../src/watch/index.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-repository.ts';

let world: PolicyWorld;
let policyGit: PolicyGit;
let events: Event[];
beforeEach(() => {
  world = policyWorld();
  policyGit = world.port();
  events = [];
});
afterEach(() => world.remove());

const look = (head: CommitId | undefined, acknowledged?: CommitId) =>
  watch(
    { policyGit, clock: world.clock, log: { emit: (e) => events.push(e) } },
    { head, acknowledged },
  );

describe('watch', () => {
  it('takes the whole history at first contact, oldest first', async () => {
    const first = world.commit('one', { 'sluice.yaml': '1\n' });
    const second = world.commit('two', { 'sluice.yaml': '2\n' });
    const seen = await look(undefined);
    expect(seen).toMatchObject({ head: second });
    expect(seen.hold).toBeUndefined();
    expect(seen.newCommits.map((c) => c.id)).toEqual([first, second]);
    expect(await policyGit.resolve('main')).toBe(second);
    expect(await look(second)).toEqual({ head: second, newCommits: [] });
  });

  it('counts a merge as one commit of the first-parent path', async () => {
    const first = world.commit('one', { 'sluice.yaml': '1\n' });
    await look(undefined);
    world.git('switch', '--quiet', '-c', 'topic');
    world.commit('side', { 'a.yaml': 'a\n' });
    world.git('switch', '--quiet', 'main');
    world.git('merge', '--quiet', '--no-ff', '--no-edit', 'topic');
    const seen = await look(first);
    expect(seen.newCommits.map((c) => c.parents.length)).toEqual([2]);
  });

  it('[F05] keeps the accepted head when the branch goes back, until that is acknowledged', async () => {
    const old = world.commit('one', { 'sluice.yaml': '1\n' });
    const accepted = world.commit('two', { 'sluice.yaml': '2\n' });
    await look(undefined);
    world.git('reset', '--quiet', '--hard', old);
    const seen = await look(accepted);
    expect(seen).toMatchObject({ head: accepted, newCommits: [] });
    expect(seen.hold).toMatchObject({ code: 'HistoryRewritten', subject: 'policy' });
    expect(seen.hold?.text).toContain(accepted);
    expect(seen.hold?.text).toContain(old);
    expect(await policyGit.resolve('main')).toBe(accepted);
    expect(events).toHaveLength(1);
    const acknowledged = await look(accepted, old);
    expect(acknowledged).toEqual({ head: old, newCommits: [] });
    expect(await policyGit.readText(accepted, 'sluice.yaml')).toBe('2\n');
  });

  it('[F06] keeps the accepted head when the branch becomes another history, a tag, or nothing', async () => {
    const accepted = world.commit('one', { 'sluice.yaml': '1\n' });
    await look(undefined);
    world.git('switch', '--quiet', '--orphan', 'other');
    const foreign = world.commit('foreign', { 'sluice.yaml': 'other\n' });
    world.git('branch', '--force', 'main', 'other');
    const replaced = await look(accepted);
    expect(replaced).toMatchObject({ head: accepted, hold: { code: 'HistoryRewritten' } });
    world.git('branch', '-D', 'main');
    world.git('tag', 'main', foreign);
    const deleted = await look(accepted);
    expect(deleted).toMatchObject({ head: accepted, hold: { code: 'HistoryRewritten' } });
    expect(await policyGit.resolve(`refs/heads/main`)).toBe(accepted);
    world.git('branch', 'main', accepted);
    expect(await look(accepted)).toEqual({ head: accepted, newCommits: [] });
  });

  it('[F10] follows an acknowledged head when the accepted commit exists nowhere any more', async () => {
    const accepted = world.commit('one', { 'sluice.yaml': '1\n' });
    await look(undefined);
    world.git('switch', '--quiet', '--orphan', 'other');
    const meant = world.commit('meant', { 'sluice.yaml': 'other\n' });
    world.git('branch', '--force', 'main', 'other');
    rmSync(join(world.state, 'policy.git', 'HEAD'));
    const lost = await look(accepted);
    expect(lost).toMatchObject({ head: accepted, hold: { code: 'HistoryRewritten' } });
    const seen = await look(accepted, meant);
    expect(seen).toMatchObject({ head: meant });
    expect(seen.newCommits.map((c) => c.id)).toEqual([meant]);
  });

  it('an acknowledgement of something else acknowledges nothing', async () => {
    const old = world.commit('one', { 'sluice.yaml': '1\n' });
    const accepted = world.commit('two', { 'sluice.yaml': '2\n' });
    await look(undefined);
    world.git('reset', '--quiet', '--hard', old);
    world.commit('else', { 'sluice.yaml': '3\n' });
    const never = 'f'.repeat(40) as CommitId;
    expect(await look(accepted, never)).toMatchObject({ hold: { code: 'HistoryRewritten' } });
  });

  it('[F08] keeps the accepted head when the repository is damaged or gone, and goes on afterwards', async () => {
    const accepted = world.commit('one', { 'sluice.yaml': '1\n' });
    await look(undefined);
    const next = world.commit('two', { 'sluice.yaml': `${'2'.repeat(200)}\n` });
    const blob = world.git('rev-parse', 'HEAD:sluice.yaml');
    const object = join(world.repository, '.git/objects', blob.slice(0, 2), blob.slice(2));
    const kept = world.git('cat-file', 'blob', blob);
    truncateSync(object, 10);
    const cut = await look(accepted);
    expect(cut).toMatchObject({ head: accepted, newCommits: [] });
    expect(cut.hold?.code).toBe('PolicyUnavailable');
    expect(fsck()).toBe('');
    execFileSync('rm', ['-f', object]);
    const shortened = await look(accepted);
    expect(shortened).toMatchObject({ head: accepted, hold: { code: 'PolicyUnavailable' } });
    world.write('sluice.yaml', `${kept}\n`);
    world.git('hash-object', '-w', 'sluice.yaml');
    expect(await look(accepted)).toMatchObject({ head: next });
    expect(fsck()).toBe('');
    const left = join(world.state, 'staging');
    expect(
      readdirSync(left).filter((name) => name.startsWith('git-') && name !== 'git-home'),
    ).toEqual([]);
  });

  it('throws at first contact when there is nothing to fetch', async () => {
    await expect(look(undefined)).rejects.toMatchObject({ code: 'PolicyUnavailable' });
    expect(existsSync(world.repository)).toBe(true);
  });
});

const fsck = () =>
  execFileSync('git', ['-C', join(world.state, 'policy.git'), 'fsck', '--no-dangling'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

describe('removalsBetween', () => {
  it('tells what each accepted commit took back, with its last text', async () => {
    const start = world.commit('one', { 'sluice.yaml': '1\n' });
    const promoted = world.commit('promote', {
      'promotions/testing/U-1.yaml': 'update: U:1\n',
      'updates/U-1.yaml': 'id: U:1\n',
      'holds/testing/U-0.yaml': 'reason: bad\n',
    });
    world.git('revert', '--no-edit', 'HEAD');
    world.commit('other', { 'README.md': 'x\n' });
    const { head } = await look(undefined);
    const removed = await removalsBetween(policyGit, start, head);
    expect(removed).toMatchObject([
      { path: 'holds/testing/U-0.yaml', kind: 'hold', change: 'deleted', text: 'reason: bad\n' },
      {
        path: 'promotions/testing/U-1.yaml',
        kind: 'promotion',
        change: 'deleted',
        parent: promoted,
        text: 'update: U:1\n',
        updateText: 'id: U:1\n',
      },
    ]);
    expect(await removalsBetween(policyGit, head, head)).toEqual([]);
  });

  it('sees the revert of a merge as one commit', async () => {
    const start = world.commit('one', { 'sluice.yaml': '1\n' });
    world.git('switch', '--quiet', '-c', 'topic');
    world.commit('promote', { 'promotions/testing/U-1.yaml': 'update: U:1\n' });
    world.git('switch', '--quiet', 'main');
    world.git('merge', '--quiet', '--no-ff', '--no-edit', 'topic');
    world.git('revert', '--no-edit', '-m', '1', 'HEAD');
    const { head } = await look(undefined);
    const removed = await removalsBetween(policyGit, start, head);
    expect(removed).toMatchObject([{ commit: head, change: 'deleted' }]);
  });
});
