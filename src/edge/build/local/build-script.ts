import { beginMark } from './unpack-output.ts';

/** Where things lie inside; fixed, so that no path in a package depends on the machine. */
export const inside = {
  source: '/builddir/in/source.src.rpm',
  spec: '/builddir/in/spec',
  patches: '/builddir/in/patches',
  top: '/builddir/rpmbuild',
  output: '/builddir/out',
} as const;

/**
 * Runs inside, before anything of the package does. The build writes its log into a pipe of ours, so that what it
 * leaves running in the background cannot keep the log open: that is ended before the results are packed.
 * Arguments: name of the spec, then the command of the build.
 */
const script = `set -u
printf ${beginMark} >&3
spec=$1; shift
mkdir -p ${inside.output} ${inside.top}/SOURCES ${inside.top}/SPECS tmp
mkfifo .log
cat .log 3>&- & reader=$!
exec 4>.log
status=0
unpack() {
  rpm --define '_topdir ${inside.top}' --define '_dbpath /builddir/rpmdb' -i ${inside.source} || return 1
  if [ -e ${inside.spec} ]; then cat ${inside.spec} >"${inside.top}/SPECS/$spec" || return 1; fi
  if [ -d ${inside.patches} ]; then cp ${inside.patches}/* ${inside.top}/SOURCES/ || return 1; fi
}
{ unpack && "$@"; } </dev/null >&4 2>&1 3>&- 4>&- || status=$?
for process in /proc/[0-9]*; do
  process=\${process#/proc/}
  case $process in 1|$$|$reader) ;; *) kill -9 "$process" 2>/dev/null ;; esac
done
exec 4>&-
wait $reader
tar -C ${inside.output} --format=gnu -cf - . >&3 || exit 125
exit $status
`;

export function insideCommand(specName: string, build: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', script, 'sh', specName, ...build];
}
