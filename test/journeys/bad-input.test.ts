import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import { type Run, type Site, site } from '../support/site.ts';
import { treeLines } from '../support/tree-digest.ts';

let here: Site;
let vendor: Vendor;
let served = '';

/** Everything below public/ but the pool of packages, in which bytes may lie that nothing names yet. */
async function digest(): Promise<string> {
  const lines = await treeLines(join(here.state, 'public'), '', true);
  return lines.filter((line) => !/\/packages\//i.test(line)).join('');
}

beforeAll(async () => {
  here = await site();
  vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
  await here.ask(['pr', 'merge', '1']);
  await here.ask(['reconcile'], [0, 1]);
  served = await digest();
});
afterAll(() => here.remove());

/** Writes a policy file and commits it as a person does; undefined deletes it. */
async function commit(path: string, edit: (text: string) => string | undefined): Promise<void> {
  const file = join(here.policy, path);
  const text = edit(await readFile(file, 'utf8').catch(() => ''));
  if (text === undefined) await rm(file);
  else await writeFile(file, text);
  await here.git('add', '--all');
  await here.git('commit', '-q', '-m', `Change ${path}`);
}

const undo = (): Promise<string> => here.git('revert', '--no-edit', 'HEAD');

/** The run ends so, says all of that, and nothing that is served has changed. */
async function refused(run: Run, code: number, ...said: readonly string[]): Promise<void> {
  const text = `${run.stdout}\n${run.stderr}`;
  for (const each of said) expect(text).toContain(each);
  expect(run.code, text).toBe(code);
  expect(await digest(), text).toBe(served);
}

describe('a bad policy commit changes nothing that is served', () => {
  test('[M08] [G06] a misspelt key: the line, the code and what was meant', async () => {
    await commit('channels/production.yaml', (text) => text.replace('  soak: 7d', '  soack: 7d'));
    const run = await here.sluice('reconcile');
    await refused(run, 2, 'channels/production.yaml:', 'PolicyUnknownKey', 'soak');
    expect(`${run.stdout}${run.stderr}`).toMatch(/channels\/production\.yaml:\d+:\d+/);
    await undo();
    await refused(await here.sluice('reconcile'), 0);
  });

  test('[G11] an emptied file is not a wish to remove everything', async () => {
    await commit('channels/testing.yaml', () => '# nothing\n');
    await refused(await here.sluice('reconcile'), 2, 'channels/testing.yaml:1');
    await undo();
  });

  test('[G12] a vanished upstream that a channel names', async () => {
    await commit('upstreams/vendor.yaml', () => undefined);
    await refused(await here.sluice('reconcile'), 2, 'PolicyReference', 'vendor');
    await undo();
  });

  test('[K26] a policy that would leave channels empty', async () => {
    await commit('policies/default.yaml', (text) => text.replace('action: copy', 'action: skip'));
    await refused(await here.sluice('reconcile'), 3, 'ChannelWouldEmpty');
    await undo();
  });

  test('[G17] a policy that would remove more than the gate of the channel allows', async () => {
    const skip = [
      'apiVersion: sluice/v1',
      'kind: Policy',
      'name: no-tools',
      'match: { packages: ["*-tool"] }',
      'action: skip',
    ];
    await commit('policies/no-tools.yaml', () => `${skip.join('\n')}\n`);
    const run = await here.sluice('reconcile');
    const text = `${run.stdout}${run.stderr}`;
    expect(text).toContain('RemovesTooMuch');
    expect(text).toContain('tiny-tool.noarch');
    expect(run.code).toBe(3);
    await undo();
    await here.ask(['reconcile'], [0, 1]);
    served = await digest();
  });

  test('a rewritten history halts until an operator has looked', async () => {
    const head = (await here.git('rev-parse', 'HEAD')).trim();
    await here.git('commit', '-q', '--amend', '-m', 'Rewritten');
    await refused(await here.sluice('reconcile'), 7, 'HistoryRewritten', 'acknowledge');
    await here.git('reset', '-q', '--hard', head);
    await refused(await here.sluice('reconcile'), 0);
  });
});

describe('a bad upstream changes nothing that is served', () => {
  test('metadata that was changed after it was signed', async () => {
    await buildVendor(join(here.directory, 'vendor'), 2);
    const repomd = join(vendor.url, 'repodata/repomd.xml');
    await writeFile(repomd, `${await readFile(repomd, 'utf8')}<!-- -->\n`);
    await refused(await here.sluice('reconcile', '--sync'), 4, 'SignatureInvalid', 'fix:');
  });

  test('a package that is absent, and one whose bytes were exchanged', async () => {
    await buildVendor(join(here.directory, 'vendor'), 2);
    const file = join(vendor.url, 'Packages/hello-1.1-1.x86_64.rpm');
    const bytes = await readFile(file);
    await rm(file);
    const absent = await here.sluice('reconcile', '--sync');
    expect([4, 5]).toContain(absent.code);
    await refused(absent, absent.code, 'hello-1.1-1.x86_64.rpm', 'fix:');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(file, bytes);
    await refused(await here.sluice('reconcile', '--sync'), 4, 'ChecksumMismatch', 'fix:');
  });

  test('good news meanwhile is mirrored, but no decision is written on top of a bad policy', async () => {
    await buildVendor(join(here.directory, 'vendor'), 2);
    await commit('channels/production.yaml', (text) => text.replace('  soak: 7d', '  soack: 7d'));
    const head = await here.git('rev-parse', 'HEAD');
    const run = await here.sluice('reconcile', '--sync');
    expect(run.stdout).toMatch(/decisions? waits?: the newest policy has findings/);
    expect(run.code).toBe(2);
    expect(await here.git('rev-parse', 'HEAD')).toBe(head);
    expect(await here.sluice('status')).toMatchObject({ code: 1 });
    await undo();
  });

  test('after all that, good input goes through', async () => {
    await buildVendor(join(here.directory, 'vendor'), 2);
    await here.ask(['reconcile', '--sync'], [0, 1]);
    expect(await digest()).not.toBe(served);
    expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  });
});

test('[M08] a bad controller.yaml stops the start and names the key', async () => {
  const file = join(here.state, 'controller.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, `${text}pollIntervall: 60\n`);
  served = await digest();
  await refused(await here.sluice('run'), 2, 'ConfigInvalid', 'controller.yaml', 'pollIntervall');
  await writeFile(file, text);
});
