import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { GpgKey } from './gpg.ts';

/** What a test wants of one package; rpmbuild makes the rest. */
export interface PackageRecipe {
  readonly name: string;
  readonly version?: string;
  readonly release?: string;
  readonly epoch?: number;
  /** `src` builds the source package instead. */
  readonly arch?: 'noarch' | 'x86_64' | 'aarch64' | 'src';
  readonly vendor?: string;
  /** Lines for the preamble: `Requires: b >= 2`. */
  readonly lines?: readonly string[];
  /** Text of the package's only file. */
  readonly content?: string;
  readonly buildTime?: number;
}

/** Builds packages with the real rpmbuild (about 0.1 s each) and gives their paths, in order. */
export function buildPackages(
  directory: string,
  recipes: readonly PackageRecipe[],
): readonly string[] {
  return recipes.map((recipe) => buildPackage(directory, recipe));
}

function buildPackage(directory: string, recipe: PackageRecipe): string {
  const { name, version = '1', release = '1', arch = 'noarch' } = recipe;
  const top = join(directory, `build-${name}-${version}-${release}`);
  mkdirSync(top, { recursive: true });
  const spec = join(top, `${name}.spec`);
  writeFileSync(spec, specOf(recipe));
  const macros = {
    _topdir: top,
    _rpmdir: directory,
    _srcrpmdir: directory,
    _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _buildhost: 'builder.example.org',
    use_source_date_epoch_as_buildtime: '1',
  };
  const defines = Object.entries(macros).flatMap(([key, value]) => ['--define', `${key} ${value}`]);
  const target = arch === 'src' || arch === 'noarch' ? [] : ['--target', arch];
  execFileSync('rpmbuild', [arch === 'src' ? '-bs' : '-bb', ...defines, ...target, spec], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(recipe.buildTime ?? 1_760_000_000) },
    stdio: 'pipe',
  });
  rmSync(top, { recursive: true });
  return join(directory, `${name}-${version}-${release}.${arch}.rpm`);
}

function specOf(recipe: PackageRecipe): string {
  const { name, version = '1', release = '1', epoch, arch = 'noarch' } = recipe;
  const preamble = [
    `Name: ${name}`,
    `Version: ${version}`,
    `Release: ${release}`,
    ...(epoch === undefined ? [] : [`Epoch: ${epoch}`]),
    `Summary: ${name} for tests`,
    'License: MIT',
    ...(arch === 'noarch' ? ['BuildArch: noarch'] : []),
    ...(recipe.vendor === undefined ? [] : [`Vendor: ${recipe.vendor}`]),
    ...(recipe.lines ?? []),
  ];
  const folder = `/usr/share/${name}`;
  const content = recipe.content ?? `${name} ${version}-${release}`;
  return [
    ...preamble,
    `%description`,
    `${name}`,
    `%install`,
    `mkdir -p %{buildroot}${folder}`,
    `cat > %{buildroot}${folder}/data <<'END'`,
    content,
    'END',
    `%files`,
    folder,
    '',
  ].join('\n');
}

export interface UpstreamRecipe {
  /** Made anew: whatever was there is gone. */
  readonly directory: string;
  /** Package files, put into `Packages/`. */
  readonly packages: readonly string[];
  /** Signs repomd.xml; unsigned without. */
  readonly key?: GpgKey;
  /** Text of updateinfo.xml. */
  readonly updateinfo?: string;
  /** Text of comps.xml. */
  readonly comps?: string;
  /** Text of modules.yaml. */
  readonly modules?: string;
  /** `<revision>` and every timestamp, seconds since 1970. */
  readonly revision?: number;
  /** More arguments for createrepo_c. */
  readonly args?: readonly string[];
}

/** A repository as a vendor makes it: createrepo_c, modifyrepo_c, a detached signature by gpg. */
export function makeUpstream(recipe: UpstreamRecipe): string {
  const { directory, revision = 1_760_000_000 } = recipe;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'Packages'), { recursive: true });
  for (const path of recipe.packages) {
    copyFileSync(path, join(directory, 'Packages', basename(path)));
  }
  makeMetadata(recipe, revision);
  if (recipe.key !== undefined) signMetadata(directory, recipe.key);
  return `${directory}/`;
}

function makeMetadata(recipe: UpstreamRecipe, revision: number): void {
  const { directory } = recipe;
  const stamps = ['--revision', String(revision), '--set-timestamp-to-revision'];
  const args = ['-q', '--no-database', ...stamps, ...(recipe.args ?? [])];
  execFileSync('createrepo_c', [...args, directory], { stdio: 'pipe' });
  const extras = [
    ['updateinfo', 'updateinfo.xml', recipe.updateinfo],
    ['group', 'comps.xml', recipe.comps],
    ['modules', 'modules.yaml', recipe.modules],
  ] as const;
  for (const [type, name, text] of extras) {
    if (text === undefined) continue;
    const file = join(directory, name);
    writeFileSync(file, text);
    const repodata = join(directory, 'repodata');
    execFileSync('modifyrepo_c', ['--mdtype', type, file, repodata], { stdio: 'pipe' });
    rmSync(file);
  }
  // modifyrepo_c stamps with the time of day.
  const repomd = join(directory, 'repodata/repomd.xml');
  const text = readFileSync(repomd, 'utf8');
  writeFileSync(repomd, text.replace(/<timestamp>\d+</g, `<timestamp>${revision}<`));
}

export function signMetadata(directory: string, key: GpgKey): void {
  key.signFile(join(directory, 'repodata/repomd.xml'));
}

/** A small updateinfo.xml: id and the packages it lists, `name-version-release.arch`. */
export function updateinfoText(
  advisories: readonly { readonly id: string; readonly packages: readonly string[] }[],
): string {
  const element = ({ id, packages }: (typeof advisories)[number]): string => `
  <update from="security@example.org" status="final" type="security" version="1">
    <id>${id}</id><title>${id}</title><issued date="2026-01-02 03:04:05"/>
    <severity>Important</severity><description>mends it</description>
    <pkglist><collection short="c"><name>c</name>${packages.map(packageElement).join('')}
    </collection></pkglist>
  </update>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<updates>${advisories.map(element).join('')}\n</updates>\n`;
}

function packageElement(text: string): string {
  const [, name, version, release, arch] = /^(.+)-([^-]+)-([^-]+)\.([^.]+)$/.exec(text) ?? [];
  return `
      <package name="${name}" version="${version}" release="${release}" epoch="0" arch="${arch}">
        <filename>${text}.rpm</filename></package>`;
}
