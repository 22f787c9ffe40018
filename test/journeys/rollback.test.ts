import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

interface History {
  readonly generations: readonly { readonly number: number; readonly content: string }[];
}

let here: Site;

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
});
afterAll(() => here.remove());

const served = () => contentMetadata(here.state, 'testing/x86_64');
const history = async () => (await here.ask<History>(['history', 'testing'])).generations;

test('[K17] rolling back is a commit that pins, a new generation, and nothing enters meanwhile', async () => {
  const first = await served();
  await buildVendor(join(here.directory, 'vendor'), 2);
  await here.ask(['reconcile', '--sync'], [0, 1]);
  const second = await served();
  expect(second).not.toEqual(first);

  const before = await history();
  await here.ask(['rollback', 'testing', '--to', '1']);
  await here.ask(['reconcile'], [0, 1]);
  expect(await served()).toEqual(first);
  const after = await history();
  expect(after[0]?.number).toBe((before[0]?.number ?? 0) + 1);
  expect(after[0]?.content).toBe(before.find((each) => each.number === 1)?.content);
  expect(await here.git('show', 'HEAD:channels/testing.yaml')).toMatch(/^pin:/m);

  await buildVendor(join(here.directory, 'vendor'), 3);
  const held = await here.sluice('reconcile', '--sync');
  expect(`${held.stdout}${held.stderr}`).toContain('Pinned');
  expect(await served()).toEqual(first);
});

test('[K17] asking again changes nothing, and a generation that is not there is refused with a list', async () => {
  const head = await here.git('rev-parse', 'HEAD');
  expect(await here.sluice('rollback', 'testing', '--to', '1')).toMatchObject({ code: 0 });
  expect(await here.git('rev-parse', 'HEAD')).toBe(head);
  const run = await here.sluice('rollback', 'testing', '--to', '99');
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('NotFound');
  expect(run.stderr).toMatch(/found 1 \([0-9a-f]{12}\), 2 \(/);
});

test('taking the pin out lets everything come that waited', async () => {
  const text = await here.git('show', 'HEAD:channels/testing.yaml');
  expect(text).toContain('pin:');
  const [pinned] = (await here.git('log', '--format=%H', '-1', '--grep', '^Roll testing')).split(
    '\n',
  );
  await here.git('revert', '--no-edit', pinned ?? 'HEAD');
  await here.ask(['reconcile'], [0, 1]);
  const metadata = Object.keys(await served()).join(' ');
  expect(metadata).toContain('updateinfo');
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
});

const newest = async () => (await history())[0];
const commits = async () => (await here.git('log', '--format=%s')).split('\n');

test('[K17] with --now it is served when the command ends, and only that is done', async () => {
  const numbers = (await history()).map((each) => each.number);
  const first = (await history()).at(-1);
  const run = await here.sluice('rollback', 'testing', '--to', '1', '--now');
  const [pinned] = (await here.git('rev-parse', 'HEAD')).split('\n');
  const next = (numbers[0] ?? 0) + 1;
  expect(run.stdout.split('\n')).toEqual([
    expect.stringMatching(
      new RegExp(
        `^testing serves generation ${next}: the content of generation 1 \\(\\d+ packages? came back, [1-9]\\d* went\\)$`,
      ),
    ),
    'It stays so, and nothing enters, until the pin is removed from channels/testing.yaml',
    `Undo: git revert ${pinned?.slice(0, 12)}, or merge the proposal unpin/testing`,
  ]);
  expect(run.code).toBe(0);
  expect(await newest()).toMatchObject({ number: next, content: first?.content });
  expect((await here.sluice('pr', 'list')).stdout).not.toContain('unpin/testing');

  const again = await here.sluice('rollback', 'testing', '--to', '1', '--now');
  expect(again.stdout).toContain(`testing serves generation ${next} already`);
  expect(await newest()).toMatchObject({ number: next });
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });

  await here.ask(['reconcile'], [0, 1, 3]);
  expect((await here.sluice('pr', 'list')).stdout).toContain('unpin/testing');
  expect(await newest()).toMatchObject({ number: next });
});

test('with --now an earlier generation that is gone is made again, and what cannot be served is told', async () => {
  const [last] = await history();
  const to = (await history()).find((each) => each.content !== last?.content);
  rmSync(join(here.state, 'generations/testing', String(to?.number)), { recursive: true });
  const answer = await here.ask<{ served?: { generation: number } }>([
    ...['rollback', 'testing', '--to', String(to?.number), '--now'],
  ]);
  expect(answer.served).toMatchObject({ generation: (last?.number ?? 0) + 1 });
  expect(await newest()).toMatchObject({ content: to?.content });
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });

  await here.sluice('suspend', 'channel/testing', '--reason', 'audit');
  const before = await newest();
  const held = await here.sluice('rollback', 'testing', '--to', '1', '--now');
  expect(held.stdout).toContain('testing is pinned to generation 1 and does not serve it yet');
  expect(held.code).toBe(1);
  expect(await newest()).toEqual(before);
  expect((await commits())[0]).toBe('Roll testing back to generation 1');
  await here.sluice('resume', 'channel/testing');
});
