import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, type Site } from '../support/site.ts';
import { vendorSite } from '../support/vendor-site.ts';

interface History {
  readonly generations: readonly {
    readonly number: number;
    readonly content: string;
    readonly entered: unknown;
  }[];
}

interface Proposals {
  readonly proposals: readonly { readonly identity: string }[];
}

const day = 86_400;
let here: Site;

beforeAll(async () => {
  ({ here } = await vendorSite());
  await here.ask(['reconcile'], [0, 1]);
  await here.ask(['pr', 'merge', '1']);
  await here.ask(['reconcile'], [0, 1]);
  await buildVendor(join(here.directory, 'vendor'), 2);
  // A clock may go back: generations still count up, and come back from the log in their order.
  here.wait(-60);
  await here.ask(['reconcile', '--sync'], [0, 1]);
});
afterAll(() => here.remove());

test('a record renders the same metadata in an empty state directory', async () => {
  const record = join(here.directory, 'record.json');
  await writeFile(record, await here.git('show', 'refs/sluice/generations:records/testing/2.json'));
  const empty = here.withState(join(here.directory, 'empty'));
  const packages = join(here.state, 'packages/sha256');
  const to = join(here.directory, 'rendered');
  const rendered = await empty.ask<{
    readonly repomd: Readonly<Record<string, string>>;
    readonly recorded?: Readonly<Record<string, string>>;
    readonly differing: readonly string[];
  }>(['render', '--record', record, '--packages', packages, '--to', to]);
  expect(rendered.differing).toEqual([]);
  expect(Object.keys(rendered.repomd)).toEqual(['x86_64']);
  expect(await contentMetadata(here.state, 'testing/x86_64')).toEqual(await metadataOf(to));
});

test('[K19] a lost state directory comes back from git, packages and keys, soak clocks included', async () => {
  const history = (channel: string) => here.ask<History>(['history', channel]);
  const before = {
    testing: await contentMetadata(here.state, 'testing/x86_64'),
    production: await contentMetadata(here.state, 'production/x86_64'),
    histories: [await history('testing'), await history('production')],
  };
  here.wait(4 * day);
  const lost = join(here.directory, 'lost');
  await rename(here.state, lost);
  await mkdir(here.state);
  for (const kept of ['packages', 'keys']) {
    await cp(join(lost, kept), join(here.state, kept), { recursive: true });
  }
  await here.ask(['reconcile'], [0, 1]);
  expect(await contentMetadata(here.state, 'testing/x86_64')).toEqual(before.testing);
  expect(await contentMetadata(here.state, 'production/x86_64')).toEqual(before.production);
  const after = [await history('testing'), await history('production')];
  expect(after.map(entered)).toEqual(before.histories.map(entered));

  // The update has been in testing for four of its seven days; three more are enough.
  const promotion = 'promotion/production/EXSA-2026-0001';
  expect(await identities()).not.toContain(promotion);
  here.wait(3 * day + 60);
  const last = await here.sluice('reconcile');
  expect(await identities(), last.stdout).toContain(promotion);
});

const entered = (history: History) =>
  history.generations.map((each) => [each.number, each.content, each.entered]);

const identities = async (): Promise<readonly string[]> =>
  (await here.ask<Proposals>(['pr', 'list'])).proposals.map((each) => each.identity);

/** A rendered folder holds its trees directly. */
async function metadataOf(rendered: string): Promise<Readonly<Record<string, string>>> {
  const state = join(here.directory, 'as-state');
  await mkdir(state, { recursive: true });
  await cp(rendered, join(state, 'public'), { recursive: true, verbatimSymlinks: true });
  return contentMetadata(state, 'x86_64');
}

test('a snapshot is imported by its digest from another installation, and other bytes are refused', async () => {
  const { generations } = await here.ask<History>(['history', 'testing']);
  const [newest] = generations;
  const hex = newest?.content.slice('sha256:'.length) ?? '';
  const served = join(here.state, 'public/snapshots', hex);
  const other = here.withState(join(here.directory, 'other'));
  await mkdir(other.state);
  expect(await other.sluice('snapshot', 'verify', hex)).toMatchObject({ code: 2 });
  const imported = await other.sluice('snapshot', 'import', served);
  expect(imported.stdout).toMatch(/imported, [1-9]\d* packages were missing here/);
  expect(await other.sluice('snapshot', 'verify', hex)).toMatchObject({ code: 0 });

  const forged = here.withState(join(here.directory, 'forged'));
  await mkdir(forged.state);
  const site = join(here.directory, 'hostile');
  await cp(join(here.state, 'public/snapshots'), join(site, 'snapshots'), {
    recursive: true,
    dereference: true,
  });
  for (const name of await readdir(join(site, 'snapshots/packages'), { recursive: true })) {
    const path = join(site, 'snapshots/packages', name);
    if (!name.endsWith('.rpm')) continue;
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
  const refused = await forged.sluice('snapshot', 'import', join(site, 'snapshots', hex));
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain('ChecksumMismatch');
});
