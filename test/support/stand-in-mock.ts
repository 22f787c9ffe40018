import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mockBuilder } from '../../src/edge/build/mock/index.ts';
import type { BuildInputs, SnapshotId } from '../../src/model/index.ts';
import { type BuildWorld, buildWorld } from './build-world.ts';

/**
 * A program in mock's place: it knows which options mock(1) documents, writes the files that mock would, and ends as it
 * is told. It builds nothing, so it proves nothing about mock itself.
 */
export interface StandInMock extends Pick<BuildWorld, 'build'> {
  readonly root: BuildInputs['root'];
  readonly template: string;
  /** A place for what behaviours write. */
  readonly folder: string;
  /** Shell lines that run in place of the build; `$results` is the result folder. */
  behave(lines: string): void;
  /** Command lines so far, without the program. */
  calls(): readonly (readonly string[])[];
  dispose(): void;
}

const program = (folder: string) => `#!/bin/sh
printf '%s\\n' "$@" '' >>${folder}/calls
for argument; do
  case $argument in
    --root=/*.cfg|--resultdir=/*|--spec=/*|--sources=/*|--with=*|--without=*) ;;
    --rpmbuild-opts=*|--cleanup-after|--nocheck|--buildsrpm|--rebuild|/*.src.rpm) ;;
    *) echo "no such option: $argument" >&2; exit 5 ;;
  esac
  case $argument in --resultdir=*) results=\${argument#*=} ;; --buildsrpm) : >"$results/sample-1.0-1.src.rpm"; exit 0 ;; esac
done
. ${folder}/behaviour
`;

export const usualBehaviour = `echo 'rpmbuild was here' >"$results/build.log"
echo 'bash-5.1-2.x86_64 1 2 3 4 tools' >"$results/installed_pkgs.log"
: >"$results/sample-1.0-1.noarch.rpm"
`;

export function standInMock(): StandInMock {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mock-'));
  const calls = join(folder, 'calls');
  const file = join(folder, 'mock');
  writeFileSync(file, program(folder), { mode: 0o755 });
  writeFileSync(join(folder, 'behaviour'), usualBehaviour);
  writeFileSync(calls, '');
  const template = join(folder, 'site.tpl');
  writeFileSync(template, "config_opts['chroot_setup_cmd'] = 'install rpm-build'\n");
  const repository = { id: 'tools', directory: '/state/generations/tools/1/x86_64', keys: ['KEY'] };
  const world = buildWorld(mockBuilder({ template, program: file }), [repository]);
  const content = `sha256:${'c'.repeat(64)}` as SnapshotId;
  return {
    root: { kind: 'channels', channels: [{ name: 'tools', content }] },
    folder,
    template,
    build: world.build,
    behave: (lines) => writeFileSync(join(folder, 'behaviour'), lines),
    calls: () =>
      readFileSync(calls, 'utf8')
        .split('\n\n')
        .filter((call) => call !== '')
        .map((call) => call.split('\n')),
    dispose: () => {
      world.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
