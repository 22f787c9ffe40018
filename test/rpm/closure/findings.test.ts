import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, type PackageDependencies, parseNevra } from '../../../src/model/index.ts';
import { dependencyIndex } from '../../../src/rpm/index.ts';
import { dependenciesOf, dnfOver, readRepository } from '../../support/repository.ts';
import { testdata, withTestdata } from '../../support/testdata.ts';
import { buildPackages, makeUpstream, type PackageRecipe } from '../../support/upstream.ts';

let top = '';
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'sluice-closure-'));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** A package as text: `name-1-1.noarch`, what it requires, provides and holds. */
function made(
  label: string,
  parts: {
    requires?: readonly string[];
    provides?: readonly string[];
    files?: readonly string[];
  } = {},
): PackageDependencies {
  const nevra = parseNevra(label);
  if (!nevra) throw new Error(label);
  const own = {
    name: nevra.name,
    flags: 'EQ',
    epoch: `${nevra.epoch}`,
    version: nevra.version,
  } as const;
  return {
    sha256: digestOf(label),
    nevra,
    requires: (parts.requires ?? []).map((name) => ({ name })),
    provides: [
      { ...own, release: nevra.release },
      ...(parts.provides ?? []).map((name) => ({ name })),
    ],
    files: parts.files ?? [],
  };
}

/** `nevra: requirement` of what the candidates lack, with others beside them; each package may come twice. */
function found(
  candidates: readonly PackageDependencies[],
  others: readonly PackageDependencies[] = [],
): readonly string[] {
  const index = dependencyIndex();
  const packages = new Map([...candidates, ...others].map((p) => [p.sha256, p]));
  for (const candidate of packages.values()) index.enter(candidate);
  for (const { sha256, files } of packages.values()) index.addFiles(sha256, files);
  const own = new Set(candidates.map((p) => p.sha256));
  return index
    .findings()
    .filter((f) => own.has(f.sha256))
    .map(({ nevra, requirement }) => `${nevra}: ${requirement}`);
}

describe('requirements that nothing meets', () => {
  it.each([
    // A alone, B alone, both, none
    ['(a and b)', 'no no yes no'],
    ['(a or b)', 'yes yes yes no'],
    ['(a if b)', 'yes no yes yes'],
    ['(a if b else c)', 'no no yes no'],
    ['(a unless b)', 'yes no yes no'],
    ['(a unless b else c)', 'yes no yes no'],
    ['(a with b)', 'no no no no'],
    ['(a without b)', 'yes no yes no'],
    ['(virtual with a)', 'no no yes no'],
    ['(a and', 'no no no no'],
  ])('%s with a, b, both, none: %s', (requirement, expected) => {
    const a = made('a-1-1.noarch', { provides: ['virtual'] });
    const b = made('b-1-1.noarch');
    const asking = made('x-1-1.noarch', { requires: [requirement] });
    const virtual = requirement.includes('virtual');
    const worlds = [virtual ? [] : [a], [b], [a, b], []];
    const answers = worlds.map((world) => (found([asking], world).length === 0 ? 'yes' : 'no'));
    expect(answers.join(' ')).toBe(expected);
  });

  it('a path is met by any file or provide', () => {
    const asking = made('x-1-1.noarch', {
      requires: ['/usr/bin/sh', '/opt/missing', '(/a or /b)'],
    });
    const shell = made('sh-1-1.x86_64', { files: ['/usr/bin/sh', '/usr/bin/zsh', '/b'] });
    expect(found([asking], [shell])).toEqual(['x-1-1.noarch: /opt/missing']);
  });

  it('another arch counts where one machine installs both', () => {
    const asking = (arch: string) => made(`x-1-1.${arch}`, { requires: ['lib'] });
    const lib = (arch: string) => made(`lib-1-1.${arch}`);
    expect(found([asking('x86_64')], [lib('i686')])).toEqual([]);
    expect(found([asking('noarch')], [lib('s390x')])).toEqual([]);
    expect(found([asking('aarch64')], [lib('noarch')])).toEqual([]);
    expect(found([asking('aarch64')], [lib('x86_64')])).toEqual(['x-1-1.aarch64: lib']);
    expect(found([asking('ppc64le')], [lib('ppc64')])).toEqual(['x-1-1.ppc64le: lib']);
    expect(found([asking('x86_64')], [lib('src')])).toEqual(['x-1-1.x86_64: lib']);
    expect(found([asking('src')])).toEqual([]);
  });

  it('is sorted, says each once and leaves rpm its own', () => {
    const b = made('b-1-1.noarch', { requires: ['z', 'y', 'z', 'rpmlib(PayloadIsZstd)', 'b'] });
    const a = made('a-1-1.noarch', { requires: ['z'] });
    expect(found([b, a])).toEqual(['a-1-1.noarch: z', 'b-1-1.noarch: y', 'b-1-1.noarch: z']);
  });

  it('asks for the paths that primary does not list', () => {
    const asking = made('x-1-1.noarch', { requires: ['/usr/bin/sh', '(lib and /opt/b)'] });
    const shell = made('sh-1-1.x86_64', { provides: ['lib'], files: ['/usr/bin/sh'] });
    const index = dependencyIndex();
    for (const one of [asking, shell]) index.enter(one);
    expect([...index.unlistedPaths()]).toEqual(['/opt/b']);
    expect(index.findings().map((f) => f.requirement)).toEqual(['(lib and /opt/b)']);
    for (let twice = 0; twice < 2; twice += 1) index.addFiles(shell.sha256, ['/opt/a', '/opt/b']);
    expect(index.findings()).toEqual([]);
  });
});

