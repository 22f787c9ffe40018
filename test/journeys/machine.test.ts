import { existsSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';

let directory = '';
let vendor: Vendor;
const machines: Machine[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-machine-'));
  vendor = await buildVendor(join(directory, 'vendor'), 1);
});
afterAll(async () => {
  for (const each of machines) await each.dispose();
  await rm(directory, { recursive: true, force: true });
});

async function consumer(name: string): Promise<Machine> {
  const repository = {
    id: 'vendor',
    baseurl: `file://${vendor.url}`,
    gpgkeys: [`file://${vendor.keyFile}`],
  };
  const made = await machine(directory, { name, repositories: [repository] });
  machines.push(made);
  return made;
}

describe('a real dnf on the example vendor', () => {
  test('installs the first content, sees the advisory, upgrades and goes back', async () => {
    const client = await consumer('one');
    await client.install(['greeter', 'tiny-tool', 'broken-tool']);
    const first = await client.installed();
    expect(first).toEqual([
      'broken-tool-1.0-1.noarch',
      'example-base-1.0-1.noarch',
      'greeter-1.0-1.noarch',
      'hello-1.0-1.x86_64',
      'hello-libs-1.0-1.x86_64',
      'tiny-tool-1.0-1.noarch',
    ]);
    const before = vendor.packages;
    vendor = await buildVendor(join(directory, 'vendor'), 2);
    expect(vendor.packages.filter((name) => !before.includes(name))).toEqual([
      'hello-1.1-1.x86_64.rpm',
      'hello-libs-1.1-1.x86_64.rpm',
      'tiny-tool-2.0-1.noarch.rpm',
    ]);
    const errata = await client.updateinfoList();
    expect(errata.map((line) => line.split(/\s+/))).toContainEqual([
      'EXSA-2026:0001',
      'Important/Sec.',
      'hello-1.1-1.x86_64',
    ]);
    await client.upgrade();
    expect(await client.installed()).toContain('hello-libs-1.1-1.x86_64');
    vendor = await buildVendor(join(directory, 'vendor'), 1);
    await client.distroSync();
    expect(await client.installed()).toEqual(first);
  });

  test('cannot install the update that needs what nobody provides', async () => {
    vendor = await buildVendor(join(directory, 'vendor'), 3);
    const client = await consumer('two');
    const result = await client.dnf(['install', 'broken-tool-1.1']);
    expect(result.code).toBe(1);
    expect(result.output).toContain('libabsent.so.9');
  });

  test('building again gives other bytes under the same name', async () => {
    const offered = join(vendor.url, 'Packages/tiny-tool-2.0-1.noarch.rpm');
    const [firstBytes, firstRevision] = [await readFile(offered), await revision()];
    vendor = await buildVendor(join(directory, 'vendor'), 4);
    expect((await readFile(offered)).equals(firstBytes)).toBe(false);
    expect(await revision()).toBeGreaterThan(firstRevision);
  });

  test('refuses metadata that was changed after it was signed', async () => {
    vendor = await buildVendor(join(directory, 'vendor'), 1);
    const file = join(vendor.url, 'repodata/repomd.xml');
    await writeFile(file, `${await readFile(file, 'utf8')}\n`);
    const client = await consumer('three');
    const result = await client.dnf(['install', 'hello']);
    expect(result.code).toBe(1);
    expect(result.output).toMatch(/signature/i);
  });

  test('refuses a package signed by somebody else in metadata that is signed well', async () => {
    await buildVendor(join(directory, 'other'), 1);
    const mixed = join(directory, 'mixed');
    await cp(join(directory, 'other/built'), join(mixed, 'built'), { recursive: true });
    for (const name of ['vendor.asc', 'vendor.secret.asc']) {
      await copyFile(join(directory, 'vendor', name), join(mixed, name));
    }
    vendor = await buildVendor(mixed, 1);
    const client = await consumer('four');
    const result = await client.dnf(['install', 'hello']);
    expect(result.code).toBe(1);
    expect(result.output).toContain('GPG check FAILED');
    expect(await client.installed()).toEqual([]);
  });

  test('leaves no agent behind', async () => {
    await expect.poll(orphanedAgents, { timeout: 5_000 }).toEqual([]);
  });
});

/** Key agents whose keyring is gone already. */
async function orphanedAgents(): Promise<readonly string[]> {
  const orphans: string[] = [];
  for (const id of await readdir('/proc')) {
    if (!/^\d+$/.test(id)) continue;
    const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    const home = command.split('\0').find((word) => /\/sl[vm]-/.test(word));
    if (command.includes('gpg-agent') && home && !existsSync(home)) orphans.push(command);
  }
  return orphans;
}

async function revision(): Promise<number> {
  const text = await readFile(join(vendor.url, 'repodata/repomd.xml'), 'utf8');
  return Number(/<revision>(\d+)</.exec(text)?.[1]);
}
