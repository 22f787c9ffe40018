import type { BuildOrder } from '../../../ports.ts';

/** A directory of the machine that a sandbox sees read-only, or a symbolic link of its own. */
export type Mount =
  | { readonly kind: 'directory'; readonly from: string; readonly to: string }
  | { readonly kind: 'link'; readonly target: string; readonly to: string };

export interface SandboxSetup {
  readonly mounts: readonly Mount[];
  /** Files that come in through pipes, as descriptor → absolute path inside; never files of the machine. */
  readonly files: readonly { readonly descriptor: number; readonly path: string }[];
  /** Descriptor that the system call filter is read from, where there is one for this processor. */
  readonly filter?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: BuildOrder['limits'];
}

/** The only folder inside that has room; everything of a build is below it, so paths in debug data never differ. */
export const buildFolder = '/builddir';

export const buildHost = 'builder.invalid';

const smallestFolderBytes = 16 << 20;

/**
 * Arguments of bubblewrap, up to the command that runs inside. No network, no other process, no capability, no further
 * user namespace, no terminal; nothing that can be written but folders in memory, each with its size.
 */
export function sandboxArguments(setup: SandboxSetup): readonly string[] {
  const { limits } = setup;
  const small = Math.max(smallestFolderBytes, Math.floor(limits.diskBytes / 4));
  return [
    '--unshare-user',
    '--disable-userns',
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    ...['--hostname', buildHost],
    ...['--uid', '1000', '--gid', '1000'],
    ...setup.mounts.flatMap(mountArguments),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...folder('/dev/shm', small),
    ...['--remount-ro', '/dev'],
    ...folder('/tmp', small),
    ...folder('/var/tmp', small),
    ...folder(buildFolder, limits.diskBytes),
    ...setup.files.flatMap(({ descriptor, path }) => ['--file', String(descriptor), path]),
    // The root itself is in memory too, and would take what does not fit elsewhere.
    ...['--remount-ro', '/'],
    ...['--cap-drop', 'ALL'],
    ...(setup.filter === undefined ? [] : ['--seccomp', String(setup.filter)]),
    ...['--chdir', buildFolder],
    '--clearenv',
    ...Object.entries(setup.environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

function mountArguments(mount: Mount): readonly string[] {
  return mount.kind === 'directory'
    ? ['--ro-bind', mount.from, mount.to]
    : ['--symlink', mount.target, mount.to];
}

function folder(path: string, sizeBytes: number): readonly string[] {
  return ['--size', String(sizeBytes), '--tmpfs', path];
}

/** What every build finds in its environment; nothing is inherited. */
export function buildEnvironment(sourceDateEpoch: number): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: buildFolder,
    USER: 'builder',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    SOURCE_DATE_EPOCH: String(sourceDateEpoch),
  };
}

export interface LaunchLimits {
  readonly diskBytes: number;
  /** Of each process; absent where a control group counts them together. */
  readonly memoryBytes?: number;
  readonly processes?: number;
}

/**
 * The chain of programs around bubblewrap: into the control group, limits, and nobody's identity where this process is
 * root, so that the user that files belong to is never the one that a build runs as.
 */
export function launchCommand(
  sandbox: readonly string[],
  limits: LaunchLimits,
  who: { readonly root: boolean; readonly group: readonly string[] },
): readonly string[] {
  const enter = who.group.map((directory) => `${directory}/cgroup.procs`);
  const intoGroup =
    enter.length === 0
      ? []
      : ['sh', '-c', `${enter.map((p) => `echo $$ > '${p}'`).join(' && ')} && exec "$@"`, 'sh'];
  return [
    ...intoGroup,
    'prlimit',
    '--core=0',
    '--nofile=8192:8192',
    `--fsize=${limits.diskBytes}`,
    ...(limits.memoryBytes === undefined ? [] : [`--as=${limits.memoryBytes}`]),
    ...(limits.processes === undefined ? [] : [`--nproc=${limits.processes}`]),
    '--',
    ...(who.root ? nobody : []),
    'bwrap',
    ...sandbox,
  ];
}

const nobody = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all',
  '--no-new-privs',
  '--',
] as const;
