import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { machine } from '../../src/cli/demo/machine.ts';
import { buildProviders } from '../support/providers.ts';
import { testdata, withTestdata } from '../support/testdata.ts';

withTestdata('a repository that a real vendor signed', () => {
  test('installs on a machine that has only what a providing package promises', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-foreign-'));
    const vendor = testdata('xlibre-opensuse/x86_64');
    const names = (await readdir(vendor)).filter((name) => name.endsWith('.rpm'));
    const files = names.map((name) => join(vendor, name));
    const providers = await buildProviders(join(directory, 'providers'), files);
    expect(providers.capabilities).toContain('pkgconfig(xfont2) = 2.0');
    const key = testdata('xlibre-opensuse/outtathebox5319-rpm-signing-key.asc');
    const client = await machine(directory, {
      name: 'client',
      repositories: [
        { id: 'xlibre', baseurl: `file://${vendor}`, gpgkeys: [`file://${key}`] },
        {
          id: 'providers',
          baseurl: `file://${providers.url}`,
          gpgkeys: [`file://${providers.keyFile}`],
        },
      ],
    });
    try {
      await client.install(['xf86-video-dummy-xlibre']);
      expect(await client.installed()).toContain('xf86-video-dummy-xlibre-25.0.0-1.1.x86_64');
    } finally {
      await client.dispose();
      await rm(directory, { recursive: true });
    }
  });
});
