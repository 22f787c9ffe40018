import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tool } from '../../src/cli/demo/tool.ts';
import { withVendorKey } from '../../src/cli/demo/vendor-key.ts';

export interface Providers {
  /** The repository's folder. */
  readonly url: string;
  readonly keyFile: string;
  /** Capabilities that the one package in it provides. */
  readonly capabilities: readonly string[];
}

/**
 * Makes a signed repository with one empty package that provides whatever the given package files need and do not provide
 * themselves: foreign packages then install on a machine that has nothing else.
 */
export async function buildProviders(
  directory: string,
  packageFiles: readonly string[],
): Promise<Providers> {
  const url = join(directory, 'repo');
  await mkdir(url, { recursive: true });
  const capabilities = await missing(packageFiles);
  const spec = join(directory, 'providers.spec');
  await writeFile(spec, specText(capabilities));
  return withVendorKey(directory, async (key) => {
    const define = (name: string, value: string) => ['--define', `${name} ${value}`];
    await tool(
      'rpmbuild',
      [
        ...['-bb', '--quiet', ...define('_topdir', join(directory, 'top'))],
        ...[...define('_rpmdir', url), ...define('_build_name_fmt', '%%{NAME}.rpm'), spec],
      ],
      { env: { HOME: directory } },
    );
    const signing = [...define('__gpg', '/usr/bin/gpg'), ...define('_gpg_path', key.home)];
    const file = join(url, 'providers.rpm');
    await tool('rpmsign', ['--addsign', ...signing, ...define('_gpg_name', key.fingerprint), file]);
    await tool('createrepo_c', ['--quiet', '--no-database', '--general-compress-type=gz', url]);
    await key.signDetached(join(url, 'repodata/repomd.xml'));
    return { url, keyFile: key.publicFile, capabilities };
  });
}

async function missing(files: readonly string[]): Promise<readonly string[]> {
  const asked = async (what: string): Promise<readonly string[]> => {
    const { stdout } = await tool('rpm', ['-qp', '--nosignature', what, ...files]);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const provided = new Set((await asked('--provides')).map((line) => line.split(' ')[0]));
  const required = new Set(await asked('--requires'));
  return [...required]
    .filter((line) => !line.startsWith('rpmlib(') && !line.startsWith('('))
    .filter((line) => !provided.has(line.split(' ')[0]))
    .map((line) => line.replace(/ [<>=]+ /, ' = '))
    .toSorted();
}

function specText(capabilities: readonly string[]): string {
  const head = [
    'Name: providers',
    'Version: 1',
    'Release: 1',
    'Summary: Provides what others need',
  ];
  const more = ['License: Apache-2.0', 'BuildArch: noarch', 'AutoReqProv: no'];
  const provides = capabilities.map((capability) => `Provides: ${capability}`);
  return [...head, ...more, ...provides, '%description', 'Empty.', '%files', ''].join('\n');
}
