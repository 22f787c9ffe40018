import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/model/index.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
let head: CommitId;
const mirror = (...path: string[]) => join(world.state, 'policy.git', ...path);

beforeEach(async () => {
  world = policyWorld();
  const files = Object.fromEntries(
    Array.from({ length: 150 }, (_, i) => [`updates/u${i}.yaml`, `id: ${i}\n${Math.sin(i)}\n`]),
  );
  head = world.commit('many', files);
  const port = world.port();
  await port.fetch();
  await port.accept(head);
});
afterEach(() => world.remove());

const packed = (suffix: string) => {
  execFileSync('git', ['--git-dir', mirror(), 'repack', '-a', '-d', '-q']);
  const folder = mirror('objects', 'pack');
  const name = readdirSync(folder).find((n) => n.endsWith(suffix));
  if (name === undefined) throw new Error(`no ${suffix} in the mirror`);
  return join(folder, name);
};

const loose = (revision: string) => {
  const oid = world.git('rev-parse', revision);
  return mirror('objects', oid.slice(0, 2), oid.slice(2));
};

const flip = (file: string, at: number) => {
  execFileSync('chmod', ['u+w', file]);
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.from([0xa5, 0x5a, 0xa5, 0x5a]), 0, 4, at);
  closeSync(handle);
};

const leaveLock = (path: string) => {
  writeFileSync(path, '');
  utimesSync(path, 1, 1);
};

const damages: Readonly<Record<string, () => void>> = {
  'HEAD missing': () => rmSync(mirror('HEAD')),
  'ref file empty': () => truncateSync(mirror('refs/heads/main'), 0),
  'ref file gone': () => rmSync(mirror('refs/heads/main')),
  'lock file left': () => leaveLock(mirror('refs/heads/main.lock')),
  'lock of the log left': () => leaveLock(mirror('refs/sluice/generations.lock')),
  'index lock left': () => leaveLock(mirror('packed-refs.lock')),
  'byte flipped in the pack': () =>
    flip(packed('.pack'), Math.floor(statSync(packed('.pack')).size / 2)),
  'pack header destroyed': () => flip(packed('.pack'), 0),
  'index of the pack cut': () => {
    execFileSync('chmod', ['u+w', packed('.idx')]);
    truncateSync(packed('.idx'), 1000);
  },
  'byte flipped in a loose object': () => flip(loose('main:updates/u7.yaml'), 12),
  'loose tree cut': () => {
    execFileSync('chmod', ['u+w', loose('main:updates')]);
    truncateSync(loose('main:updates'), 100);
  },
  'loose object gone': () => rmSync(loose('main:updates/u7.yaml')),
  'objects gone': () => rmSync(mirror('objects'), { recursive: true }),
};

describe('[F10] a damaged mirror is fetched anew and must hold the accepted head', () => {
  it.each(Object.keys(damages))('%s', async (name) => {
    damages[name]?.();
    const port = world.port();
    expect(await port.fetch(head)).toBe(head);
    expect(await port.resolve('main')).toBe(head);
    for (const file of await port.files(head)) {
      expect(await port.readText(head, file.path)).toContain('id:');
    }
    execFileSync('git', ['--git-dir', mirror(), 'fsck', '--no-dangling'], { stdio: 'pipe' });
    const next = await port.commitToWatched(head, 'x', [{ path: 'x', text: 'x' }]);
    await port.accept(await port.fetch(head));
    expect(await port.resolve('main')).toBe(next);
    await port.appendLog('one', [{ path: 'records/1.json', text: '{}' }]);
  });

  it('a mirror that was read through today is read again once one of its files is another', async () => {
    const mark = mirror('read-through');
    packed('.pack');
    await world.port().fetch(head);
    const read = readFileSync(mark, 'utf8');
    await world.port().fetch(head);
    expect(readFileSync(mark, 'utf8')).toBe(read);
    damages['byte flipped in the pack']?.();
    await world.port().fetch(head);
    execFileSync('git', ['--git-dir', mirror(), 'fsck', '--no-dangling'], { stdio: 'pipe' });
  });

  it('and once a day, as bytes may rot in a file that nobody writes', async () => {
    const mark = mirror('read-through');
    await world.port().fetch(head);
    const [seconds = '', files = ''] = readFileSync(mark, 'utf8').trim().split(' ');
    writeFileSync(mark, `${Number(seconds) - 86_401} ${files}\n`);
    await world.port().fetch(head);
    expect(Number(readFileSync(mark, 'utf8').split(' ')[0])).toBeGreaterThanOrEqual(
      Number(seconds),
    );
  });

  it('halts when the repository no longer has the accepted head', async () => {
    rmSync(mirror('HEAD'));
    world.git('switch', '--quiet', '--orphan', 'other');
    world.commit('foreign', { 'sluice.yaml': 'other\n' });
    world.git('branch', '--force', 'main', 'other');
    world.git('switch', '--quiet', 'main');
    world.git('branch', '-D', 'other');
    const fetch = world.port().fetch(head);
    await expect(fetch).rejects.toMatchObject({ code: 'HistoryRewritten', expected: head });
    await expect(world.port().fetch(head)).rejects.toMatchObject({ code: 'HistoryRewritten' });
  });

  it('a private clone in pieces is made anew', async () => {
    const port = world.port();
    const next = await port.commitToWatched(head, 'x', [{ path: 'x', text: 'x' }]);
    await port.accept(await port.fetch(head));
    for (const path of ['HEAD', 'config']) rmSync(join(world.state, 'clone', path));
    const again = await port.commitToWatched(next, 'y', [{ path: 'y', text: 'y' }]);
    expect(world.git('rev-parse', 'HEAD')).toBe(again);
    expect(existsSync(join(world.repository, 'y'))).toBe(true);
  });
});
