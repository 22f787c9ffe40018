import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { type Site, site } from '../support/site.ts';

interface Held {
  readonly holds: readonly { readonly code: string; readonly subject: string }[];
}
interface Proposals {
  readonly proposals: readonly { readonly number: number; readonly state: string }[];
}
interface Garbage {
  readonly removable: readonly { readonly kind: string; readonly name: string }[];
}

let here: Site;
const publicName = (path: string) => join(here.state, 'public', path);
const undeclared = async (verb: 'status' | 'plan'): Promise<readonly string[]> =>
  (await here.ask<Held>([verb], [0, 1])).holds
    .filter((h) => h.code === 'Undeclared')
    .map((h) => h.subject);

/** Testing and production are published. */
beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
  await here.ask(['pr', 'merge', '1']);
  await here.ask(['reconcile'], [0, 1]);
}, 120_000);
afterAll(() => here.remove());

test('a channel of another name and path serves there; the old one goes on until an operator ends it', async () => {
  await here.git('mv', 'channels/production.yaml', 'channels/live.yaml');
  for (const file of (await here.git('grep', '-l', 'production')).split('\n')) {
    const path = join(here.policy, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('production', 'live'));
  }
  await here.git('commit', '-q', '-a', '-m', 'Call production live');
  const report = await here.sluice('reconcile');
  expect(report.stdout).toContain('Undeclared');
  expect(report.stdout).toContain('sluice acknowledge served/production');
  expect(existsSync(publicName('live'))).toBe(true);
  expect(existsSync(publicName('production'))).toBe(true);
  for (const verb of ['status', 'plan'] as const) {
    expect(await undeclared(verb)).toEqual(['served/production']);
  }
});

test('only what no channel declares can be ended', async () => {
  for (const path of ['live', 'testing', 'absent', 'snapshots']) {
    expect((await here.sluice('acknowledge', `served/${path}`)).stderr).toContain('NotFound');
  }
});

test('ended, it stays away over restarts, and gc takes it after the retention', async () => {
  await here.ask(['acknowledge', 'served/production']);
  await here.ask(['reconcile'], [0, 1]);
  expect(existsSync(publicName('production'))).toBe(false);
  await here.ask(['reconcile'], [0, 1]);
  expect(existsSync(publicName('production'))).toBe(false);
  expect(await undeclared('status')).toEqual([]);
  const generations = async () =>
    (await here.ask<Garbage>(['gc', '--dry-run'])).removable
      .filter((i) => i.kind === 'generation')
      .map((i) => i.name);
  expect(await generations()).toEqual([]);
  here.wait(31 * 86_400);
  await here.ask(['reconcile'], [0, 1]);
  const { proposals } = await here.ask<Proposals>(['pr', 'list']);
  for (const { number } of proposals.filter((p) => p.state === 'open')) {
    await here.ask(['pr', 'close', String(number)]);
  }
  const gone = await generations();
  expect(gone.filter((name) => name.startsWith('production/'))).not.toEqual([]);
});

test('a channel that takes the path again is served, and would be asked about again', async () => {
  await here.git('revert', '--no-edit', 'HEAD');
  await here.ask(['reconcile'], [0, 1]);
  expect(existsSync(publicName('production'))).toBe(true);
  expect(await undeclared('status')).toEqual(['served/live']);
  await here.git('revert', '--no-edit', 'HEAD');
  await here.ask(['reconcile'], [0, 1]);
  expect(existsSync(publicName('production'))).toBe(true);
  expect(await undeclared('status')).toEqual(['served/production']);
});
