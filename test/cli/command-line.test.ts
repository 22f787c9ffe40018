import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main, type Site, site } from '../support/site.ts';

let here: Site;
beforeAll(async () => {
  here = await site();
  await here.ask(['init', here.policy]);
  await here.sluice('reconcile');
});
afterAll(() => here.remove());

test('a reader that has seen enough is no mishap', async () => {
  const script = `"$0" "$1" schema channel | true; exit "\${PIPESTATUS[0]}"`;
  const run = await execa('bash', ['-c', script, process.execPath, main], { reject: false });
  expect(run.stderr).not.toContain('EPIPE');
  expect(run.exitCode).toBe(0);
});

test('--version is what package.json says', async () => {
  const file = await readFile(resolve(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(file);
  const { code, stdout } = await here.sluice('--version');
  expect([code, stdout.trim()]).toEqual([0, version]);
});

test.each([
  [['pr', 'show'], 'Usage', 'no number given'],
  [['pr', 'merge', '7'], 'ProposalUnknown', 'no proposals at all'],
  [['snapshot', 'show'], 'Usage', 'no digest given'],
  [['acknowledge', 'upstream/nobody'], 'NotFound', 'upstream/nobody'],
  [['why', 'hello', '--channel', 'nobody'], 'NotFound', 'found production, testing'],
  [
    ['--policy', 'git@host.example:policy', 'plan'],
    'Usage',
    'expected https://…, ssh://… or a directory',
  ],
  [['--policy', 'file:///srv/policy', 'plan'], 'Usage', 'without file://'],
  [['history', 'production'], 'NotFound', 'nothing was published under this name yet'],
])('%j is told what is missing', async (args, code, said) => {
  const run = await here.sluice(...args);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain(code);
  expect(run.stderr).toContain(said);
});

test('what is offered is listed with its state', async () => {
  type Upstreams = { readonly items: readonly { readonly fault?: { readonly code: string } }[] };
  const { items } = await here.ask<Upstreams>(['get', 'upstreams']);
  const { stdout } = await here.sluice('get', 'upstreams');
  expect(stdout).toContain(items[0]?.fault?.code ?? 'not mirrored yet');
  expect(await here.ask(['get', 'snapshots'])).toEqual({
    ...{ apiVersion: 'sluice/v1', kind: 'List', of: 'snapshots' },
    items: [],
  });
});

test('init does not take the state directory of another policy repository', async () => {
  const other = `${here.policy}-too`;
  const { code, stderr } = await here.sluice('init', other);
  expect(code).toBe(2);
  expect(stderr).toContain(`found ${here.policy}`);
  expect(existsSync(other)).toBe(false);
});