/** `name-1-1.noarch: requirement` for every unresolved one that a real dnf names. */
function dnfFindings(
  repositories: Readonly<Record<string, string>>,
  ...options: readonly string[]
): readonly string[] {
  let output = '';
  try {
    output = dnfOver(repositories, [...options, 'repoclosure']);
  } catch (error) {
    // dnf ends with 1 when it has found something.
    if (!(error instanceof Error && 'stdout' in error)) throw error;
    output = String(error.stdout);
  }
  const lines: string[] = [];
  let nevra = '';
  for (const line of output.split('\n')) {
    nevra = /^package: (\S+) from/.exec(line)?.[1] ?? nevra;
    const requirement = /^ {4}(\S.*)$/.exec(line)?.[1];
    if (requirement !== undefined) lines.push(`${nevra}: ${requirement}`);
  }
  // A package that is listed twice is named twice.
  return [...new Set(lines)].filter((line) => !/\.(no)?src: /.test(line)).toSorted();
}

async function ourFindings(paths: readonly string[]): Promise<readonly string[]> {
  const packages: PackageDependencies[] = [];
  for (const path of paths) packages.push(...dependenciesOf(await readRepository(path)));
  return found(packages).toSorted();
}

const corpus: readonly PackageRecipe[] = [
  {
    name: 'base',
    version: '2.0',
    release: '3',
    lines: ['Provides: feature = 5, plain-feature', 'Provides: ranged >= 3'],
  },
  { name: 'epochal', version: '1', epoch: 2 },
  { name: 'both', lines: ['Provides: one, two'] },
  { name: 'only-one', lines: ['Provides: one'] },
  { name: 'native', arch: 'x86_64', lines: ['Provides: lib.so.1()(64bit)'] },
  ...[
    'base',
    'base = 2.0',
    'base = 2.0-3',
    'base = 2.0-4',
    'base > 2.0',
    'base >= 2.0',
    'base < 2.0-3',
    'base <= 2.0-3',
    'base >= 1:1.0',
    'base = 2.0~rc1',
    'epochal = 1',
    'epochal = 2:1-1',
    'epochal > 1',
    'epochal < 9',
    'feature >= 4',
    'feature >= 6',
    'plain-feature >= 6',
    'ranged = 7',
    'ranged < 3',
    'ranged <= 3',
    'lib.so.1()(64bit)',
    'lib.so.2()(64bit)',
    '/usr/share/base/data',
    '/usr/share/base',
    '/usr/share/nothing',
    'missing',
    '(base or missing)',
    '(missing or absent)',
    '(base >= 3 or absent)',
    '(base and both)',
    '(missing and absent)',
    '(missing if base)',
    '(base if missing)',
    '(both if base else missing)',
    '(one with two)',
    '(one with base)',
    '(one without two)',
    '(two without one)',
    '((one or base) with two)',
    '(/usr/share/base/data or absent)',
    '(base >= 2.0-3 with feature = 5)',
  ].map((requirement, at) => ({ name: `asks-${at}`, lines: [`Requires: ${requirement}`] })),
];

