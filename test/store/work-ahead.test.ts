import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { workAhead } from '../../src/store/work-ahead.ts';

const items = [5, 1, 4, 2, 3, 0];

test('results come in the order of the items, a few at a time', async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (n: number) => {
    running += 1;
    most = Math.max(most, running);
    await setTimeout(n);
    running -= 1;
    return n;
  };
  for await (const n of workAhead(items, 3, work)) results.push(n);
  expect(results).toEqual(items);
  expect(most).toBe(3);
});

test('one failure ends it, and nothing is left running', async () => {
  let running = 0;
  const work = async (n: number) => {
    running += 1;
    await setTimeout(n * 3);
    running -= 1;
    if (n === 1) throw new Error('the second');
    return n;
  };
  const consume = async () => {
    for await (const _ of workAhead(items, 4, work));
  };
  await expect(consume()).rejects.toThrow('the second');
  expect(running).toBe(0);
});
