import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { type Site, site } from '../support/site.ts';
import { journalOf } from '../support/swept-site.ts';
import { treeDigest } from '../support/tree-digest.ts';

const cases = '[A16]';
const year = 365 * 86_400;
let here: Site;

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
});
afterAll(() => here.remove());

const refusal = {
  code: 7,
  stdout: expect.stringMatching(/ClockImplausible.*differs from what was last seen by 7\d\d days/),
};

for (const [name, seconds] of [
  ['behind', -2 * year],
  ['ahead', 2 * year],
] as const) {
  test(`${cases} a clock two years ${name} halts everything, records nothing, and is forgotten once corrected`, async () => {
    const [journal, served] = [await journalOf(here), await treeDigest(join(here.state, 'public'))];
    here.wait(seconds);
    expect(await here.sluice('reconcile', '--sync')).toMatchObject(refusal);
    const suspended = await here.sluice('suspend', 'channel/testing', '--reason', 'a test');
    expect(suspended).toMatchObject({ code: 7 });
    expect(suspended.stderr).toContain('ClockImplausible');
    expect((await here.sluice('status')).stdout).toContain('ClockImplausible');
    expect((await here.sluice('doctor')).stdout).toMatch(/BAD +clock/);
    expect(await journalOf(here)).toBe(journal);
    expect(await treeDigest(join(here.state, 'public'))).toEqual(served);
    here.wait(-seconds);
    await buildVendor(join(here.directory, 'vendor'), name === 'behind' ? 2 : 3);
    expect((await here.sluice('reconcile', '--sync')).code).toBeLessThan(2);
    expect(await treeDigest(join(here.state, 'public'))).not.toEqual(served);
  });
}

test('a site that was off for two years goes on when an operator says that the clock is right', async () => {
  here.wait(2 * year);
  expect(await here.sluice('reconcile')).toMatchObject(refusal);
  await here.ask(['acknowledge', 'clock']);
  expect((await here.sluice('reconcile', '--sync')).code).toBeLessThan(2);
});

test('so does one whose clock had been ahead without anybody noticing', async () => {
  here.wait(-200 * 86_400);
  expect((await here.sluice('reconcile')).stdout).toContain('last seen by 200 days');
  await here.ask(['acknowledge', 'clock']);
  expect((await here.sluice('reconcile')).code).toBeLessThan(2);
  here.wait(-3600);
  expect((await here.sluice('reconcile')).code).toBeLessThan(2);
});
