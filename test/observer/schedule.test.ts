import { expect, test } from 'vitest';
import { hasTick } from '../../src/observer/index.ts';

const at = (iso: string) => Date.parse(iso) / 1000;

test.each([
  ['17 */4 * * *', '2026-11-20T00:18:00Z', '2026-11-20T04:16:00Z', false],
  ['17 */4 * * *', '2026-11-20T00:18:00Z', '2026-11-20T04:17:00Z', true],
  ['0 3 * * 7', '2026-11-16T00:00:00Z', '2026-11-21T23:59:00Z', false],
  ['0 3 * * 7', '2026-11-16T00:00:00Z', '2026-11-22T03:00:00Z', true],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2027-12-31T00:00:00Z', false],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z', true],
  ['0 0 1 * 1', '2026-11-02T00:01:00Z', '2026-11-09T00:00:00Z', true],
  ['5,10-12 6 * * *', '2026-11-20T06:10:30Z', '2026-11-20T06:11:00Z', true],
  ['5,10-12 6 * * *', '2026-11-20T06:12:00Z', '2026-11-21T06:04:00Z', false],
] as const)('%s between %s and %s: %s', (expression, from, to, expected) => {
  expect(hasTick(expression, at(from), at(to))).toBe(expected);
});

test('[M02] three missed ticks are one due sync', () => {
  // Down for three periods: the schedule is due, and after one sync it is not due again.
  const [from, now] = [at('2026-11-20T00:00:00Z'), at('2026-11-20T13:00:00Z')];
  expect(hasTick('17 */4 * * *', from, now)).toBe(true);
  expect(hasTick('17 */4 * * *', now, now)).toBe(false);
});

test('[M03] a day with a clock change has every tick once, as the schedule is in UTC', () => {
  const ticks = Array.from({ length: 24 * 60 }, (_, i) => at('2026-03-29T00:00:00Z') + i * 60);
  const hit = ticks.filter((t) => hasTick('30 2 * * *', t - 60, t));
  expect(hit).toEqual([at('2026-03-29T02:30:00Z')]);
});
