import { existsSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, type Site } from '../support/site.ts';
import { channelRepository, vendorSite } from '../support/vendor-site.ts';

let here: Site;
let vendor: Vendor;
let client: Machine;

/** production has the vendor's first content, testing also his second. */
beforeAll(async () => {
  ({ here, vendor } = await vendorSite());
  await here.ask(['reconcile'], [0, 1]);
  await here.ask(['pr', 'merge', '1']);
  await here.ask(['reconcile'], [0, 1]);
  await buildVendor(join(here.directory, 'vendor'), 2);
  await here.ask(['reconcile', '--sync'], [0, 1]);
  client = await machine(here.directory, {
    name: 'client',
    repositories: [channelRepository(here, 'production', [vendor.keyFile])],
  });
});
afterAll(async () => {
  await client.dispose();
  await here.remove();
});

const tree = (channel: string) => join(here.state, 'public', channel, 'x86_64');
const reachable = (channel: string): readonly string[] =>
  readdirSync(join(tree(channel), 'Packages'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.rpm'))
    .map((path) => path.replace(/.*\//, ''))
    .toSorted();

async function setPrivate(to: boolean): Promise<void> {
  const path = 'channels/production.yaml';
  const text = (await here.git('show', `HEAD:${path}`)).replace(/\nprivate: .*/, '');
  await writeFile(join(here.policy, path), `${text}\nprivate: ${to}\n`);
  await here.git('commit', '-aqm', `Private: ${to}`);
  await here.ask(['reconcile'], [0, 1]);
}

test('whoever may read one channel may fetch what only another one serves', () => {
  expect(reachable('production')).toContain('hello-1.1-1.x86_64.rpm');
});

test('a private channel reaches its own packages and no others, and machines install from it', async () => {
  const before = await contentMetadata(here.state, 'production/x86_64');
  await setPrivate(true);
  expect(await contentMetadata(here.state, 'production/x86_64')).toEqual(before);
  expect(reachable('production')).toContain('hello-1.0-1.x86_64.rpm');
  expect(reachable('production')).not.toContain('hello-1.1-1.x86_64.rpm');
  expect(reachable('testing')).toContain('hello-1.1-1.x86_64.rpm');
  const { code, output } = await client.dnf(['install', 'hello']);
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('1.0-1') });
});

test('what is lost of it is reported, and made again', async () => {
  rmSync(join(here.state, 'private/production'), { recursive: true });
  const damaged = await here.sluice('verify');
  expect(damaged.code).not.toBe(0);
  expect(damaged.stdout + damaged.stderr).toContain(
    'clients of this private channel do not reach it',
  );
  await here.ask(['reconcile'], [0, 1]);
  expect(reachable('production')).toContain('hello-1.0-1.x86_64.rpm');
  expect((await here.sluice('verify')).code).toBe(0);
});

test('a channel that is no longer private reaches the pool again', async () => {
  await setPrivate(false);
  expect(reachable('production')).toContain('hello-1.1-1.x86_64.rpm');
  expect(existsSync(join(here.state, 'private/production'))).toBe(true);
});
