import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { schedule } from '../../src/edge/index.ts';

test('[M01] a wake that takes longer than its period is not started twice', async () => {
  const running = { now: 0, most: 0, started: 0 };
  const task = await schedule('* * * * * *', async () => {
    running.now += 1;
    running.started += 1;
    running.most = Math.max(running.most, running.now);
    await sleep(1_700);
    running.now -= 1;
  });
  await expect.poll(() => running.started, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  await task.stop();
  expect(running.most).toBe(1);
  await expect.poll(() => running.now, { timeout: 20_000 }).toBe(0);
});

test('a stopped schedule wakes nobody', async () => {
  let woken = 0;
  const task = await schedule('* * * * * *', async () => {
    woken += 1;
  });
  await task.stop();
  await sleep(1_200);
  expect(woken).toBe(0);
});
