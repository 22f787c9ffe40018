import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

interface Report {
  readonly holds: readonly { readonly code: string }[];
  readonly done: readonly unknown[];
}
interface Proposals {
  readonly proposals: readonly {
    readonly number: number;
    readonly identity: string;
    readonly branch: string;
  }[];
}

const week = 7 * 86_400;
let here: Site;
let first: Proposals['proposals'][number];
let second: Proposals['proposals'][number];

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
  await reconcile();
  await here.ask(['pr', 'merge', String((await find('bootstrap/production')).number)]);
  await reconcile();
  await buildVendor(join(here.directory, 'vendor'), 2);
  await reconcile('--sync');
  here.wait(week + 3600);
  await reconcile();
  first = await find('production/EXSA-2026-0001');
  second = await find('production/pkg-tiny');
});
afterAll(() => here.remove());

const reconcile = (...flags: readonly string[]): Promise<Report> =>
  here.ask(['reconcile', ...flags], [0, 1, 2, 3]);

async function find(part: string) {
  const { proposals } = await here.ask<Proposals>(['pr', 'list', '--all']);
  const found = proposals.find((p) => p.identity.includes(part));
  return found ?? expect.fail(`${part} is not among ${JSON.stringify(proposals)}`);
}

const shown = async () => (await here.sluice('pr', 'show', String(first.number))).stdout;
const tried = () => contentMetadata(here.state, `proposals/${first.number}/x86_64`);
const served = () => contentMetadata(here.state, 'production/x86_64');
const digestIn = (text: string) => /Delta digest:\D*sha256:([0-9a-f]+)/.exec(text)?.[1];

/** A person's work on the branch of the first proposal. */
async function onBranch(work: () => Promise<void>): Promise<void> {
  await here.git('switch', '-q', first.branch);
  await work();
  await here.git('add', '--all');
  await here.git('commit', '-q', '-m', 'As I see it');
  await here.git('switch', '-q', 'main');
}

/** Each test goes on where the one before it ended. */
describe('a person commits to the branch of a proposal', () => {
  let before: string;

  test('text, digest and trial follow the branch, and then there is rest', async () => {
    before = await shown();
    const trial = await tried();
    expect(before).not.toContain('tiny-tool');
    await onBranch(async () => {
      await here.git('checkout', '-q', second.branch, '--', 'promotions/production');
    });
    await reconcile();
    const after = await shown();
    expect(after).toContain('tiny-tool');
    expect(after).toContain('a person changed the branch');
    expect(digestIn(after)).toMatch(/^[0-9a-f]{64}$/);
    expect(digestIn(after)).not.toBe(digestIn(before));
    expect(await tried()).not.toEqual(trial);
    const report = await reconcile();
    expect(report.done).toEqual([]);
    expect(await shown()).toBe(after);
  });

  test('a branch that does not validate says where', async () => {
    const file = join(here.policy, 'channels/production.yaml');
    await onBranch(async () => {
      await writeFile(file, `${await readFile(file, 'utf8')}nonsense: 1\n`);
    });
    await reconcile();
    expect(await shown()).toMatch(/does not validate: channels\/production\.yaml:\d+ \w+/);
    await onBranch(async () => {
      await writeFile(file, (await readFile(file, 'utf8')).replace('nonsense: 1\n', ''));
    });
    await reconcile();
    expect(await shown()).not.toContain('does not validate');
  });

  test('merged, it serves what was tried, and nothing has diverged from its review', async () => {
    const trial = await tried();
    await here.ask(['pr', 'merge', String(first.number)]);
    const { holds } = await reconcile();
    expect(holds.map((h) => h.code)).not.toContain('PlanDiverged');
    expect(await served()).toEqual(trial);
    const { proposals } = await here.ask<Proposals>(['pr', 'list']);
    expect(proposals).toEqual([]);
  });
});