/** What gets along with nobody, takes the place of others, or needs what has been replaced. */
const quarrels: readonly PackageRecipe[] = [
  { name: 'peace', lines: ['Provides: quiet = 2'] },
  { name: 'quarrel', lines: ['Conflicts: peace', 'Requires: peace'] },
  { name: 'itself', lines: ['Conflicts: itself < 9', 'Provides: self'] },
  { name: 'new-name', version: '3', lines: ['Obsoletes: old-name < 3'] },
  { name: 'old-name', version: '2', lines: ['Provides: only-old'] },
  { name: 'asks-old', lines: ['Requires: old-name = 2', 'Requires: only-old'] },
  { name: 'asks-renamed', lines: ['Requires: old-name >= 3'] },
  { name: 'obsoleted-and-asked', lines: ['Obsoletes: peace', 'Requires: quiet >= 2'] },
  { name: 'conflict-of-a-range', lines: ['Conflicts: quiet >= 2', 'Requires: quiet < 2'] },
  { name: 'asks-source', lines: ['Requires: only-source'] },
  { name: 'only-source', arch: 'src', lines: ['Requires: nothing-that-is-here'] },
  { name: 'path', lines: ['Requires: /usr/share/peace', 'Requires: /usr/share/peace/none'] },
  { name: 'weak', lines: ['Recommends: absent', 'Suggests: absent', 'Supplements: absent'] },
];

describe('the same list as dnf repoclosure', () => {
  it('where packages conflict, replace each other, or are sources', async () => {
    const packages = join(top, 'quarrels');
    mkdirSync(packages);
    const path = makeUpstream({
      directory: join(top, 'quarrel-repository'),
      packages: buildPackages(packages, quarrels),
    });
    const theirs = dnfFindings({ quarrels: path });
    expect(theirs).toEqual([
      'asks-renamed-1-1.noarch: old-name >= 3',
      'asks-source-1-1.noarch: only-source',
      'conflict-of-a-range-1-1.noarch: quiet < 2',
      'path-1-1.noarch: /usr/share/peace/none',
    ]);
    expect(await ourFindings([path])).toEqual(theirs);
  });

  it('on a corpus of ranges, paths and rich dependencies', async () => {
    const packages = join(top, 'packages');
    mkdirSync(packages);
    const path = makeUpstream({
      directory: join(top, 'corpus'),
      packages: buildPackages(packages, corpus),
    });
    const theirs = dnfFindings({ corpus: path });
    expect(theirs.length).toBeGreaterThan(12);
    expect(await ourFindings([path])).toEqual(theirs);
  });

  withTestdata('on real repositories', () => {
    it.each([
      ['xlibre-opensuse'],
      ['xlibre-opensuse/x86_64'],
      ['xlibre-opensuse-generations/ea2d3a9'],
      ['createrepo_c/repo_02'],
      ['createrepo_c/repo_04'],
      ['createrepo_c/repo_koji_01'],
      ['createrepo_c/repo_with_duplicate_packages'],
      ['librepo/test_data/repo_yum_02'],
      ['librepo/test_data/repo_yum_03'],
    ])('%s', async (path) => {
      expect(await ourFindings([testdata(path)])).toEqual(dnfFindings({ real: testdata(path) }));
    });

    it('over every module stream, not only over those that a machine has enabled', async () => {
      const assets = testdata('pulp-fixtures/rpm/assets-modularity');
      const names = readdirSync(assets)
        .filter((name) => name.endsWith('.rpm'))
        .toSorted();
      const packages = names.filter((_, at) => at % 3 > 0).map((name) => join(assets, name));
      const directory = join(top, 'modular');
      makeUpstream({
        directory,
        packages,
        modules: readFileSync(join(assets, 'modules.yaml'), 'utf8'),
      });
      const ours = await ourFindings([directory]);
      const everyStream = '--setopt=modular.module_hotfixes=True';
      expect(ours).toEqual(dnfFindings({ modular: directory }, everyStream));
      const defaults = dnfFindings({ modular: directory });
      expect(ours.length).toBeGreaterThan(defaults.length);
      expect(defaults.filter((line) => !ours.includes(line))).toEqual([]);
    });

    it.each(['pulp-fixtures/rpm/assets', 'pulp-fixtures/rpm/assets-modularity'])(
      'every second package of %s',
      async (path) => {
        const names = readdirSync(testdata(path)).filter((name) => name.endsWith('.rpm'));
        const some = names.toSorted().filter((_, at) => at % 2 === 0);
        const packages = some.map((name) => join(testdata(path), name));
        const directory = join(top, basename(path));
        makeUpstream({ directory, packages });
        const theirs = dnfFindings({ real: directory });
        expect(theirs).not.toEqual([]);
        expect(await ourFindings([directory])).toEqual(theirs);
      },
    );
  });
});
