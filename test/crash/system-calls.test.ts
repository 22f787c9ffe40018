import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realDisk } from '../../src/edge/index.ts';
import type { ChannelSnapshot } from '../../src/model/index.ts';
import { contentOf, heldPackages, hold } from '../support/held-packages.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { served, startPublisher } from '../support/publishing-world.ts';

const disk = realDisk();
const script = resolve(import.meta.dirname, '../support/publish-once.ts');
const hasStrace = spawnSync('strace', ['-V']).status === 0;
let root: string;
let before: ChannelSnapshot;
let after: ChannelSnapshot;
let counts: ReadonlyMap<string, number>;
let signer: Awaited<ReturnType<typeof openpgpSigner>>;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sluice-calls-'));
  signer = await openpgpSigner();
  const held = heldPackages([{ name: 'alpha' }, { name: 'beta' }, { name: 'beta', version: '2' }]);
  before = contentOf(held.slice(0, 2));
  after = contentOf(held.slice(1));
  const start = join(root, 'start');
  await hold({ disk, root: start }, held);
  await (await startPublisher(disk, start, signer)).publish(before);
  writeFileSync(join(root, 'after.json'), JSON.stringify(held.slice(1).map((p) => p.entry)));
  if (hasStrace) counts = callCounts();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const digests = (content: ChannelSnapshot) =>
  [...content.trees.values()].flatMap((t) => t.packages.map((p) => p.sha256));

/** Publishes in a process of its own under strace; gives its exit status, absent when it was killed. */
function publishUnder(state: string, straceOptions: readonly string[]): number | null {
  cpSync(join(root, 'start'), state, { recursive: true, verbatimSymlinks: true });
  const result = spawnSync(
    'strace',
    ['-f', '-qq', ...straceOptions, process.execPath, script, state, join(root, 'after.json')],
    { env: { ...process.env, UV_THREADPOOL_SIZE: '1' }, encoding: 'utf8' },
  );
  return result.signal === 'SIGKILL' ? null : result.status;
}

/** How often an undisturbed publication makes each call. */
function callCounts(): ReadonlyMap<string, number> {
  const log = join(root, 'counts');
  const options = ['-o', log, '-e', 'trace=fsync,rename,link,symlink,ftruncate'];
  const state = join(root, 'counting');
  expect(publishUnder(state, options)).toBe(0);
  rmSync(state, { recursive: true });
  const counts = new Map<string, number>();
  for (const [, call] of readFileSync(log, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)) {
    if (call) counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  return counts;
}

async function expectWhole(state: string): Promise<'old' | 'new'> {
  const view = await served(disk, state);
  const old = view?.revision === '1770000001';
  expect(view?.packages).toEqual(digests(old ? before : after));
  return old ? 'old' : 'new';
}

async function expectFinishes(state: string): Promise<void> {
  const publisher = await startPublisher(disk, state, signer);
  await publisher.publish(after);
  expect(await expectWhole(state)).toBe('new');
  expect(publisher.journal.entries('committed')).toHaveLength(2);
  expect(await disk.list(join(state, 'staging'))).toEqual([]);
  rmSync(state, { recursive: true });
}

describe.skipIf(!hasStrace)('a real process on a real disk', { timeout: 240_000 }, () => {
  test('[K01] killed before any rename, link or symlink of a publication', async () => {
    for (const call of ['rename', 'link', 'symlink']) {
      const total = counts.get(call) ?? 0;
      expect(total).toBeGreaterThan(1);
      for (let n = 1; n <= total; n += step(total)) {
        const state = join(root, `kill-${call}-${n}`);
        const options = ['-o', '/dev/null', '-e', `inject=${call}:signal=KILL:when=${n}`];
        expect(publishUnder(state, options), `${call} ${n}`).not.toBe(0);
        await expectWhole(state);
        await expectFinishes(state);
      }
    }
  });

  test('[K04] an fsync that fails once: refused, and nothing unsynced is published', async () => {
    const total = counts.get('fsync') ?? 0;
    expect(total).toBeGreaterThan(20);
    for (let n = 1; n <= total; n += step(total)) {
      const state = join(root, `fsync-${n}`);
      const options = ['-o', '/dev/null', '-e', `inject=fsync:error=EIO:when=${n}`];
      expect(publishUnder(state, options), `fsync ${n}`).toBe(6);
      await expectWhole(state);
      await expectFinishes(state);
    }
  });

  test('[K05] EIO or no space at a rename, link or symlink: refused with exit 6', async () => {
    for (const call of ['rename', 'link', 'symlink']) {
      for (const error of ['EIO', 'ENOSPC']) {
        const total = counts.get(call) ?? 0;
        const n = error === 'EIO' ? 1 : total;
        const state = join(root, `${error}-${call}`);
        const options = ['-o', '/dev/null', '-e', `inject=${call}:error=${error}:when=${n}`];
        expect(publishUnder(state, options), `${call} ${n}`).toBe(6);
        await expectWhole(state);
        await expectFinishes(state);
      }
    }
  });
});

/** About eight points of each sweep; `SLUICE_SWEEP=all` tries every one. */
function step(total: number): number {
  return process.env.SLUICE_SWEEP === 'all' ? 1 : Math.max(1, Math.floor(total / 8));
}
