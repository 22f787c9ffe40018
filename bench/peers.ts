import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { type Measurement, measure } from './measure.ts';

/** Programs that do the same work on the same files; absent ones are left out. */
export type Peer = 'createrepo_c' | 'mergerepo_c' | 'dnf' | 'reposync' | 'aptly';

/** `reposync` is a part of dnf that takes long for itself. */
export const programOf = (peer: Peer): string => (peer === 'reposync' ? 'dnf' : peer);

export async function presentPeers(): Promise<ReadonlySet<Peer>> {
  const peers: readonly Peer[] = ['createrepo_c', 'mergerepo_c', 'dnf', 'reposync', 'aptly'];
  const isThere = async (peer: Peer): Promise<boolean> => {
    const program = programOf(peer);
    return (await execa(program, [versionWord(program)], { reject: false })).exitCode === 0;
  };
  const found = await Promise.all(peers.map(isThere));
  return new Set(peers.filter((_, n) => found[n]));
}

/** How a program is asked for its version. */
export const versionWord = (program: string): string =>
  program === 'aptly' ? 'version' : '--version';

/** Describes the files of a folder, as the upstream's maintainers do. */
export function createrepo(
  repository: string,
  ...options: readonly string[]
): Promise<Measurement> {
  const plain = ['--no-database', '--general-compress-type=gz', '--quiet'];
  return measure({ program: 'createrepo_c', args: [...plain, ...options, repository] });
}

/** Merges a repository of a few new packages into a large one. */
export async function mergerepo(
  directory: string,
  repository: string,
  added: readonly string[],
): Promise<Measurement> {
  const small = join(directory, 'added');
  const merged = join(directory, 'merged');
  await rm(small, { recursive: true, force: true });
  await mkdir(small, { recursive: true });
  for (const path of added) await copyFile(path, join(small, basename(path)));
  await createrepo(small);
  await rm(merged, { recursive: true, force: true });
  const args = ['--compress-type=gz', '--no-database', '--all'];
  const repositories = [`--repo=${repository}`, `--repo=${small}`, `--outputdir=${merged}`];
  const measured = await measure({ program: 'mergerepo_c', args: [...args, ...repositories] });
  await rm(merged, { recursive: true });
  return measured;
}

/** dnf with one repository and nothing of this machine. */
export interface DnfClient {
  readonly repoclosure: () => Promise<Measurement>;
  readonly reposync: () => Promise<Measurement>;
  /** Puts the packages of a folder where reposync looks for what it has: it then reads them and downloads nothing. */
  readonly bring: (repository: string) => Promise<void>;
  /** Fetches what is new and counts the packages. */
  readonly refresh: () => Promise<number>;
  readonly remove: () => Promise<void>;
}

export async function dnfClient(directory: string, url: string): Promise<DnfClient> {
  const home = join(directory, `dnf-${Buffer.from(url).toString('hex').slice(-12)}`);
  await mkdir(join(home, 'repos'), { recursive: true });
  const repo = ['[bench]', 'name=bench', `baseurl=${url}`, 'gpgcheck=0', 'metadata_expire=1'];
  await writeFile(join(home, 'repos/bench.repo'), `${repo.join('\n')}\n`);
  const fixed = ['-q', '-y', `--installroot=${home}/root`, '--releasever=9'];
  const settings = [`reposdir=${home}/repos`, `cachedir=${home}/cache`].map((s) => `--setopt=${s}`);
  const run = (args: readonly string[], codes: readonly number[] = [0]) =>
    measure({ program: 'dnf', args: [...fixed, ...settings, ...args], codes });
  return {
    repoclosure: () => run(['repoclosure', '--repo=bench'], [0, 1]),
    reposync: () => run(['reposync', '--repo=bench', `--download-path=${home}/mirror`, '--delete']),
    bring: async (repository) => {
      await cp(join(repository, 'Packages'), `${home}/mirror/bench/Packages`, { recursive: true });
    },
    refresh: async () => {
      const query = ['--refresh', 'repoquery', '--repo=bench', '--qf', '%{name}'];
      return (await run(query)).stdout.trim().split('\n').length;
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
