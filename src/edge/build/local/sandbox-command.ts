import type { BuildOrder } from '../../../ports.ts';

/** What of the machine a sandbox sees, and a symbolic link of its own. */
export type Mount =
  | { readonly kind: 'read-only' | 'writable'; readonly from: string; readonly to: string }
  | { readonly kind: 'link'; readonly target: string; readonly to: string };

/**
 * `builder` is an ordinary user without a capability. `installer` is root of a user namespace whose users are nobody
 * outside: it installs packages into a folder, and their scriptlets can change nothing else.
 */
export type Identity = 'builder' | 'installer';

export interface SandboxSetup {
  readonly identity: Identity;
  readonly mounts: readonly Mount[];
  /** Files that come in through pipes, as descriptor → absolute path inside; never files of the machine. */
  readonly files: readonly { readonly descriptor: number; readonly path: string }[];
  /** Descriptor that the system call filter is read from, where there is one for this processor. */
  readonly filter?: number;
  /** Descriptors over which the users of the namespace are agreed; without them it has only one. */
  readonly users?: { readonly info: number; readonly block: number };
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: BuildOrder['limits'];
}

/** The only folder inside that has room; everything of a build is below it, so paths in debug data never differ. */
export const buildFolder = '/builddir';

export const buildHost = 'builder.invalid';

const smallestFolderBytes = 16 << 20;

/**
 * Arguments of bubblewrap, up to the command that runs inside. No network, no other process, no further user namespace,
 * no terminal; nothing that can be written but folders in memory, each with its size, and what a mount says.
 */
export function sandboxArguments(setup: SandboxSetup): readonly string[] {
  const { limits, users, identity } = setup;
  const small = Math.max(smallestFolderBytes, Math.floor(limits.diskBytes / 4));
  const user = identity === 'builder' ? '1000' : '0';
  return [
    '--unshare-user',
    // The namespace below the first one, which this asks for, cannot have users that are agreed from outside.
    ...(users === undefined ? ['--disable-userns'] : []),
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    ...['--hostname', buildHost],
    ...['--uid', user, '--gid', user],
    ...(users === undefined
      ? []
      : ['--info-fd', String(users.info), '--userns-block-fd', String(users.block)]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...folder('/dev/shm', small),
    ...['--remount-ro', '/dev'],
    ...folder('/tmp', small),
    ...setup.mounts.flatMap(mountArguments),
    ...folder('/var/tmp', small),
    ...folder(buildFolder, limits.diskBytes),
    ...setup.files.flatMap(({ descriptor, path }) => ['--file', String(descriptor), path]),
    // The root itself is in memory too, and would take what does not fit elsewhere.
    ...['--remount-ro', '/'],
    ...(identity === 'builder' ? ['--cap-drop', 'ALL'] : ['--cap-add', 'ALL']),
    ...(setup.filter === undefined ? [] : ['--seccomp', String(setup.filter)]),
    ...['--chdir', buildFolder],
    '--clearenv',
    ...Object.entries(setup.environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

const mountOptions = { 'read-only': '--ro-bind', writable: '--bind' } as const;

function mountArguments(mount: Mount): readonly string[] {
  return mount.kind === 'link'
    ? ['--symlink', mount.target, mount.to]
    : [mountOptions[mount.kind], mount.from, mount.to];
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
  /** Of each file. */
  readonly fileBytes: number;
  /** Of each process; absent where a control group counts them together. */
  readonly memoryBytes?: number;
  readonly processes?: number;
}

/** Outside of any range that distributions give to people or containers; one namespace has 65536 users. */
export const installerUsers = { first: 1_878_982_656, count: 65_536 } as const;

const nobody = 65_534;

/**
 * The chain of programs around bubblewrap: into the control group, limits, and another identity where this process is
 * root, so that the user that files belong to is never the one that a build runs as.
 */
export function launchCommand(
  sandbox: readonly string[],
  limits: LaunchLimits,
  who: { readonly root: boolean; readonly group: readonly string[]; readonly identity: Identity },
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
    `--fsize=${limits.fileBytes}`,
    ...(limits.memoryBytes === undefined ? [] : [`--as=${limits.memoryBytes}`]),
    ...(limits.processes === undefined ? [] : [`--nproc=${limits.processes}`]),
    '--',
    ...(who.root ? become(who.identity === 'builder' ? nobody : installerUsers.first) : []),
    'bwrap',
    ...sandbox,
  ];
}

function become(user: number): readonly string[] {
  return [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${user}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--no-new-privs',
    '--',
  ];
}
