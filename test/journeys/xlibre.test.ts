import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { buildProviders } from '../support/providers.ts';
import { type Site, site } from '../support/site.ts';
import { testdata, withTestdata } from '../support/testdata.ts';
import { channelRepository } from '../support/vendor-site.ts';

let here: Site | undefined;
let client: Machine | undefined;
afterAll(async () => {
  await client?.dispose();
  await here?.remove();
});

withTestdata('a repository that a real vendor made and signed', () => {
  test('goes through both channels to a machine, and back', async () => {
    const vendor = testdata('xlibre-opensuse/x86_64');
    const key = testdata('xlibre-opensuse/outtathebox5319-rpm-signing-key.asc');
    here = await site();
    await here.ask(['init', here.policy, '--upstream', `xlibre=${vendor}`, '--key', key]);
    // Its packages need what only another repository has.
    await edit(here, 'channels/production.yaml', (text) => text.replace('enforce', 'report'));
    await here.ask(['reconcile'], [0, 1]);
    await here.ask(['pr', 'merge', '1']);
    await here.ask(['reconcile'], [0, 1]);

    const names = (await readdir(vendor)).filter((name) => name.endsWith('.rpm'));
    const files = names.map((name) => join(vendor, name));
    const providers = await buildProviders(join(here.directory, 'providers'), files);
    client = await machine(here.directory, {
      name: 'client',
      repositories: [
        channelRepository(here, 'production', [key]),
        {
          id: 'providers',
          baseurl: `file://${providers.url}`,
          gpgkeys: [`file://${providers.keyFile}`],
        },
      ],
    });
    await client.install(['xf86-video-dummy-xlibre']);
    expect(await client.installed()).toContain('xf86-video-dummy-xlibre-25.0.0-1.1.x86_64');

    // Taken out of the policy, the driver leaves the channel; reverted, it is back.
    const skip = ['apiVersion: sluice/v1', 'kind: Policy', 'name: no-dummy', 'action: skip'];
    await writeFile(
      join(here.policy, 'policies/no-dummy.yaml'),
      `${skip.join('\n')}\nmatch: { packages: ["xf86-video-dummy-xlibre"] }\n`,
    );
    await here.git('add', '--all');
    await here.git('commit', '-q', '-m', 'No dummy driver');
    await here.ask(['reconcile'], [0, 1]);
    expect((await client.dnf(['repoquery', '--available', 'xf86-video-dummy*'])).stdout).toBe('');
    await here.git('revert', '--no-edit', 'HEAD');
    await here.ask(['reconcile'], [0, 1]);
    const offered = await client.dnf(['repoquery', '--available', 'xf86-video-dummy*']);
    expect(offered.stdout).toContain('xf86-video-dummy-xlibre-0:25.0.0-1.1.x86_64');
    expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  });
});

async function edit(at: Site, path: string, change: (text: string) => string): Promise<void> {
  const file = join(at.policy, path);
  await writeFile(file, change(await readFile(file, 'utf8')));
  await at.git('commit', '-q', '-am', `Change ${path}`);
}
