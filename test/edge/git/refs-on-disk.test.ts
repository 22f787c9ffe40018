import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refsOnDisk } from '../../../src/edge/git/refs-on-disk.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
let first: string;
let second: string;
const git = () => join(world.repository, '.git');
const places = ['refs/heads/main', 'refs/heads/sluice', 'refs/sluice/pr'];

beforeEach(() => {
  world = policyWorld();
  first = world.commit('one', { a: '1' });
  second = world.commit('two', { a: '2' });
});
afterEach(() => world.remove());

/** What git itself says. */
function asGitSays(): ReadonlyMap<string, string> {
  const said = world.git('for-each-ref', '--format=%(refname) %(objectname)', ...places);
  const lines = said.split('\n').filter(Boolean);
  return new Map(lines.map((l) => [l.split(' ')[0] ?? '', l.split(' ')[1] ?? ''] as const));
}

it('reads refs as git does: in files, packed, written again and deleted after packing', async () => {
  for (const name of ['x', 'update/testing/y', 'z.1']) {
    world.git('update-ref', `refs/heads/sluice/${name}`, first);
  }
  world.git('update-ref', 'refs/heads/slui', first);
  for (const n of [1, 2, 10]) world.git('update-ref', `refs/sluice/pr/${n}`, first);
  expect(await refsOnDisk(git(), places)).toEqual(asGitSays());
  world.git('pack-refs', '--all');
  expect(await refsOnDisk(git(), places)).toEqual(asGitSays());
  world.git('update-ref', 'refs/sluice/pr/2', second);
  world.git('update-ref', '-d', 'refs/heads/sluice/x');
  world.git('tag', '-a', '-m', 'tag', 'v1', first);
  world.git('pack-refs', '--all');
  world.git('update-ref', 'refs/sluice/pr/1', second);
  const read = await refsOnDisk(git(), places);
  expect(read).toEqual(asGitSays());
  expect(read?.size).toBe(6);
});

it('of what is not there it says nothing', async () => {
  expect(await refsOnDisk(git(), ['refs/none', 'refs/heads/none'])).toEqual(new Map());
});

const unusual: Readonly<Record<string, () => void>> = {
  'no repository': () => rmSync(git(), { recursive: true }),
  'no HEAD': () => rmSync(join(git(), 'HEAD')),
  'another storage of refs': () => mkdirSync(join(git(), 'reftable')),
  'a linked working tree': () => writeFileSync(join(git(), 'commondir'), '..\n'),
  'an empty ref': () => writeFileSync(join(git(), 'refs/heads/main'), ''),
  'a symbolic ref': () => world.git('symbolic-ref', 'refs/heads/main', 'refs/heads/other'),
  'a ref that is a link': () => {
    writeFileSync(join(git(), 'elsewhere'), `${first}\n`);
    rmSync(join(git(), 'refs/heads/main'));
    symlinkSync(join(git(), 'elsewhere'), join(git(), 'refs/heads/main'));
  },
  'a ref that is a pipe': () => {
    rmSync(join(git(), 'refs/heads/main'));
    execFileSync('mkfifo', [join(git(), 'refs/heads/main')]);
  },
  'a name that git does not take': () => {
    mkdirSync(join(git(), 'refs/sluice/pr'), { recursive: true });
    writeFileSync(join(git(), 'refs/sluice/pr/a..b'), `${first}\n`);
  },
  'packed refs that are none': () => writeFileSync(join(git(), 'packed-refs'), 'what?\n'),
};

it.each(Object.keys(unusual))('leaves it to git: %s', async (name) => {
  unusual[name]?.();
  expect(await refsOnDisk(git(), places)).toBeUndefined();
});
