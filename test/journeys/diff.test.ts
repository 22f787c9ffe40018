import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { type Site, site } from '../support/site.ts';

interface Difference {
  readonly added: readonly string[];
  readonly advisoriesAdded: readonly string[];
  readonly closureBroken: readonly string[];
  readonly closureMended: readonly string[];
}

let here: Site;

/** The vendor's third edition brings hello 1.1 with its advisory, and a tool that needs what nobody has. */
beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
  await buildVendor(join(here.directory, 'vendor'), 3);
  await here.ask(['reconcile', '--sync'], [0, 1]);
});
afterAll(() => here.remove());

test('two generations differ in packages, advisories and what nothing provides', async () => {
  const forth = await here.ask<Difference>(['diff', 'testing@1', 'testing@2']);
  expect(forth.added.join()).toContain('hello-1.1-1.x86_64');
  expect(forth.advisoriesAdded.join()).toContain('EXSA-2026:0001');
  expect(forth.closureBroken).toEqual([expect.stringMatching(/^broken-tool-\S+ needs \S+/)]);
  expect(forth.closureMended).toEqual([]);
  const back = await here.ask<Difference>(['diff', 'testing@2', 'testing@1']);
  expect(back.closureMended).toEqual(forth.closureBroken);
  const text = (await here.sluice('diff', 'testing@1', 'testing')).stdout;
  expect(text).toMatch(/^! closure broken-tool-\S+ needs \S+, which nothing provides$/m);
});

test('so do two commits; a content is no different from itself', async () => {
  const { generations } = await here.ask<{
    readonly generations: readonly { readonly commit: string }[];
  }>(['history', 'testing']);
  const [now = '', before = ''] = generations.map((g) => g.commit);
  const found = await here.ask<Difference>(['diff', before, now]);
  expect(found.closureBroken).toHaveLength(1);
  expect((await here.sluice('diff', 'testing', now)).stdout).toBe('no difference');
});
