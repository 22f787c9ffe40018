import type { BuildOrder } from '../../../ports.ts';
import { unsuitable } from './obs-fault.ts';

/**
 * Lines at the top of the spec, in place of arguments for rpmbuild, which a build service starts with its own: what the
 * recipe sets, and what would differ between two runs of the same build.
 */
export function recipeLines({ key, inputs }: BuildOrder): readonly string[] {
  const { source, recipe, sourceDateEpoch } = inputs;
  const defines: Readonly<Record<string, string>> = {
    _buildhost: 'builder.invalid',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    build_mtime_policy: 'clamp_to_source_date_epoch',
    source_date_epoch_from_changelog: '0',
    ...(recipe.dist === undefined ? {} : { dist: recipe.dist }),
    ...Object.fromEntries(recipe.with.map((name) => [`_with_${name}`, `--with-${name}`])),
    ...Object.fromEntries(recipe.without.map((name) => [`_without_${name}`, `--without-${name}`])),
    ...recipe.defines,
  };
  return [
    `%{lua:posix.setenv("SOURCE_DATE_EPOCH", "${Math.floor(sourceDateEpoch)}")}`,
    // The service would name the project in each, which is another one each time.
    `%define disturl sluice:build:${key}`,
    ...['%undefine distribution', '%undefine vendor'],
    ...Object.entries(defines).map(([name, value]) => `%define ${name} ${value}`),
    ...recipe.args.flatMap((arg) => lineFor(source.nevra, arg)),
  ];
}

function lineFor(object: string, arg: string): readonly string[] {
  const undefined_ = /^--undefine=(\w+)$/.exec(arg)?.[1];
  if (undefined_ !== undefined) return [`%undefine ${undefined_}`];
  if (arg === '--nodebuginfo') return ['%define debug_package %{nil}'];
  // The service shows everything.
  if (arg === '--verbose') return [];
  throw unsuitable(object, 'a build service can be told the argument of rpmbuild', arg);
}
