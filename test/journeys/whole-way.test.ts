import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';
import { channelRepository } from '../support/vendor-site.ts';

interface Proposals {
  readonly proposals: readonly { readonly number: number; readonly identity: string }[];
}

const week = 7 * 86_400;
const [advisory, plainUpdate] = ['EXSA-2026-0001', 'tiny-tool'];
let here: Site;
let vendor: Vendor;
let client: Machine;

beforeAll(async () => {
  here = await site();
  vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await client?.dispose();
  await here.remove();
});

const open = async (): Promise<readonly string[]> =>
  (await here.ask<Proposals>(['pr', 'list'])).proposals.map((each) => each.identity).toSorted();

interface Report {
  readonly done: readonly unknown[];
  readonly holds: readonly {
    readonly code: string;
    readonly subject: string;
    readonly text: string;
  }[];
}

const reconcile = (...flags: readonly string[]): Promise<Report> =>
  here.ask(['reconcile', ...flags], [0, 1, 3]);

async function merge(identity: string): Promise<Report> {
  const { proposals } = await here.ask<Proposals>(['pr', 'list']);
  const found = proposals.find((each) => each.identity === identity);
  await here.ask(['pr', 'merge', String(found?.number ?? identity)]);
  return reconcile();
}

/** Each test goes on where the one before it ended. */
describe('a commit decides what two channels serve', () => {
  test('the policy that init writes is valid, and the first content goes out by itself', async () => {
    expect(await here.sluice('validate', here.policy)).toMatchObject({ code: 0 });
    await reconcile();
    expect(Object.keys(await contentMetadata(here.state, 'testing/x86_64'))).toHaveLength(3);
  });

  test('the bootstrap of production is a question, and merging is the answer', async () => {
    expect(await open()).toEqual(['bootstrap/production']);
    await merge('bootstrap/production');
    client = await machine(here.directory, {
      name: 'client',
      repositories: [channelRepository(here, 'production', [vendor.keyFile])],
    });
    await client.install(['greeter', 'tiny-tool']);
    expect(await client.installed()).toContain('hello-1.0-1.x86_64');
  });

  test('a security update enters testing by itself and is asked for after its soak', async () => {
    vendor = await buildVendor(join(here.directory, 'vendor'), 2);
    await reconcile('--sync');
    expect(Object.keys(await contentMetadata(here.state, 'testing/x86_64'))).toHaveLength(4);
    expect(await open()).toEqual([]);
    here.wait(week + 60);
    await reconcile();
    expect(await open()).toContain(`promotion/production/${advisory}`);
  });

  test('merged, it is what a machine gets; reverted, the machine goes back to the byte', async () => {
    const before = await contentMetadata(here.state, 'production/x86_64');
    const installed = await client.installed();
    await merge(`promotion/production/${advisory}`);
    expect((await client.updateinfoList()).join('\n')).toContain('EXSA-2026:0001');
    await client.upgrade();
    expect(await client.installed()).toContain('hello-1.1-1.x86_64');

    await here.git('revert', '--no-edit', '-m', '1', 'HEAD');
    await reconcile();
    expect(await contentMetadata(here.state, 'production/x86_64')).toEqual(before);
    await client.distroSync();
    expect(await client.installed()).toEqual(installed);
  });

  test('what was reverted is not offered again until its hold goes', async () => {
    here.wait(week);
    await reconcile();
    expect(await open()).not.toContain(`promotion/production/${advisory}`);
    await here.git('rm', '-q', `holds/production/${advisory}.yaml`);
    await here.git('commit', '-q', '-m', 'Let it come again');
    await reconcile();
    expect(await open()).toContain(`promotion/production/${advisory}`);
  });

  test('plain git merge works as well, and what has no advisory is asked for by package', async () => {
    const identities = await open();
    expect(identities.join(' ')).toContain(plainUpdate);
    await here.git('merge', '-q', '--no-edit', `sluice/promotion/production/${advisory}`);
    await reconcile();
    await client.upgrade();
    expect(await client.installed()).toContain('hello-1.1-1.x86_64');
    expect(await open()).not.toContain(`promotion/production/${advisory}`);
  });

  test('an update that breaks closure stays out of production even when merged, and says why', async () => {
    vendor = await buildVendor(join(here.directory, 'vendor'), 3);
    await reconcile('--sync');
    here.wait(week + 60);
    await reconcile();
    const before = await contentMetadata(here.state, 'production/x86_64');
    const report = await merge('promotion/production/EXSA-2026-0002');
    const hold = report.holds.find((each) => each.code === 'ClosureBroken');
    expect(hold).toMatchObject({ channel: 'production', subject: 'promotion:EXSA-2026:0002' });
    expect(hold?.text).toContain('libabsent.so.9');
    expect(await contentMetadata(here.state, 'production/x86_64')).toEqual(before);
    await client.install(['broken-tool']);
    expect(await client.installed()).toContain('broken-tool-1.0-1.noarch');
  });

  test('other bytes under a known name are always asked for, also in testing', async () => {
    vendor = await buildVendor(join(here.directory, 'vendor'), 4);
    const before = await contentMetadata(here.state, 'testing/x86_64');
    await reconcile('--sync');
    expect(await contentMetadata(here.state, 'testing/x86_64')).toEqual(before);
    expect(await open()).toContain('reissue/testing/reissue-tiny-tool-2.0-1');
  });

  test('everything that is served is what was recorded, and a further pass has nothing to do', async () => {
    expect(await here.sluice('verify')).toMatchObject({ code: 0 });
    expect((await reconcile()).done).toEqual([]);
  });
});
