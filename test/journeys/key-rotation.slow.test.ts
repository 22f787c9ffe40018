import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { readKeyring, verifyDetached } from '../../src/rpm/index.ts';
import { type Site, site } from '../support/site.ts';

interface Report {
  readonly done: readonly { readonly kind: string; readonly text: string }[];
  readonly holds: readonly { readonly code: string; readonly awaits: string }[];
}

const day = 86_400;
let here: Site;
let [first, second] = ['', ''];
const machines: Machine[] = [];

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  first = (await here.ask<{ readonly key: string }>(['init', here.policy, ...upstream])).key;
  await sign(`metadata: ${first}, packages: ${first}`);
  await reconcile();
});
afterAll(async () => {
  for (const each of machines) await each.dispose();
  await here.remove();
});

const reconcile = (...flags: readonly string[]): Promise<Report> =>
  here.ask(['reconcile', ...flags], [0, 1, 3, 7]);

async function sign(text: string, channel = 'testing'): Promise<void> {
  const file = join(here.policy, `channels/${channel}.yaml`);
  const before = (await readFile(file, 'utf8')).replace(/^sign:.*\n/m, '');
  await writeFile(file, `${before.trimEnd()}\nsign: { ${text} }\n`);
  await here.git('commit', '-q', '-a', '-m', `sign: ${text}`);
}

const keyFile = () => join(here.state, 'public/testing/RPM-GPG-KEY-site');

/** A machine with the published key file, or with a copy of it that does not change any more. */
async function client(name: string, key = `file://${keyFile()}`): Promise<Machine> {
  const baseurl = `file://${here.state}/public/testing/x86_64`;
  const made = await machine(here.directory, {
    name,
    repositories: [{ id: 'testing', baseurl, gpgkeys: [key] }],
  });
  machines.push(made);
  return made;
}

async function copyOfKeys(name: string): Promise<string> {
  const copy = join(here.directory, name);
  await writeFile(copy, await readFile(keyFile()));
  return `file://${copy}`;
}

/** Each test goes on where the one before it ended. */
describe('changing the key of a channel', () => {
  let early: Machine;
  let fixed: Machine;

  test('a key that no machine knows of does not sign', async () => {
    early = await client('early');
    await early.install(['greeter']);
    // Knows the first key only, for ever.
    fixed = await client('fixed', await copyOfKeys('only-first.asc'));
    await fixed.install(['greeter']);
    const made = await here.ask<{ readonly fingerprint: string }>([
      'key',
      'new',
      '--expires',
      '2y',
    ]);
    second = made.fingerprint;
    await sign(`metadata: ${second}, packages: ${second}`);
    const { holds } = await reconcile();
    expect(holds.map((h) => h.code)).toContain('KeyNotAnnounced');
    expect((await readFile(keyFile(), 'utf8')).match(/BEGIN PGP/g)).toHaveLength(1);
  });

  test('[J12] announced, it signs; machines with either key verify all the time', async () => {
    await sign(`metadata: ${first}, packages: ${first}, next: ${second}`);
    await reconcile();
    expect((await readFile(keyFile(), 'utf8')).match(/BEGIN PGP/g)).toHaveLength(2);
    const { keys } = await here.ask<{
      readonly keys: readonly { readonly fingerprint: string; readonly uses: readonly string[] }[];
    }>(['key', 'list']);
    expect(keys.map((k) => [k.fingerprint, k.uses])).toEqual([
      [first, ['metadata of testing', 'packages of testing']],
      [second, ['next of testing']],
    ]);
    const between = await client('between', await copyOfKeys('both.asc'));
    await between.install(['tiny-tool']);

    await buildVendor(join(here.directory, 'vendor'), 2);
    await sign(`metadata: ${second}, packages: ${second}`);
    await reconcile('--sync');
    for (const each of [early, between]) {
      await each.upgrade();
      expect((await each.installed()).join(' ')).toMatch(/hello-1\.1-1|tiny-tool-2\.0-1/);
    }
    // Metadata still verifies with the first key alone; the packages are now those of the second.
    const listed = await fixed.dnf(['list', '--available']);
    expect(listed.code).toBe(0);
    const refused = await fixed.dnf(['upgrade']);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('GPG');
    const late = await client('late');
    await late.install(['greeter']);
  });

  test('what a proposal would make of a channel is signed by the key that the channel names', async () => {
    const trial = join(here.state, 'public/proposals/1');
    const signedBy = async () => {
      const repodata = join(trial, 'x86_64/repodata');
      const bytes = await readFile(join(repodata, 'repomd.xml'));
      const armored = await readFile(join(repodata, 'repomd.xml.asc'), 'utf8');
      const text = await readFile(join(trial, 'RPM-GPG-KEY-site'), 'utf8');
      const keyring = await readKeyring([{ path: 'site.asc', text }]);
      const now = Number(here.environment().SLUICE_NOW);
      return (await verifyDetached({ armored, bytes }, keyring, { now, exceptions: [] }))
        .fingerprint;
    };
    expect(await signedBy()).toBe(first);
    await sign(`metadata: ${second}`, 'production');
    await reconcile();
    expect(await signedBy()).toBe(second);
  });

  test('[J12] the first key goes when no generation needs it any more', async () => {
    for (let n = 0; n < 3; n += 1) {
      const file = join(here.policy, 'channels/testing.yaml');
      const text = await readFile(file, 'utf8');
      const other = text.includes('compression: zst') ? 'gz' : 'zst';
      await writeFile(file, `${text.replace(/^compression:.*\n/m, '')}compression: ${other}\n`);
      await here.git('commit', '-q', '-a', '-m', `Compress ${other}`);
      await reconcile();
    }
    expect((await readFile(keyFile(), 'utf8')).match(/BEGIN PGP/g)).toHaveLength(1);
    expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  });

  test('[E09] its end is told beforehand, stops publishing, and is moved by the command that is shown', async () => {
    await here.ask(['key', 'extend', second, '--expires', '20d']);
    const soon = (await reconcile()).holds.find((h) => h.code === 'KeyEnds');
    expect(soon?.awaits).toContain(`sluice key extend ${second}`);
    here.wait(21 * day);
    await buildVendor(join(here.directory, 'vendor'), 4);
    const { holds } = await reconcile('--sync');
    const ended = holds.find((h) => h.code === 'KeyExpired');
    expect(ended?.awaits).toBe(`sluice key extend ${second} --expires 2y`);
    expect(await here.sluice('verify')).toMatchObject({ code: 0 });
    await here.ask(ended?.awaits.split(' ').slice(1) ?? []);
    const after = await reconcile();
    expect(after.holds.map((h) => h.code)).not.toContain('KeyExpired');
    expect(after.done.map((d) => d.kind)).toContain('point');
  });
});
