import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ToolResult, tool, tryTool } from './tool.ts';

export interface MachineRepository {
  readonly id: string;
  readonly baseurl: string;
  /** URLs of armored public keys. */
  readonly gpgkeys: readonly string[];
}

export interface MachineOptions {
  readonly name: string;
  readonly repositories?: readonly MachineRepository[];
  /** `.repo` files as the site publishes them. */
  readonly repoFiles?: readonly string[];
}

/** A machine that consumes a channel: a real dnf working on a folder, which checks both kinds of signatures. */
export interface Machine {
  /** The folder that stands for its `/`. */
  readonly root: string;
  install(names: readonly string[]): Promise<string>;
  upgrade(): Promise<string>;
  distroSync(): Promise<string>;
  /** Lines of `dnf updateinfo list`: advisory, kind, package. */
  updateinfoList(): Promise<readonly string[]>;
  /** `name-version-release.arch` (with `epoch:` where there is one), sorted. */
  installed(): Promise<readonly string[]>;
  /** What rpm answers to this format for an installed package, in lines. */
  query(format: string, name: string): Promise<readonly string[]>;
  /** Any other dnf command; its exit code is the caller's to judge. */
  dnf(args: readonly string[]): Promise<ToolResult>;
  /** Ends its agents and removes its caches; the root stays. */
  dispose(): Promise<void>;
}

/** Makes an empty machine in `<directory>/<name>`, or goes on with the one that is there. */
export async function machine(directory: string, options: MachineOptions): Promise<Machine> {
  const base = join(directory, options.name);
  const root = join(base, 'root');
  const settings = join(base, 'etc');
  const home = join(base, 'home');
  for (const folder of [root, settings, home]) await mkdir(folder, { recursive: true });
  // Debian's rpm keeps its database in the home directory; machines have it below /var/lib.
  await writeFile(join(home, '.rpmmacros'), '%_dbpath /var/lib/rpm\n');
  await writeFile(join(base, 'dnf.conf'), dnfConf);
  await writeRepositories(settings, options);
  // Short, because gpg's sockets are below it.
  const cache = await mkdtemp(join(tmpdir(), 'slm-'));

  const dnf = async (args: readonly string[]): Promise<ToolResult> => {
    const common = [
      ...['-y', '-c', join(base, 'dnf.conf'), '--disableplugin=local', '--nodocs', '--refresh'],
      ...[`--setopt=reposdir=${settings}`, `--setopt=cachedir=${cache}`],
      ...[`--installroot=${root}`, '--releasever=9', '--forcearch=x86_64'],
    ];
    const [program, ...before] = asRoot('dnf');
    const result = await tryTool(program, [...before, ...common, ...args], { env: { HOME: home } });
    await endAgents(cache);
    return result;
  };
  const must = async (...args: string[]): Promise<string> => {
    const result = await dnf(args);
    if (result.code === 0) return result.output;
    throw new Error(`dnf ${args.join(' ')} ended with ${result.code}:\n${result.output}`);
  };

  return {
    root,
    dnf,
    install: (names) => must('install', ...names),
    upgrade: () => must('upgrade'),
    distroSync: () => must('distro-sync'),
    updateinfoList: async () => linesOf(await must('--quiet', 'updateinfo', 'list')),
    installed: async () => {
      const lines = await queried({ root, home }, ['-qa', '--qf', '%{NEVRA}\\n']);
      return lines.filter((line) => !line.startsWith('gpg-pubkey')).toSorted();
    },
    query: (format, name) => queried({ root, home }, ['-q', '--qf', format, name]),
    dispose: async () => {
      await endAgents(cache);
      await rm(cache, { recursive: true, force: true });
    },
  };
}

const dnfConf = `[main]
gpgcheck=1
repo_gpgcheck=1
installonly_limit=3
clean_requirements_on_remove=0
best=0
install_weak_deps=0
metadata_expire=0
module_platform_id=platform:el9
`;

async function writeRepositories(settings: string, options: MachineOptions): Promise<void> {
  for (const file of options.repoFiles ?? []) await copyFile(file, join(settings, basename(file)));
  for (const repository of options.repositories ?? []) {
    const text = [
      `[${repository.id}]`,
      `name=${repository.id}`,
      `baseurl=${repository.baseurl}`,
      `gpgkey=${repository.gpgkeys.join(' ')}`,
      'enabled=1',
      'gpgcheck=1',
      'repo_gpgcheck=1',
    ];
    await writeFile(join(settings, `${repository.id}.repo`), `${text.join('\n')}\n`);
  }
}

/** dnf insists on being root; others become root of a user namespace that sees the same files. */
function asRoot(program: string): [string, ...string[]] {
  if (process.getuid?.() === 0) return [program];
  const namespace = ['--unshare-user', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'];
  return ['bwrap', ...namespace, '--dev-bind', '/', '/', '--die-with-parent', program];
}

/** Each repository whose metadata signature dnf checks leaves an agent behind. */
async function endAgents(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const keyring = join(cache, name, 'pubring');
    const present = await readdir(keyring).catch(() => undefined);
    if (present) await tryTool('gpgconf', ['--homedir', keyring, '--kill', 'gpg-agent']);
  }
}

async function queried(
  { root, home }: { readonly root: string; readonly home: string },
  query: readonly string[],
): Promise<readonly string[]> {
  const database = ['--root', root, '--dbpath', '/var/lib/rpm'];
  const [program, ...before] = asRoot('rpm');
  const result = await tool(program, [...before, ...database, ...query], { env: { HOME: home } });
  return linesOf(result.stdout);
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
