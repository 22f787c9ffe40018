import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildrootSpec, filesystemTree } from './buildroot-spec.ts';
import { type DebianPackage, debianClosure } from './debian-closure.ts';
import { makeGpg } from './gpg.ts';
import { makeUpstream } from './upstream.ts';

/** `small`: a shell and rpmbuild, enough for packages of scripts and data. `full`: a C compiler and make besides. */
export type BuildrootKind = 'small' | 'full';

const essential = [
  ...['bash', 'coreutils', 'dash', 'diffutils', 'file', 'findutils', 'grep', 'gzip'],
  ...['libpam-modules', 'mawk', 'patch', 'rpm', 'sed', 'tar', 'util-linux', 'xz-utils'],
];
const seeds: Readonly<Record<BuildrootKind, readonly string[]>> = {
  small: essential,
  full: [...essential, 'gcc', 'libc6-dev', 'make'],
};

/** Raised when the packages come out otherwise from the same Debian packages. */
const format = 3;
export const buildrootTime = 1_760_000_000;

export interface BuildrootRepository {
  /** A yum repository with signed metadata; ends without a slash. */
  readonly directory: string;
  /** Armored; signed metadata and packages. */
  readonly publicKey: string;
}

/**
 * A repository that a machine for building can be composed from with dnf: the installed Debian packages of that kind,
 * each repackaged as an RPM of the same name and version. Made once for each set of versions and kept in the temporary
 * folder; the same versions give the same packages, only the key that signs them is new each time they are made. A
 * buildroot is made by installing `rpm-build`.
 */
export function buildrootRepository(kind: BuildrootKind): BuildrootRepository {
  const packages = debianClosure(seeds[kind]);
  const versions = packages.map((p) => `${p.name}=${p.version}`).join('\n');
  const digest = createHash('sha256').update(`${format}\n${versions}`).digest('hex');
  const cached = join(ownFolder(), `${kind}-${digest.slice(0, 16)}`);
  if (!existsSync(cached)) make(cached, packages);
  return {
    directory: join(cached, 'repository'),
    publicKey: readFileSync(join(cached, 'key.asc'), 'utf8'),
  };
}

/** In the shared temporary folder only what belongs to this user is believed. */
function ownFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `sluice-buildroot-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid) throw new Error(`${folder} belongs to another user`);
  return folder;
}

/** Whoever is first gives it its name; the others drop theirs. */
function make(cached: string, packages: readonly DebianPackage[]): void {
  const work = mkdtempSync(`${cached}-new-`);
  const gpg = makeGpg();
  try {
    const built = repackage(join(work, 'build'), packages);
    const key = gpg.makeKey('buildroot', 'ed25519');
    key.signPackages(built);
    const directory = join(work, 'repository');
    makeUpstream({ directory, packages: built, key, revision: buildrootTime });
    writeFileSync(join(work, 'key.asc'), key.publicKey);
    rmSync(join(work, 'build'), { recursive: true });
    chmodSync(work, 0o755);
    try {
      renameSync(work, cached);
    } catch (error) {
      if (!existsSync(cached)) throw error;
    }
  } finally {
    gpg.dispose();
    rmSync(work, { recursive: true, force: true });
  }
}

/** One rpmbuild makes all of them: it packs subpackages side by side. */
function repackage(top: string, packages: readonly DebianPackage[]): readonly string[] {
  const tree = join(top, 'tree');
  filesystemTree(tree);
  const spec = join(top, 'buildroot.spec');
  writeFileSync(join(top, 'files'), packages.flatMap((p) => p.files.map(relative)).join(''));
  writeFileSync(spec, buildrootSpec(packages, essential));
  const output = join(top, 'rpms');
  const macros = {
    _topdir: top,
    _rpmdir: output,
    _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _buildhost: 'builder.example.org',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    _binary_payload: 'w1.zstdio',
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _build_id_links: 'none',
    buildroot_top: top,
  };
  const defines = Object.entries(macros).flatMap(([key, value]) => ['--define', `${key} ${value}`]);
  execFileSync('rpmbuild', ['-bb', '--quiet', ...defines, spec], {
    env: { ...process.env, LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: String(buildrootTime) },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  return readdirSync(output)
    .toSorted()
    .map((name) => join(output, name));
}

function relative(path: string): string {
  return `${path.slice(1)}\n`;
}
