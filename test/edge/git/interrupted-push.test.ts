import { chmodSync, existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommitId } from '../../../src/model/index.ts';
import type { PolicyGit } from '../../../src/ports.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
let port: PolicyGit;
let head: CommitId;
const inGit = (name: string) => join(world.repository, '.git', name);
const locks = ['HEAD.lock', 'refs/heads/main.lock'];
const push = () => port.commitToWatched(head, 'x', [{ path: 'x.yaml', text: 'x\n' }]);

/** git's own process dies in the policy repository once the files are there and the branch is locked. */
async function killedPush(): Promise<void> {
  const hook = inGit('hooks/reference-transaction');
  writeFileSync(hook, '#!/bin/sh\n[ "$1" = prepared ] && kill -9 $PPID\nexit 0\n');
  chmodSync(hook, 0o755);
  await expect(push()).rejects.toThrow();
  rmSync(hook);
}

function age(seconds: number): void {
  for (const lock of locks.map(inGit).filter((path) => existsSync(path))) {
    utimesSync(lock, Date.now() / 1000 - seconds, Date.now() / 1000 - seconds);
  }
}

beforeEach(async () => {
  world = policyWorld();
  world.commit('one', { 'a.yaml': '1\n' });
  port = world.port();
  head = await port.fetch();
  await port.accept(head);
  await killedPush();
});
afterEach(() => world.remove());

test('a killed push leaves its files staged and the branch locked; the next one mends that', async () => {
  expect(world.git('status', '--porcelain')).toBe('A  x.yaml');
  expect(locks.filter((lock) => existsSync(inGit(lock)))).not.toEqual([]);
  await expect(port.checkFree()).rejects.toMatchObject({ code: 'TreeBusy' });
  await expect(push()).rejects.toMatchObject({ code: 'TreeBusy' });
  age(61);
  const made = await push();
  expect(world.git('rev-parse', 'HEAD')).toBe(made);
  expect(world.git('status', '--porcelain')).toBe('');
  expect(locks.filter((lock) => existsSync(inGit(lock)))).toEqual([]);
  await port.checkFree();
});

test('what a person did meanwhile stays untouched', async () => {
  age(61);
  const edits: readonly (() => void)[] = [
    () => world.write('x.yaml', 'mine\n'),
    () => world.write('a.yaml', 'mine\n'),
    () => writeFileSync(inGit('index.lock'), ''),
  ];
  for (const edit of edits) {
    edit();
    await expect(push()).rejects.toMatchObject({ code: 'TreeBusy' });
    expect(locks.filter((lock) => existsSync(inGit(lock)))).not.toEqual([]);
    rmSync(inGit('index.lock'), { force: true });
    world.git('checkout', '--quiet', '--', '.');
  }
});

test('a commit of ours that arrived and that a person undoes is left undone', async () => {
  age(61);
  const made = await push();
  world.git('reset', '--quiet', '--soft', head);
  await expect(push()).rejects.toMatchObject({ code: 'TreeBusy' });
  expect(world.git('write-tree')).toBe(world.git('rev-parse', `${made}^{tree}`));
});
