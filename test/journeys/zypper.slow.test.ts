import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import type { Site } from '../support/site.ts';
import { vendorSite } from '../support/vendor-site.ts';

/** Where scripts/setup-debian unpacks it; Debian's own package does not go beside dnf's plugins. */
const zypper = resolve(import.meta.dirname, '../../node_modules/.cache/zypper/usr/bin/zypper');

let here: Site;
let root: string;

describe.skipIf(!existsSync(zypper))('a real zypper', () => {
  beforeAll(async () => {
    ({ here } = await vendorSite());
    await here.ask(['reconcile'], [0, 1]);
    root = join(here.directory, 'machine');
    await mkdir(join(root, 'etc/zypp/repos.d'), { recursive: true });
    // The site's url is that of a controller, and none runs here.
    const published = await readFile(join(here.state, 'public/testing/testing.repo'), 'utf8');
    await writeFile(
      join(root, 'etc/zypp/repos.d/testing.repo'),
      published.replaceAll('http://127.0.0.1:8080', `file://${here.state}/public`),
    );
  });
  afterAll(() => here.remove());

  test('installs from a channel, by the .repo file that the site publishes', async () => {
    expect(await asked('refresh')).toContain('have been refreshed');
    await asked('install', 'hello');
    expect(await installed()).toEqual(['hello-1.0-1.x86_64', 'hello-libs-1.0-1.x86_64']);
  });

  test('sees an advisory of the next generation as a patch, and installs it', async () => {
    await buildVendor(join(here.directory, 'vendor'), 2);
    await here.ask(['reconcile', '--sync'], [0, 1]);
    await asked('refresh');
    expect(await asked('list-patches')).toMatch(/EXSA-2026:0001.*\| important/);
    await asked('patch');
    expect(await installed()).toEqual(['hello-1.1-1.x86_64', 'hello-libs-1.1-1.x86_64']);
  });

  test('follows a rollback, and reads frames of zstd', async () => {
    const channel = join(here.policy, 'channels/testing.yaml');
    await writeFile(channel, `${await readFile(channel, 'utf8')}compression: zst\n`);
    await here.git('commit', '-q', '-a', '-m', 'Smaller metadata');
    await here.ask(['rollback', 'testing', '--to', '1']);
    await here.ask(['reconcile'], [0, 1]);
    await asked('refresh');
    await asked('dup', '--allow-downgrade', '--from', 'testing-x86_64');
    expect(await installed()).toEqual(['hello-1.0-1.x86_64', 'hello-libs-1.0-1.x86_64']);
  });
});

/** What it says on a machine of its own; it may have to believe keys it has not seen. */
async function asked(...args: readonly string[]): Promise<string> {
  const unattended = ['--non-interactive', '--gpg-auto-import-keys', '--root', root];
  const env = { HOME: here.directory, LANG: 'C.UTF-8' };
  const { stdout } = await execa(zypper, [...unattended, ...args], { env });
  return stdout;
}

async function installed(): Promise<readonly string[]> {
  const query = ['-qa', '--qf', '%{NEVRA}\\n', 'hello*'];
  const { stdout } = await execa('rpm', ['--root', root, ...query], {
    env: { HOME: here.directory },
  });
  return stdout.split('\n').toSorted();
}
