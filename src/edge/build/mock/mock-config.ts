import { Fault } from '../../../model/index.ts';
import type { BuildOrder } from '../../../ports.ts';

/** Where the files of one build lie. */
export interface MockPlaces {
  /** The site's template: how a machine of its distribution is set up. Absolute. */
  readonly template: string;
  /** Files with the public keys of the order's repositories, in its order. */
  readonly keyFiles: readonly string[];
}

/**
 * The configuration of one build, which mock reads as a program (mock(1), "-r CONFIG"; the names are those of its
 * site-defaults.cfg). After the site's template come the repositories, which are all there are, and what makes two runs
 * equal. Throws `BuilderUnsuitable` for text that mock would take for a template of its own.
 */
export function mockConfig(order: BuildOrder, places: MockPlaces): string {
  const { inputs, limits } = order;
  const options: readonly (readonly [name: string, value: string | number | boolean])[] = [
    ["['root']", `sluice-${order.key.slice(0, 16)}`],
    ["['target_arch']", inputs.arch],
    ["['rpmbuild_networking']", false],
    ["['use_host_resolv']", false],
    ["['rpmbuild_timeout']", limits.seconds],
    ["['dnf.conf']", packageManagerConfig(order, places)],
    ["['yum.conf']", packageManagerConfig(order, places)],
    ["['environment']['SOURCE_DATE_EPOCH']", String(inputs.sourceDateEpoch)],
    // The name is of this build alone: nothing would be found in a cache again.
    ["['plugin_conf']['root_cache_enable']", false],
    ["['plugin_conf']['yum_cache_enable']", false],
    ["['plugin_conf']['package_state_enable']", true],
    ...Object.entries(macros(order)).map(
      ([name, value]) => [`['macros']['%${name}']`, value] as const,
    ),
  ];
  return [
    `include(${literal(places.template)})`,
    ...options.map(([name, value]) => `config_opts${name} = ${literal(value)}`),
    '',
  ].join('\n');
}

function macros({ inputs }: BuildOrder): Readonly<Record<string, string>> {
  const { recipe } = inputs;
  return {
    _buildhost: 'builder.invalid',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    build_mtime_policy: 'clamp_to_source_date_epoch',
    source_date_epoch_from_changelog: '0',
    ...(recipe.dist === undefined ? {} : { dist: recipe.dist }),
    ...recipe.defines,
  };
}

function packageManagerConfig(order: BuildOrder, { keyFiles }: MockPlaces): string {
  const main = [
    'reposdir=/dev/null',
    'install_weak_deps=0',
    'obsoletes=1',
    'assumeyes=1',
    'best=1',
  ];
  const repositories = order.repositories.flatMap(({ id, directory, keys, unsigned }, index) => {
    const checked = keys.length > 0 ? '1' : '0';
    return [
      `[${id}]`,
      `name=${id}`,
      `baseurl=file://${directory}`,
      `gpgcheck=${unsigned ? '0' : checked}`,
      `repo_gpgcheck=${checked}`,
      ...(keys.length > 0 ? [`gpgkey=file://${keyFiles[index]}`] : []),
    ];
  });
  return ['[main]', ...main, ...repositories, ''].join('\n');
}

/** In Python, JSON's strings are strings; its truth has other names. */
function literal(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string' && /\{[{%#]/.test(value)) {
    throw new Fault('BuilderUnsuitable', {
      object: 'mock',
      check: 'values do not look like the templates that mock expands ({{, {%, {#)',
      found: value.slice(0, 200),
      fix: 'Write the value differently, or give the policy another builder (build.builder).',
    });
  }
  return JSON.stringify(value);
}
