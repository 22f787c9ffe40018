import type { BuildInputs } from '../../../model/index.ts';
import { inside } from './build-script.ts';
import { buildHost } from './sandbox-command.ts';

/**
 * Everything that would differ between two runs of the same build is fixed: host, times,
 * paths; see "Reproducible builds" in the rpm manual (`build_mtime_policy` is the newer name of the clamping).
 */
const fixedDefines: Readonly<Record<string, string>> = {
  _topdir: inside.top,
  _rpmdir: inside.output,
  _srcrpmdir: inside.output,
  _tmppath: '/builddir/tmp',
  _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
  _buildhost: buildHost,
  use_source_date_epoch_as_buildtime: '1',
  clamp_mtime_to_source_date_epoch: '1',
  build_mtime_policy: 'clamp_to_source_date_epoch',
  source_date_epoch_from_changelog: '0',
};

const definitions = (defines: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);

/** Packs a source package and builds nothing; what a build would require is not asked for. */
export const packingCommand = (specName: string): readonly string[] => [
  ...['rpmbuild', '-bs', '--nodeps'],
  ...definitions(fixedDefines),
  `${inside.specs}/${specName}`,
];

/** The command line of rpmbuild. */
export function rpmbuildCommand(
  inputs: BuildInputs,
  spec: { readonly name: string },
): readonly string[] {
  const { recipe } = inputs;
  const host = inputs.root.kind === 'host';
  const defines: Readonly<Record<string, string>> = {
    ...fixedDefines,
    ...(host ? {} : { _dbpath: '/var/lib/rpm' }),
    ...(recipe.dist === undefined ? {} : { dist: recipe.dist }),
    ...recipe.defines,
  };
  return [
    'rpmbuild',
    inputs.stage === 'prepare' ? '-bp' : '-ba',
    // The machine's own tools are in no package database that rpmbuild could ask.
    ...(host ? ['--nodeps'] : []),
    ...definitions(defines),
    ...recipe.with.flatMap((name) => ['--with', name]),
    ...recipe.without.flatMap((name) => ['--without', name]),
    ...recipe.args,
    `${inside.specs}/${spec.name}`,
  ];
}
