import { expect, test } from 'vitest';
import {
  type ChannelSnapshot,
  channelSnapshot,
  emptyTree,
  type GenerationRecord,
} from '../../src/model/index.ts';
import { admissions } from '../../src/observer/admissions.ts';
import { pkg } from '../support/world-packages.ts';

const [a, b, c] = [pkg('a-1-1.noarch'), pkg('b-1-1.noarch'), pkg('c-1-1.noarch')];
const content = channelSnapshot(new Map([['x86_64', { ...emptyTree, packages: [a, b] }]]));

/** Only what admissions look at. */
const record = (number: number, entered: GenerationRecord['entered']) =>
  ({ number, time: number * 100, entered, content: content.id }) as GenerationRecord;

test('a history that grew is followed, and the content of its start is read once', async () => {
  let readings = 0;
  const contentOf = async (): Promise<ChannelSnapshot> => {
    readings += 1;
    return content;
  };
  const records = [record(1, 'all'), record(2, { x86_64: [c.sha256] })];
  const first = await admissions(records, contentOf);
  expect(first).toEqual(
    new Map([
      [a.sha256, 100],
      [b.sha256, 100],
      [c.sha256, 200],
    ]),
  );
  expect(await admissions([...records], contentOf)).toBe(first);
  const more = [...records, record(3, { x86_64: [a.sha256, pkg('d-1-1.noarch').sha256] })];
  const second = await admissions(more, contentOf);
  expect(second).toEqual(new Map([...first, [pkg('d-1-1.noarch').sha256, 300]]));
  expect(first.size).toBe(3);
  expect(readings).toBe(1);
});

test('another history with the same start is not mixed up with it', async () => {
  const start = record(1, 'all');
  const contentOf = async () => content;
  await admissions([start, record(2, { x86_64: [c.sha256] })], contentOf);
  const other = await admissions([start, record(2, {})], contentOf);
  expect(other.has(c.sha256)).toBe(false);
});

test('a content that is not here is looked for again', async () => {
  const records = [record(1, 'all')];
  expect((await admissions(records, async () => undefined)).size).toBe(0);
  expect((await admissions(records, async () => content)).size).toBe(2);
});
