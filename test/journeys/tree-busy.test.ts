import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { type Site, site } from '../support/site.ts';

interface Status {
  readonly pending: number;
  readonly holds: readonly { readonly code: string; readonly awaits: string }[];
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

test('a decision that waits for whoever edits the policy is told by status and doctor too, and is not pending', async () => {
  appendFileSync(join(here.policy, 'sluice.yaml'), '# half a thought\n');
  await buildVendor(join(here.directory, 'vendor'), 2);
  expect((await here.sluice('reconcile', '--sync')).stdout).toContain('TreeBusy');
  const busy = await here.ask<Status>(['status'], [0, 1]);
  const hold = busy.holds.find((h) => h.code === 'TreeBusy');
  expect(hold?.awaits).toContain(`git -C ${here.policy}`);
  expect(busy.pending).toBe(0);
  expect((await here.sluice('doctor')).stdout).toMatch(/BAD +policy repository/);

  await here.git('checkout', '-q', '--', 'sluice.yaml');
  const free = await here.ask<Status>(['status'], [0, 1]);
  expect(free.holds.map((h) => h.code)).not.toContain('TreeBusy');
  expect(free.pending).toBeGreaterThan(0);
  await here.ask(['reconcile'], [0, 1]);
  expect((await here.ask<Status>(['status'], [0, 1])).pending).toBe(0);
});
