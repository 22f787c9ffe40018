import { expect, test } from 'vitest';
import {
  type Admitted,
  type ChannelSnapshot,
  channelSnapshot,
  emptyTree,
  type GenerationRecord,
} from '../../src/model/index.ts';
import { admissions } from '../../src/observer/admissions.ts';
import { pkg } from '../support/world-packages.ts';

const [a, b, c, d] = [
  ...[pkg('a-1-1.noarch'), pkg('b-1-1.noarch'), pkg('c-1-1.noarch'), pkg('d-1-1.noarch')],
] as const;
const content = channelSnapshot(new Map([['x86_64', { ...emptyTree, packages: [a, b] }]]));

/** Only what admissions look at. */
const record = (number: number, entered: GenerationRecord['entered']) =>
  ({ number, time: number * 100, entered, content: content.id }) as GenerationRecord;

/** Whoever has no first admission was not admitted either. */
function timesIn(admitted: Admitted): readonly (number | undefined)[] {
  const all = [a, b, c, d].map((p) => p.sha256);
  expect(all.map((p) => admitted.has(p))).toEqual(all.map((p) => admitted.get(p) !== undefined));
  return all.map((p) => admitted.get(p));
}

test('a history that grew is followed, and the content of its start is read once', async () => {
  let readings = 0;
  const contentOf = async (): Promise<ChannelSnapshot> => {
    readings += 1;
    return content;
  };
  const records = [record(1, 'all'), record(2, { x86_64: [c.sha256] })];
  const first = await admissions(records, contentOf);
  expect(timesIn(first)).toEqual([100, 100, 200, undefined]);
  expect(await admissions([...records], contentOf)).toBe(first);
  const more = [...records, record(3, { x86_64: [a.sha256, d.sha256] })];
  expect(timesIn(await admissions(more, contentOf))).toEqual([100, 100, 200, 300]);
  expect(timesIn(first)).toEqual([100, 100, 200, undefined]);
  expect(readings).toBe(1);
});

test('another history with the same start is not mixed up with it', async () => {
  const start = record(1, 'all');
  const contentOf = async () => content;
  await admissions([start, record(2, { x86_64: [c.sha256] })], contentOf);
  const other = await admissions([start, record(2, {})], contentOf);
  expect(other.has(c.sha256)).toBe(false);
});

test('the first of several records counts, whichever of them has the whole content', async () => {
  const [early, late] = [record(1, { x86_64: [a.sha256] }), record(3, { x86_64: [b.sha256] })];
  const records = [early, record(2, 'all'), late];
  expect(timesIn(await admissions(records, async () => content))).toEqual([
    ...[100, 200, undefined, undefined],
  ]);
});

test('a content that is not here is looked for again', async () => {
  const records = [record(1, 'all')];
  const without = await admissions(records, async () => undefined);
  expect([without.has(a.sha256), without.incomplete]).toEqual([false, true]);
  const found = await admissions(records, async () => content);
  expect([found.has(a.sha256), found.incomplete]).toEqual([true, undefined]);
});
