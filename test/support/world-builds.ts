import {
  type BuildRecord,
  digestOf,
  type PackageEntry,
  type PatchTrial,
  type Policy,
  type PolicyBuild,
  parseNevra,
  type StepOf,
} from '../../src/model/index.ts';
import type { ModelWorld } from './world.ts';
import { pkg } from './world-packages.ts';

/** What a build comes to: the names of its packages, how patches fit where they are tried, or why it failed. */
export type BuildEnd =
  | readonly string[]
  | { readonly fits: PatchTrial['fit'] }
  | { readonly failed: string; readonly missing?: readonly string[] };

const ends = new WeakMap<ModelWorld, Map<string, BuildEnd>>();
const made = new WeakMap<ModelWorld, string[]>();

/** From now on builds of this source package end so; the others bring one package of the source's name. */
export function buildsEnd(w: ModelWorld, source: string, end: BuildEnd): void {
  const known = ends.get(w) ?? new Map<string, BuildEnd>();
  ends.set(w, known.set(source, end));
}

/** Every build that was made, as `source arch`. */
export const buildsMade = (w: ModelWorld): readonly string[] => made.get(w) ?? [];

/** Builds at once, and remembers it as the journal does. */
export function runBuild(w: ModelWorld, step: StepOf<'build'>): void {
  const { inputs, key, attempt } = step;
  const what = inputs.stage === 'prepare' ? 'patches only' : inputs.arch;
  made.set(w, [...buildsMade(w), `${inputs.source.nevra} ${what}`]);
  const known = w.state.builds.get(key);
  const records = [...(known?.records ?? []), recordOf(w, { inputs, key, attempt })];
  w.state.builds.set(key, { key, inputs, records });
}

function recordOf(
  w: ModelWorld,
  { inputs, key, attempt }: Pick<StepOf<'build'>, 'inputs' | 'key' | 'attempt'>,
): BuildRecord {
  const name = parseNevra(inputs.source.nevra)?.name ?? '';
  const end = ends.get(w)?.get(name) ?? [name];
  const base = { key, inputs, attempt, startedAt: w.state.now, endedAt: w.state.now };
  const log = digestOf(`log ${key}`);
  if (inputs.stage === 'prepare' && !('failed' in end)) {
    const fit = 'fits' in end ? end.fits : 'fits';
    const patches = inputs.recipe.patches.map(({ path }) => ({ path, fit }));
    return { ...base, log, outcome: 'prepared', patches };
  }
  if ('failed' in end) {
    const fault = { code: 'BuildFailed' as const, object: name, check: end.failed, fix: '' };
    const missing = end.missing === undefined ? {} : { missing: end.missing };
    return { ...base, log, outcome: 'failed', fault, ...missing };
  }
  const packages = ('fits' in end ? [name] : end).map((n) => builtPackage(n, inputs, key));
  return { ...base, log, outcome: 'built', packages, provenance: digestOf(`provenance ${key}`) };
}

/** `name` or `name.arch`, with the source's version and the dist tag behind its release. */
function builtPackage(text: string, inputs: BuildRecord['inputs'], key: string): PackageEntry {
  const source = parseNevra(inputs.source.nevra);
  if (!source) throw new Error(inputs.source.nevra);
  const [name = '', arch = inputs.arch] = text.split('.');
  const release = `${source.release}${inputs.recipe.dist ?? ''}`;
  const label = `${name}-${source.version}-${release}`;
  const entry = pkg(`${label}.${arch} ${key}`, `${source.name}-${source.version}-${release}`);
  return { ...entry, buildTime: inputs.sourceDateEpoch };
}

const plain: PolicyBuild = {
  ...{ patches: [], defines: {}, with: [], without: [], args: [], priority: 0, asks: {} },
  ...{
    alsoMakes: [],
    leavesOut: [],
    params: {},
    builder: 'local',
    root: 'host',
    arches: [],
    dist: '.site',
  },
  limits: { seconds: 60, memoryBytes: 1e9, processes: 100, diskBytes: 1e9, logBytes: 1e6 },
};

/** A policy that builds these source packages. */
export function building(
  w: ModelWorld,
  names: readonly string[],
  more: Partial<Omit<Policy, 'build'>> & { readonly build?: Partial<PolicyBuild> } = {},
): ModelWorld {
  const { build, name = 'built', ...rest } = more;
  return w.policy(name, {
    match: { packages: names, upstreams: [], severity: [] },
    ...{ priority: 10, action: 'rebuild', build: { ...plain, ...build } },
    ...rest,
  });
}
