import { beginMark } from './unpack-output.ts';

/** Where things lie inside; fixed, so that no path in a package depends on the machine. */
export const inside = {
  source: '/builddir/in/source.src.rpm',
  spec: '/builddir/in/spec',
  patches: '/builddir/in/patches',
  top: '/builddir/rpmbuild',
  sources: '/builddir/rpmbuild/SOURCES',
  specs: '/builddir/rpmbuild/SPECS',
  output: '/builddir/out',
} as const;

/**
 * Runs inside, before anything of the package does. The build writes its log into a pipe of ours, so that what it
 * leaves running in the background cannot keep the log open: that is ended before the results are packed.
 * `prepare` is a shell function of that name. Arguments: name of the spec, then the command of the build.
 */
const scriptWith = (prepare: string): string => `set -u
printf ${beginMark} >&3
spec=$1; shift
mkdir -p ${inside.output} ${inside.sources} ${inside.specs} tmp
mkfifo .log
cat .log 3>&- & reader=$!
exec 4>.log
status=0
${prepare}
{ prepare && "$@"; } </dev/null >&4 2>&1 3>&- 4>&- || status=$?
for process in /proc/[0-9]*; do
  process=\${process#/proc/}
  case $process in 1|$$|$reader) ;; *) kill -9 "$process" 2>/dev/null ;; esac
done
exec 4>&-
wait $reader
tar -C ${inside.output} --format=gnu -cf - . >&3 || exit 125
exit $status
`;

const unpack = `prepare() {
  rpm --define '_topdir ${inside.top}' --define '_dbpath /builddir/rpmdb' -i ${inside.source} || return 1
  if [ -e ${inside.spec} ]; then cat ${inside.spec} >"${inside.specs}/$spec" || return 1; fi
  if [ -d ${inside.patches} ]; then cp ${inside.patches}/* ${inside.sources}/ || return 1; fi
}`;

export function insideCommand(specName: string, build: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', scriptWith(unpack), 'sh', specName, ...build];
}

/** Rights and times as git has them, whatever the sandbox gave the files that came in. */
const settle = (executables: readonly string[]): string => `prepare() {
  cd ${inside.sources} || return 1
  find . ${inside.specs} -type f -exec chmod 644 {} + || return 1
  ${executables.length === 0 ? ':' : `chmod 755 ${executables.map((name) => `'./${name}'`).join(' ')}`} || return 1
  find . ${inside.specs} -type f -exec touch -d "@$SOURCE_DATE_EPOCH" {} + || return 1
  cd /builddir
}`;

/** Packs what lies in the folders of specs and sources already; the names hold no quotes. */
export function packCommand(
  specName: string,
  {
    executables,
    pack,
  }: { readonly executables: readonly string[]; readonly pack: readonly string[] },
): readonly string[] {
  return ['/bin/sh', '-c', scriptWith(settle(executables)), 'sh', specName, ...pack];
}
