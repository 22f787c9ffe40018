import { lstat, mkdir, readFile, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Fault } from '../../../model/index.ts';
import type { BuildOrder, BuildRepository } from '../../../ports.ts';
import { composeCommand, composing, requirementsMark } from './compose-script.ts';
import { hostRoot } from './host-root.ts';
import { type Judged, judgeLimits } from './judge-end.ts';
import { type LogCapture, teeLog } from './log-capture.ts';
import { missingIn } from './missing-requirements.ts';
import { handOver, refuseUnreachable } from './reachable.ts';
import { runSandbox } from './run-sandbox.ts';
import type { Mount } from './sandbox-command.ts';

export type Composed =
  | { readonly kind: 'composed'; readonly packages: readonly string[] }
  /** What no repository provides; empty where dnf failed for another reason, which its output tells. */
  | { readonly kind: 'missing'; readonly missing: readonly string[] }
  | { readonly kind: 'limit'; readonly judged: Judged };

export interface ComposeJob {
  readonly repositories: readonly BuildRepository[];
  /** Capabilities, as `BuildRequires` names them. */
  readonly requirements: readonly string[];
  /** A new folder; what was installed is below it afterwards. */
  readonly directory: string;
  readonly limits: BuildOrder['limits'];
  readonly log: LogCapture;
  readonly signal: AbortSignal;
}

const mebibyte = 1 << 20;
const notFound = 127;
const tailBytes = 256 * 1024;
/** Installing writes large files, and dnf reads all metadata. */
const least = { diskBytes: 2048 * mebibyte, memoryBytes: 2048 * mebibyte, processes: 500 };

/**
 * Installs what a build needs into a folder, with dnf, from these repositories only. It runs in a sandbox of its own:
 * without network, as root of a user namespace that is nobody outside, so that scriptlets of packages change nothing but
 * the folder.
 */
export async function composeRoot(job: ComposeJob): Promise<Composed> {
  const root = join(job.directory, 'root');
  const output = join(job.directory, 'output');
  await mkdir(root, { recursive: true });
  await mkdir(output);
  await handOver(root);
  for (const { directory } of job.repositories) await refuseUnreachable(directory);
  await refuseUnreachable(root);
  const tail = teeLog(job.log, tailBytes);
  const end = await runSandbox({
    name: `compose-${process.pid}-${job.directory.slice(-12)}`,
    identity: 'installer',
    mounts: [
      ...(await hostRoot()),
      { kind: 'writable', from: root, to: composing.target },
      ...(await repositoryMounts(job.repositories)),
    ],
    files: new Map([
      ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'],
      ['/etc/group', 'root:x:0:\n'],
      [composing.macros, '%_dbpath /var/lib/rpm\n'],
      [composing.config, dnfConfig(job.repositories)],
      ...keyFiles(job.repositories),
    ]),
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/builddir', LANG: 'C.UTF-8' },
    command: composeCommand(job.requirements),
    limits: { ...job.limits, ...atLeast(job.limits) },
    outputDirectory: output,
    log: tail.log,
    signal: job.signal,
  });
  job.signal.throwIfAborted();
  if (end.exitCode === notFound) throw dnfMissing();
  const limit = judgeLimits(end, job.limits);
  if (limit !== undefined) return { kind: 'limit', judged: limit };
  if (end.exitCode !== 0)
    return { kind: 'missing', missing: missingIn(requirementsPart(tail.text())) };
  const listed = await readFile(join(output, 'packages'), 'utf8');
  const packages = listed
    .trim()
    .split('\n')
    .filter((n) => !n.startsWith('gpg-pubkey-'));
  return { kind: 'composed', packages: packages.toSorted() };
}

const requirementsPart = (text: string): string =>
  text.slice(Math.max(0, text.lastIndexOf(requirementsMark)));

function atLeast(limits: BuildOrder['limits']) {
  return {
    diskBytes: Math.max(limits.diskBytes, least.diskBytes),
    memoryBytes: Math.max(limits.memoryBytes, least.memoryBytes),
    processes: Math.max(limits.processes, least.processes),
  };
}

/** A repository of ours names its packages through a link out of its folder; that place is mounted where it leads. */
async function repositoryMounts(
  repositories: readonly BuildRepository[],
): Promise<readonly Mount[]> {
  const mounts = new Map<string, Mount>();
  for (const [index, { directory }] of repositories.entries()) {
    const to = placeOf(index);
    mounts.set(to, { kind: 'read-only', from: directory, to });
    const link = join(directory, 'Packages');
    if (!(await lstat(link).catch(() => undefined))?.isSymbolicLink()) continue;
    const target = await readlink(link);
    const inside = resolve(to, target);
    mounts.set(inside, { kind: 'read-only', from: resolve(directory, target), to: inside });
  }
  return [...mounts.values()];
}

const placeOf = (index: number): string => `/repositories/${index}`;
const keyPath = (index: number, key: number): string => `/builddir/in/keys/${index}-${key}.asc`;

function keyFiles(
  repositories: readonly BuildRepository[],
): readonly (readonly [string, string])[] {
  return repositories.flatMap(({ keys }, index) =>
    keys.map((text, key) => [keyPath(index, key), text] as const),
  );
}

/** Nothing of the machine's own configuration is read; unsigned repositories are those that have no key. */
function dnfConfig(repositories: readonly BuildRepository[]): string {
  const main = [
    '[main]',
    'cachedir=/tmp/c',
    'logdir=/tmp/l',
    'persistdir=/tmp/p',
    'reposdir=/nonexistent',
    'plugins=0',
    'install_weak_deps=0',
    'releasever=1',
    'zchunk=0',
  ];
  const each = repositories.flatMap(({ id, keys, unsigned }, index) => [
    `[${id}]`,
    `name=${id}`,
    `baseurl=file://${placeOf(index)}`,
    `gpgcheck=${keys.length > 0 && !unsigned ? 1 : 0}`,
    `repo_gpgcheck=${keys.length > 0 ? 1 : 0}`,
    ...(keys.length > 0
      ? [`gpgkey=${keys.map((_, key) => `file://${keyPath(index, key)}`).join(' ')}`]
      : []),
  ]);
  return [...main, ...each, ''].join('\n');
}

function dnfMissing(): Fault {
  return new Fault('ToolMissing', {
    object: 'dnf',
    check: 'a build root can be composed',
    found: 'not found',
    fix: 'Install it: apt-get install dnf',
  });
}
