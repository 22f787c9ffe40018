import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildFile, PatchTrial } from '../../../model/index.ts';
import { inside } from './build-script.ts';

const said = 'patches.txt';
const maxBytes = 1 << 20;

/**
 * Stands in for `patch` inside: each patch may be as fuzzy as `patch` alone allows, and one that does not fit does not
 * keep the next from being tried. Says of each one: its digest, the exit code, the fuzz that it took and the fuzz that
 * was allowed, and whether it was applied already.
 */
const patchProgram = `#!/bin/sh
allowed=2
quiet=
next=
for argument; do
  case $argument in -i*|--input*) exec /usr/bin/patch "$@" ;; esac
done
for argument; do
  shift
  case $next in fuzz) allowed=$argument ;; esac
  next=
  case $argument in
    -s|--quiet|--silent) quiet=1; continue ;;
    --fuzz=*) allowed=\${argument#--fuzz=} ;;
    -F) next=fuzz ;;
    -F*) allowed=\${argument#-F} ;;
  esac
  set -- "$@" "$argument"
done
file=$(mktemp)
cat >"$file"
digest=$(sha256sum <"$file")
status=0
said=$(/usr/bin/patch "$@" --fuzz=2 <"$file" 2>&1) || status=$?
fuzz=$(printf '%s\\n' "$said" | sed -n 's/.* with fuzz \\([0-9]*\\).*/\\1/p' | sort -n | tail -n 1)
present=no
if [ $status != 0 ] && /usr/bin/patch "$@" -R -f --fuzz=0 --dry-run <"$file" >/dev/null 2>&1; then present=yes; fi
echo "\${digest%% *} $status \${fuzz:-0} $allowed $present" >>${inside.output}/${said}
[ -n "$quiet" ] && [ "$status" = 0 ] || printf '%s\\n' "$said"
rm -f "$file"
exit 0
`;

/** The command that prepares the sources with that program in front of the real one. */
export function patchTrialCommand(rpmbuild: readonly string[]): readonly string[] {
  const script = `mkdir -p bin && cat >bin/patch <<'PATCH' && chmod +x bin/patch && PATH=$PWD/bin:$PATH exec "$@"
${patchProgram}PATCH
`;
  const [program = '', ...rest] = rpmbuild;
  return ['/bin/sh', '-c', script, 'sh', program, '--define', '__patch patch', ...rest];
}

/** What it said of the patches of a recipe. A package could say anything there: it is told to people and decides nothing. */
export async function patchTrials(
  outputDirectory: string,
  patches: readonly BuildFile[],
): Promise<readonly PatchTrial[]> {
  const path = join(outputDirectory, said);
  const sizeBytes = await stat(path).then(
    (s) => s.size,
    () => 0,
  );
  const text = sizeBytes > 0 && sizeBytes <= maxBytes ? await readFile(path, 'utf8') : '';
  const lines = new Map(
    text.split('\n').map((line) => [line.split(' ')[0] ?? '', line.split(' ')] as const),
  );
  return patches.map(({ path: name, sha256 }) => ({ path: name, fit: fitOf(lines.get(sha256)) }));
}

function fitOf(line: readonly string[] | undefined): PatchTrial['fit'] {
  if (line === undefined) return 'unseen';
  const [, status, fuzz, allowed, present] = line;
  if (present === 'yes') return 'present';
  if (status !== '0') return 'fails';
  if (fuzz === '0') return 'fits';
  return Number(fuzz) <= Number(allowed) ? 'fuzzy' : 'too-fuzzy';
}
