import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

interface Report {
  readonly holds: readonly {
    readonly code: string;
    readonly subject: string;
    readonly text: string;
    readonly awaits: string;
  }[];
}
interface Proposals {
  readonly proposals: readonly { readonly number: number; readonly identity: string }[];
}

const week = 7 * 86_400;
const [first, second] = ['EXSA-2026-0001', 'tiny-tool'];
let here: Site;

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
  await reconcile();
  await here.ask(['pr', 'merge', String(await numberOf('bootstrap/production'))]);
  await reconcile();
});
afterAll(() => here.remove());

const reconcile = (...flags: readonly string[]): Promise<Report> =>
  here.ask(['reconcile', ...flags], [0, 1, 3]);

async function numberOf(part: string): Promise<number> {
  const { proposals } = await here.ask<Proposals>(['pr', 'list', '--all']);
  const found = proposals.find((p) => p.identity.includes(part));
  return found?.number ?? expect.fail(`${part} is not among ${JSON.stringify(proposals)}`);
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const file = join(here.policy, path);
  await writeFile(file, change(await readFile(file, 'utf8')));
  await here.git('add', path);
  await here.git('commit', '-q', '-m', `Change ${path}`);
}

const served = () => contentMetadata(here.state, 'production/x86_64');
const holdOf = (report: Report, subject: string) => report.holds.find((h) => h.subject === subject);

/** Each test goes on where the one before it ended. */
describe('two people approve what enters production', () => {
  test('the proposal says whose approval is needed', async () => {
    await edit('channels/production.yaml', (text) =>
      text.replace('gates:\n', 'gates:\n  approvals: { count: 2, from: [alice, bob, carol] }\n'),
    );
    expect(await here.sluice('validate', here.policy)).toMatchObject({ code: 0 });
    await buildVendor(join(here.directory, 'vendor'), 2);
    await reconcile('--sync');
    here.wait(week + 3600);
    await reconcile();
    const shown = await here.sluice('pr', 'show', String(await numberOf(first)));
    expect(shown.stdout).toContain('2 approvals needed of alice, bob, carol');
  });

  test('[F12] an approval for an older head does not count, and production stays as it is', async () => {
    const before = await served();
    const number = String(await numberOf(first));
    await here.ask(['pr', 'approve', number, '--as', 'alice']);
    await here.git('switch', '-q', `sluice/promotion/production/${first}`);
    await edit(
      `promotions/production/${first}.yaml`,
      (text) => `${text}tested: { by: bob, at: 2026-11-20 }\n`,
    );
    await here.git('switch', '-q', 'main');
    await here.ask(['pr', 'approve', number, '--as', 'bob']);
    await here.ask(['pr', 'approve', number, '--as', 'mallory']);
    await here.ask(['pr', 'merge', number]);
    const hold = holdOf(await reconcile(), 'promotion:EXSA-2026:0001');
    expect(hold).toMatchObject({ code: 'AwaitsApproval' });
    expect(hold?.text).toContain('1 of 2 approvals (bob)');
    expect(hold?.text).toContain('alice approved an older head');
    expect(hold?.text).toContain('mallory is not among those who may');
    expect(hold?.awaits).toContain(`alice, carol: sluice pr approve ${number}`);
    expect(await served()).toEqual(before);
    const why = await here.sluice('why', 'hello', '--channel', 'production');
    expect(why.stdout).toContain('AwaitsApproval');
    expect((await here.sluice('status')).stdout).toContain('approval by alice, carol');
  });

  test('approved again as it was merged, it enters', async () => {
    await here.ask(['pr', 'approve', String(await numberOf(first)), '--as', 'alice']);
    const report = await reconcile();
    expect(holdOf(report, 'promotion:EXSA-2026:0001')).toBeUndefined();
    expect(Object.keys(await served())).toHaveLength(4);
    const why = await here.sluice('why', 'hello', '--channel', 'production');
    expect(why.stdout).not.toContain('AwaitsApproval');
  });

  test('two approvals, then the merge: it enters at once', async () => {
    const number = String(await numberOf(second));
    const before = await served();
    for (const person of ['bob', 'carol']) {
      await here.ask(['pr', 'approve', number, '--as', person]);
    }
    await here.ask(['pr', 'merge', number]);
    await reconcile();
    expect(await served()).not.toEqual(before);
  });

  test('a rollback needs nobody', async () => {
    const after = await served();
    await here.git('revert', '--no-edit', '-m', '1', 'HEAD');
    expect((await reconcile()).holds.map((h) => h.code)).not.toContain('AwaitsApproval');
    expect(await served()).not.toEqual(after);
  });
});
