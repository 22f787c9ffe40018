import { beginMark } from './unpack-output.ts';

/** Where things lie while a root is composed. */
export const composing = {
  target: '/target',
  config: '/builddir/in/dnf.conf',
  macros: '/builddir/.rpmmacros',
  output: '/builddir/out',
} as const;

/** What every build may take for granted, where a distribution has it: its group `buildsys-build`. */
const usual = [
  ...['bash', 'bzip2', 'cpio', 'diffutils', 'findutils', 'gawk', 'grep', 'gzip', 'info'],
  ...['redhat-rpm-config', 'sed', 'shadow-utils', 'system-release', 'unzip', 'util-linux'],
  ...['which', 'xz'],
];

/** What rpmbuild and our own script need. */
const needed = ['rpm-build', 'coreutils', '/bin/sh', '/usr/bin/tar', '/usr/bin/patch'];

/** What dnf says after this line is about requirements. */
export const requirementsMark = '[sluice: installing what the build requires]';

/**
 * Installs packages into the target, then lists them and makes the folders that a sandbox mounts over. dnf's own exit
 * code is the script's: 1 also where something asked for does not exist.
 */
const script = `printf ${beginMark} >&3
mkdir -p ${composing.output}
install() { dnf --releasever=1 -c ${composing.config} --installroot=${composing.target} -y "$@"; }
compose() {
  install --setopt=strict=0 install ${usual.join(' ')} || [ $? -eq 1 ] || return
  echo '${requirementsMark}'
  install install ${needed.join(' ')} "$@" || return
  cd ${composing.target} || return
  mkdir -p builddir tmp var/tmp proc dev || return
  grep -q '^builder:' etc/passwd || echo 'builder:x:1000:1000:builder:/builddir:/bin/sh' >>etc/passwd
  grep -q '^builder:' etc/group || echo 'builder:x:1000:' >>etc/group
  rpm --root ${composing.target} -qa --qf '%{NAME}-%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}.%{ARCH}\\n' >${composing.output}/packages || return
  rm -rf ${composing.target}/var/cache/dnf ${composing.target}/var/log/dnf*
}
compose "$@" </dev/null 2>&1 3>&-
status=$?
tar -C ${composing.output} --format=gnu -cf - . >&3 2>/dev/null
exit $status
`;

export function composeCommand(requirements: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', script, 'sh', ...requirements];
}
