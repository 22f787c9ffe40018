import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/model/index.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
beforeEach(() => {
  world = policyWorld();
});
afterEach(() => world.remove());

const mirror = (...path: string[]) => join(world.state, 'policy.git', ...path);
const packsHere = () => readdirSync(mirror('objects', 'pack')).filter((n) => n.endsWith('.pack'));
const isWhole = () => world.git(`--git-dir=${mirror()}`, 'fsck', '--no-dangling', '--strict');

async function accepted(): Promise<CommitId> {
  const port = world.port();
  const head = await port.fetch();
  await port.accept(head);
  return head;
}

describe('commits of a repository on this machine', () => {
  it('are taken as the loose objects that they are: folders, merges and what comes back', async () => {
    world.commit('one', { 'a/b/c.yaml': '1', d: '2' });
    await accepted();
    const start = world.git('rev-parse', 'HEAD');
    world.git('switch', '-q', '-c', 'side');
    world.commit('beside', { 'a/b/e.yaml': '3' });
    world.git('switch', '-q', 'main');
    world.commit('on', { d: undefined, 'a/b/c.yaml': '4' });
    world.git('merge', '-q', '--no-ff', '-m', 'both', 'side');
    world.commit('back', { d: '2' });
    const head = await accepted();
    expect(packsHere()).toEqual([]);
    isWhole();
    const port = world.port();
    expect((await port.files(head)).map((f) => f.path)).toEqual(['a/b/c.yaml', 'a/b/e.yaml', 'd']);
    expect(await port.isAncestor(start as CommitId, head)).toBe(true);
    expect(await port.fetch(head)).toBe(head);
  });

  it('are fetched where people’s git has packed them', async () => {
    world.commit('one', { a: '1' });
    await accepted();
    const head = world.commit('two', { a: '2' });
    world.git('gc', '-q');
    expect(await accepted()).toBe(head);
    expect(await world.port().readText(head, 'a')).toBe('2');
    isWhole();
  });

  it('[F19] pass the checks of what is fetched, or none of their objects stays', async () => {
    world.commit('one', { a: '1' });
    const before = await accepted();
    const objects = () => readdirSync(mirror('objects'), { recursive: true }).length;
    const count = objects();
    const blob = world.git('rev-parse', 'HEAD:a');
    const tree = join(world.root, 'tree');
    writeFileSync(tree, Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')]));
    const evil = world.git('hash-object', '-t', 'tree', '-w', '--literally', tree);
    const head = world.git('commit-tree', '-p', 'HEAD', '-m', 'evil', evil);
    world.git('update-ref', 'refs/heads/main', head);
    await expect(world.port().fetch(before)).rejects.toMatchObject({ code: 'PolicyUnavailable' });
    expect(objects()).toBe(count);
  });

  it('[F09] whose files are not all there are refused, and the accepted one stays', async () => {
    world.commit('one', { a: '1' });
    const before = await accepted();
    world.commit('two', { a: '2' });
    const blob = world.git('rev-parse', 'HEAD:a');
    const file = join(world.repository, '.git', 'objects', blob.slice(0, 2), blob.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, '');
    await expect(world.port().fetch(before)).rejects.toMatchObject({ code: 'PolicyUnavailable' });
    expect(await world.port().resolve('main')).toBe(before);
    isWhole();
  });
});
