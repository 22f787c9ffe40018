import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { tool } from './tool.ts';
import { type VendorKey, withVendorKey } from './vendor-key.ts';
import { publishRepository } from './vendor-repository.ts';

/** The vendor's story so far. Each stage holds everything before it. */
export type VendorStage = 1 | 2 | 3 | 4;

export interface Vendor {
  /** The yum repository, an absolute directory; also what an upstream's `url` takes. */
  readonly url: string;
  /** The same for its source packages: of what can be built again. */
  readonly sources: string;
  /** Armored public key. */
  readonly keyFile: string;
  /** Full fingerprint, upper-case hex. */
  readonly fingerprint: string;
  /** File names of the packages on offer, sorted. */
  readonly packages: readonly string[];
}

interface Build {
  readonly spec: string;
  readonly version: string;
  /** Another number gives other bytes under the same NEVRA. */
  readonly build: number;
  readonly from: VendorStage;
  readonly until?: VendorStage;
  /** Its spec says all by itself, so its source package is of use to others. */
  readonly source?: true;
}

const builds: readonly Build[] = [
  { spec: 'example-base', version: '1.0', build: 1, from: 1 },
  { spec: 'hello', version: '1.0', build: 1, from: 1 },
  { spec: 'greeter', version: '1.0', build: 1, from: 1, source: true },
  { spec: 'tiny-tool', version: '1.0', build: 1, from: 1 },
  { spec: 'broken-tool', version: '1.0', build: 1, from: 1 },
  { spec: 'hello', version: '1.1', build: 1, from: 2 },
  { spec: 'tiny-tool', version: '2.0', build: 1, from: 2, until: 3 },
  { spec: 'broken-tool', version: '1.1', build: 1, from: 3 },
  { spec: 'tiny-tool', version: '2.0', build: 2, from: 4 },
];

const errata: readonly { readonly file: string; readonly from: VendorStage }[] = [
  { file: 'EXSA-2026-0001.xml', from: 2 },
  { file: 'EXSA-2026-0002.xml', from: 3 },
];

const specs = resolve(import.meta.dirname, '../../../examples/policy-repo/vendor');

/**
 * Builds and signs the example vendor's repository in `directory`, as it is at one stage: 1 the first content, 2 a
 * security update of hello and a plain update of tiny-tool, 3 an update that breaks closure, 4 tiny-tool 2.0 built again
 * under the same NEVRA. Key and packages that exist there are kept, so going on to the next stage adds to the last;
 * the revision only grows.
 */
export async function buildVendor(directory: string, stage: VendorStage): Promise<Vendor> {
  await mkdir(directory, { recursive: true });
  return withVendorKey(directory, async (key) => {
    const wanted = builds.filter((b) => b.from <= stage && stage <= (b.until ?? 4));
    const files: string[] = [];
    for (const build of wanted) files.push(...(await builtPackages(directory, build, key)));
    const sources = files.filter((file) => file.endsWith('.src.rpm'));
    const packages = files.filter((file) => !sources.includes(file));
    const texts = await Promise.all(
      errata
        .filter((erratum) => erratum.from <= stage)
        .map((erratum) => readFile(join(specs, erratum.file), 'utf8')),
    );
    const repository = { key, errata: texts };
    return {
      url: await publishRepository(join(directory, 'repo'), packages, repository),
      sources: await publishRepository(join(directory, 'source'), sources, { key, errata: [] }),
      keyFile: key.publicFile,
      fingerprint: key.fingerprint,
      packages: packages.map((file) => basename(file)).toSorted(),
    };
  });
}

/** The signed packages of one build; built once. */
async function builtPackages(
  directory: string,
  build: Build,
  key: VendorKey,
): Promise<readonly string[]> {
  const label = `${build.spec}-${build.version}-${build.build}`;
  const target = join(directory, 'built', label);
  const existing = await readdir(target).catch(() => []);
  if (existing.length > 0) return existing.toSorted().map((name) => join(target, name));

  const top = join(directory, 'building');
  await rm(top, { recursive: true, force: true });
  await mkdir(top, { recursive: true });
  const define = (name: string, value: string) => ['--define', `${name} ${value}`];
  await tool(
    'rpmbuild',
    [
      ...[build.source ? '-ba' : '-bb', '--quiet', '--target', 'x86_64'],
      ...define('_topdir', top),
      ...define('_rpmdir', join(top, 'out')),
      ...define('_srcrpmdir', join(top, 'out')),
      ...define('_sourcedir', specs),
      ...define('_build_name_fmt', '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm'),
      ...define('_buildhost', 'build.example.org'),
      // Nothing here is a binary to strip, and the strip scripts need packages of their own.
      ...define('__os_install_post', '%{nil}'),
      ...define('debug_package', '%{nil}'),
      ...define('version_wanted', build.version),
      ...define('build_wanted', String(build.build)),
      join(specs, `${build.spec}.spec`),
    ],
    { env: { HOME: top } },
  );
  const made = (await readdir(join(top, 'out'))).toSorted();
  await tool('rpmsign', [
    '--addsign',
    // The default on Debian names a gpg2 that does not exist.
    ...define('__gpg', '/usr/bin/gpg'),
    ...define('_gpg_name', key.fingerprint),
    ...define('_gpg_path', key.home),
    ...made.map((name) => join(top, 'out', name)),
  ]);
  await mkdir(join(directory, 'built'), { recursive: true });
  await rename(join(top, 'out'), target);
  await rm(top, { recursive: true, force: true });
  return made.map((name) => join(target, name));
}
