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
