import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Gpg, type GpgKey, makeGpg } from './gpg.ts';
import { makeUpstream, updateinfoText } from './upstream.ts';

/** One source package of a vendor, as its spec and its sources are. */
export interface VendorSource {
  readonly name: string;
  readonly version: string;
  readonly spec: string;
  /** File name → text. */
  readonly sources?: Readonly<Record<string, string>>;
}

export interface SourceVendor {
  /** Repository of binary packages. */
  readonly binaries: string;
  /** Repository of source packages. */
  readonly sources: string;
  readonly keyFile: string;
  /** Builds and signs these, and offers them beside what was there. */
  offer(sources: readonly VendorSource[], advisories?: Parameters<typeof updateinfoText>[0]): void;
  /** A signed source package of somebody with the vendor's key, in a folder of its own. */
  sourcePackage(directory: string, source: VendorSource): string;
  dispose(): void;
}

/** A vendor with binary and source repositories, both signed, built with the real rpmbuild and dist tag `.vendor`. */
export function sourceVendor(directory: string): SourceVendor {
  mkdirSync(directory, { recursive: true });
  const gpg: Gpg = makeGpg();
  const key: GpgKey = gpg.makeKey('vendor');
  const keyFile = join(directory, 'vendor.asc');
  writeFileSync(keyFile, key.publicKey);
  const built = { binaries: join(directory, 'rpms'), sources: join(directory, 'srpms') };
  const offered = { binaries: join(directory, 'os'), sources: join(directory, 'source') };
  let revision = 1_760_000_000;
  return {
    ...offered,
    keyFile,
    offer: (sources, advisories = []) => {
      for (const source of sources) rpmbuild(directory, '-ba', source, built);
      revision += 1;
      for (const kind of ['binaries', 'sources'] as const) {
        const packages = readdirSync(built[kind]).map((name) => join(built[kind], name));
        key.signPackages(packages);
        const updateinfo =
          kind === 'binaries' && advisories.length > 0
            ? { updateinfo: updateinfoText(advisories) }
            : {};
        makeUpstream({ directory: offered[kind], packages, key, revision, ...updateinfo });
      }
    },
    sourcePackage: (target, source) => {
      const out = { binaries: target, sources: target };
      rpmbuild(directory, '-bs', source, out);
      const own = (n: string) => n.startsWith(`${source.name}-`) && n.endsWith('.src.rpm');
      const name = readdirSync(target).find(own) ?? '';
      key.signPackages([join(target, name)]);
      return join(target, name);
    },
    dispose: () => gpg.dispose(),
  };
}

function rpmbuild(
  directory: string,
  what: '-ba' | '-bs',
  source: VendorSource,
  out: { readonly binaries: string; readonly sources: string },
): void {
  const top = join(directory, 'top');
  for (const folder of [join(top, 'SOURCES'), out.binaries, out.sources]) {
    mkdirSync(folder, { recursive: true });
  }
  for (const [name, text] of Object.entries(source.sources ?? {})) {
    writeFileSync(join(top, 'SOURCES', name), text);
  }
  const spec = join(top, `${source.name}.spec`);
  writeFileSync(spec, source.spec);
  const macros = {
    ...{ _topdir: top, _rpmdir: join(top, 'out'), _srcrpmdir: join(top, 'out'), dist: '.vendor' },
    ...{ version_wanted: source.version, use_source_date_epoch_as_buildtime: '1' },
    _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
  };
  const defines = Object.entries(macros).flatMap(([k, v]) => ['--define', `${k} ${v}`]);
  // This machine's tools are in no database that rpmbuild could ask.
  execFileSync('rpmbuild', [what, '--quiet', '--nodeps', ...defines, spec], {
    env: { ...process.env, SOURCE_DATE_EPOCH: '1760000000' },
    stdio: 'pipe',
  });
  for (const name of readdirSync(join(top, 'out'))) {
    const target = name.endsWith('.src.rpm') ? out.sources : out.binaries;
    copyFileSync(join(top, 'out', name), join(target, name));
  }
  rmSync(top, { recursive: true });
}
