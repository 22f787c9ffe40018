import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { coalesced } from '../../src/cli/coalesced.ts';

test('[L04] ten thousand hints are one look, and one more for those that came during it', async () => {
  let looks = 0;
  let release = (): void => {};
  const hint = coalesced(async () => {
    looks++;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  }, 1);
  for (let i = 0; i < 10_000; i++) hint();
  await expect.poll(() => looks).toBe(1);
  for (let i = 0; i < 10_000; i++) hint();
  await wait(20);
  expect(looks).toBe(1);
  release();
  await expect.poll(() => looks).toBe(2);
  release();
  await wait(20);
  expect(looks).toBe(2);
});

test('[L04] a look that fails does not end the hints', async () => {
  let looks = 0;
  const hint = coalesced(async () => {
    looks++;
    await Promise.reject(new Error('away'));
  }, 1);
  hint();
  await expect.poll(() => looks).toBe(1);
  await wait(5);
  hint();
  await expect.poll(() => looks).toBe(2);
});
