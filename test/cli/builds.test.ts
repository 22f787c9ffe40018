import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildsList } from '../../src/cli/builds-list.ts';
import { retryVerb } from '../../src/cli/commands/retry.ts';
import type { Call, Opened } from '../../src/cli/verb.ts';
import { buildLog, type Installation } from '../../src/controller/index.ts';
import type { StepOf } from '../../src/model/index.ts';
import { buildingSite, buildOnce, buildStep } from '../support/building-site.ts';
import { faultOf } from '../support/fault-of.ts';

const site = buildingSite();
afterAll(() => site.dispose());

const failing = {} as { c: Installation; step: StepOf<'build'> };
beforeAll(async () => {
  failing.c = await site.open();
  failing.step = buildStep(await site.source('%install\nprintf "\\033[31mred"; exit 7\n%files\n'));
  await buildOnce(failing.c, failing.step);
});

const retry = async (what: string) => {
  if (retryVerb.how.needs !== 'writing') throw new Error('retry writes');
  const call: Call = { global: { output: 'table' }, args: [what], options: {} };
  const answer = await retryVerb.how.run(call, { installation: failing.c } as Opened);
  return answer.text((_style, text) => text);
};

test('builds are listed with their state and the place of their log, which is safe to show', async () => {
  const { key } = failing.step;
  const [listed] = buildsList(failing.c.memory()).items;
  expect(listed?.row.toSpliced(5, 1)).toEqual([
    key.slice(0, 12),
    'sample-1.0-1.src',
    failing.step.inputs.arch,
    'BuildFailed',
    '1',
    `builds/${key}/1/build.log`,
  ]);
  const log = await buildLog(failing.c.store, key, 1);
  expect(log).toContain('\\u001b[31mred');
  expect(await buildLog(failing.c.store, key, 2)).toBeUndefined();
});

test.each([
  ['the name of its source', () => 'sample'],
  ['its source', () => 'sample-1.0-1.src'],
  ['the first digits of its key', () => failing.step.key.slice(0, 8)],
])('a failed build is asked for again by %s, in the journal', async (_, what) => {
  expect(await retry(what())).toContain('1 of 1 builds will be tried again');
  const again = await site.open();
  expect(again.memory().builds.get(failing.step.key)).toMatchObject({ retry: true, attempt: 1 });
  expect(buildsList(again.memory()).items[0]?.row).toContain('BuildFailed, to be tried again');
});

test('another try takes the word back; what was never begun has no such name', async () => {
  await buildOnce(failing.c, { ...failing.step, attempt: 2 });
  const known = failing.c.memory().builds.get(failing.step.key);
  expect(known?.retry).toBeUndefined();
  expect(known?.records.map((r) => r.attempt)).toEqual([1, 2]);
  expect(await faultOf(() => retry('nobody'))).toMatchObject({ code: 'NotFound' });
  expect(await faultOf(() => retry('3f'))).toMatchObject({ code: 'NotFound' });
});

test('a trial of patches is listed as one, and has nothing to compare', async () => {
  const c = await site.open();
  const source = await site.source('%prep\ntrue\n%build\nexit 1\n');
  const step = buildStep(source, { inputs: { stage: 'prepare' } });
  await buildOnce(c, step);
  const row = buildsList(c.memory()).items.find((b) => b.name === step.key)?.row;
  expect(row).toContain('patches tried');
  if (retryVerb.how.needs !== 'writing') throw new Error('retry writes');
  const call: Call = { global: { output: 'table' }, args: [step.key], options: { compare: true } };
  const answer = await retryVerb.how.run(call, { installation: c } as Opened);
  expect(answer.text((_style, text) => text)).toContain('0 of 1 builds');
});
