import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { type Measurement, measure } from './measure.ts';

/** A site with one channel that takes everything by itself from one unsigned upstream. */
export interface BenchSite {
  /** One measured `sluice reconcile`. */
  reconcile(...options: readonly string[]): Promise<Measurement>;
  /** Generation and number of packages that the channel serves now. */
  served(): Promise<{ readonly generation: number; readonly packages: number }>;
  remove(): Promise<void>;
}

const main = resolve(import.meta.dirname, '../src/cli/main.ts');

export async function benchSite(
  directory: string,
  upstream: string,
  nodeOptions: readonly string[],
): Promise<BenchSite> {
  const policy = join(directory, 'site');
  const state = join(directory, 'state');
  const env = {
    HOME: directory,
    SLUICE_STATE: state,
    SLUICE_POLICY: policy,
    GIT_AUTHOR_NAME: 'Bench',
    GIT_AUTHOR_EMAIL: 'bench@example.org',
    GIT_COMMITTER_NAME: 'Bench',
    GIT_COMMITTER_EMAIL: 'bench@example.org',
  };
  const flags = ['--disable-warning=ExperimentalWarning', ...nodeOptions, main];
  const sluice = (args: readonly string[], codes: readonly number[]): Promise<Measurement> =>
    measure({ program: process.execPath, args: [...flags, ...args], env, codes });
  await sluice(['init', policy, '--upstream', `bench=${upstream}`], [0]);
  await keepOneChannel(policy, env);
  return {
    reconcile: (...options) => sluice(['reconcile', ...options], [0, 1]),
    served: async () => {
      const { stdout } = await sluice(['status', '--output', 'json'], [0, 1]);
      // The program's own answer to itself.
      const view = JSON.parse(stdout) as {
        channels: readonly { generation: number; packages: number }[];
      };
      const [channel] = view.channels;
      if (channel === undefined) throw new Error('the site has no channel');
      return channel;
    },
    remove: async () => {
      await rm(policy, { recursive: true, force: true });
      await rm(state, { recursive: true, force: true });
    },
  };
}

async function keepOneChannel(policy: string, env: Readonly<Record<string, string>>) {
  const rules = join(policy, 'policies/default.yaml');
  const text = await readFile(rules, 'utf8');
  await writeFile(rules, text.replace(/^ {2}production: .*\n/m, ''));
  await rm(join(policy, 'channels/production.yaml'));
  await execa('git', ['commit', '-qam', 'One channel'], { cwd: policy, env });
}
