import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { digestOf, fileNameOf } from '../src/model/index.ts';
import type { CorpusPackage } from './corpus/package-file.ts';
import { type Measurement, measure } from './measure.ts';

/** A site with one channel that serves one unsigned upstream, and takes from it what a person promotes. */
export interface BenchSite {
  readonly state: string;
  /** Folder of the channel that clients read. */
  readonly published: string;
  /** One measured command of the program, in a process of its own. */
  run(...args: readonly string[]): Promise<Measurement>;
  /** Until somebody promotes, nothing enters, and nobody is asked. */
  leaveToPeople(): Promise<void>;
  /** Commits an update of these packages and its promotion. */
  promote(id: string, packages: readonly CorpusPackage[]): Promise<void>;
  /** Takes back the newest commit of the policy repository. */
  revertLast(): Promise<void>;
  /** Generation and number of packages that the channel serves now. */
  served(): Promise<{ readonly generation: number; readonly packages: number }>;
  remove(): Promise<void>;
}

const program = resolve(import.meta.dirname, '../sluice');

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
    NODE_OPTIONS: nodeOptions.join(' '),
    ...author,
  };
  const sluice = (args: readonly string[], codes: readonly number[]): Promise<Measurement> =>
    measure({ program, args, env, codes });
  const commit = async (message: string) => {
    await execa('git', ['add', '--all'], { cwd: policy, env });
    await execa('git', ['commit', '-qm', message, '--allow-empty'], { cwd: policy, env });
  };
  await sluice(['init', policy, '--upstream', `bench=${upstream}`], [0]);
  const rules = join(policy, 'policies/default.yaml');
  const setRule = async (from: RegExp, to: string) =>
    await writeFile(rules, (await readFile(rules, 'utf8')).replace(from, to));
  await setRule(/^ {2}production: .*\n/m, '');
  await rm(join(policy, 'channels/production.yaml'));
  await commit('One channel');
  return {
    state,
    published: join(state, 'public/testing'),
    run: (...args) => sluice(args, [0, 1, 3]),
    leaveToPeople: async () => {
      await setRule(/testing: \w+/, 'testing: never');
      await commit('Nothing enters');
    },
    promote: async (id, packages) => {
      await setRule(/testing: \w+/, 'testing: ask');
      await writeYaml(join(policy, 'updates', `${id}.yaml`), updateText(id, packages));
      await writeYaml(join(policy, 'promotions/testing', `${id}.yaml`), promotionText(id));
      await commit(`Promote ${id}`);
    },
    revertLast: async () => {
      await execa('git', ['revert', '--no-edit', 'HEAD'], { cwd: policy, env });
    },
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

const author = {
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.org',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.org',
};

async function writeYaml(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `apiVersion: sluice/v1\n${text}`);
}

function updateText(id: string, packages: readonly CorpusPackage[]): string {
  const line = ({ identity, bytes }: CorpusPackage) => {
    const nevra = fileNameOf({ ...identity, epoch: 0 }).replace(/\.rpm$/, '');
    return `  - { nevra: ${nevra}, sha256: ${digestOf(bytes)}, upstream: bench }\n`;
  };
  return `kind: Update\nid: ${id}\npackages:\n${packages.map(line).join('')}modules: []\nrequires: []\n`;
}

const promotionText = (id: string): string => `kind: Promotion\nupdate: ${id}\nchannel: testing\n`;
