import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dependency, PackageDetail } from '../../src/model/index.ts';
import { packageHeadLength, readPackageHead } from '../../src/rpm/index.ts';
import { inspectPackage } from '../../src/rpm/package-scan.ts';
import {
  child,
  createrepo,
  type Described,
  type Element,
  packageFiles,
} from '../support/createrepo.ts';
import { testdata, withTestdata } from '../support/testdata.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-detail-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Our detail, in the shape of what createrepo_c writes. */
function ours(detail: PackageDetail) {
  return {
    primary: {
      name: detail.name,
      arch: detail.arch,
      version: { epoch: `${detail.epoch}`, ver: detail.version, rel: detail.release },
      summary: detail.summary,
      description: detail.description,
      packager: detail.packager,
      url: detail.url,
      build: `${detail.buildTime}`,
      size: {
        package: `${detail.sizeBytes}`,
        installed: `${detail.installedSizeBytes}`,
        archive: `${detail.archiveSizeBytes}`,
      },
      license: detail.license,
      vendor: detail.vendor,
      group: detail.group,
      buildhost: detail.buildHost,
      sourcerpm: detail.sourceRpm ?? '',
      range: { start: `${detail.headerStart}`, end: `${detail.headerEnd}` },
      provides: detail.provides.map(attributesOf),
      requires: detail.requires.map(attributesOf),
      conflicts: detail.conflicts.map(attributesOf),
      obsoletes: detail.obsoletes.map(attributesOf),
      suggests: detail.suggests.map(attributesOf),
      enhances: detail.enhances.map(attributesOf),
      recommends: detail.recommends.map(attributesOf),
      supplements: detail.supplements.map(attributesOf),
    },
    files: detail.files.map((f) => ({ type: f.type, path: f.path })),
    // createrepo_c writes the oldest first.
    changelogs: detail.changelogs
      .map((c) => ({ author: c.author, date: `${c.date}`, text: c.text }))
      .toReversed(),
  };
}

const attributesOf = (d: Dependency) => ({
  name: d.name,
  ...(d.flags === undefined ? {} : { flags: d.flags }),
  ...(d.epoch === undefined ? {} : { epoch: d.epoch }),
  ...(d.version === undefined ? {} : { ver: d.version }),
  ...(d.release === undefined ? {} : { rel: d.release }),
  ...(d.pre === true ? { pre: '1' } : {}),
});

function theirs({ primary, filelists, other }: Described): ReturnType<typeof ours> {
  const format = child(primary, 'format');
  const text = (parent: Element | undefined, name: string) => child(parent, name)?.text ?? '';
  const attributes = (parent: Element | undefined, name: string) =>
    child(parent, name)?.attributes ?? {};
  const entries = (name: string) =>
    (child(format, `rpm:${name}`)?.children ?? []).map(
      (e) => e.attributes,
    ) as unknown as ReturnType<typeof attributesOf>[];
  return {
    primary: {
      name: text(primary, 'name'),
      arch: text(primary, 'arch'),
      version: attributes(primary, 'version'),
      summary: text(primary, 'summary'),
      description: text(primary, 'description'),
      packager: text(primary, 'packager'),
      url: text(primary, 'url'),
      build: attributes(primary, 'time').build,
      size: attributes(primary, 'size'),
      license: text(format, 'rpm:license'),
      vendor: text(format, 'rpm:vendor'),
      group: text(format, 'rpm:group'),
      buildhost: text(format, 'rpm:buildhost'),
      sourcerpm: text(format, 'rpm:sourcerpm'),
      range: attributes(format, 'rpm:header-range'),
      provides: entries('provides'),
      requires: entries('requires'),
      conflicts: entries('conflicts'),
      obsoletes: entries('obsoletes'),
      suggests: entries('suggests'),
      enhances: entries('enhances'),
      recommends: entries('recommends'),
      supplements: entries('supplements'),
    },
    files: filelists.children
      .filter((e) => e.name === 'file')
      .map((e) => ({ type: e.attributes.type ?? 'file', path: e.text })),
    changelogs: other.children
      .filter((e) => e.name === 'changelog')
      .map((e) => ({ author: e.attributes.author, date: e.attributes.date, text: e.text })),
  } as ReturnType<typeof ours>;
}

/** Copies packages apart from each other, as several have the same file name, and asks createrepo_c. */
function describeAll(name: string, paths: readonly string[]) {
  const directory = join(work, name);
  for (const [n, path] of paths.entries()) {
    mkdirSync(join(directory, `${n}`), { recursive: true });
    copyFileSync(path, join(directory, `${n}`, basename(path)));
  }
  return createrepo(directory);
}

withTestdata('package detail of real packages', () => {
  const paths = packageFiles(testdata('.')).filter((path) => !/corrupted/.test(path));
  let described: ReadonlyMap<string, Described>;
  beforeAll(() => {
    described = describeAll('testdata', paths);
  });

  it('covers every package that createrepo_c accepts', () => {
    expect(paths.length).toBeGreaterThan(140);
    expect(described.size).toBeGreaterThan(130);
  });

  it.each(paths.map((path) => path.slice(testdata('.').length + 1)))('%s', (path) => {
    const bytes = readFileSync(testdata(path));
    const { detail } = inspectPackage(bytes, path);
    const theirWord = described.get(detail.sha256);
    // Nothing that createrepo_c accepts may be missing here, and the other way round.
    if (theirWord === undefined) throw new Error(`createrepo_c does not accept ${path}`);
    expect(ours(detail)).toEqual(theirs(theirWord));
  });
});

const spec = `
Name: rich
Epoch: 3
Version: 1.0~rc1
Release: 2
Summary: A package with every kind of dependency
License: MIT
Group: System/Base
URL: https://example.org/?a=1&b=2
Vendor: Example & Sons
Packager: Somebody <somebody@example.org>
Requires: plain
Requires: newer >= 2:1.0-1
Requires: plain
Requires(pre): before
Requires(post): after = 1.5
Requires(preun): leaving
Requires: (this or that >= 3)
Requires: libc.so.6(GLIBC_2.2.5)(64bit)
Requires: libc.so.6(GLIBC_2.34)(64bit)
Requires: libc.so.6()(64bit)
Requires: libc.so.6(GLIBC_2.4)(64bit)
Requires: /usr/bin/rich-tool
Requires: /usr/share/rich/data
Requires: rich(own) = 5
Provides: rich(own) = 5
Provides: bundled(lib) = 1:2-3
Conflicts: enemy < 4
Obsoletes: ancestor <= 2.0-1
Recommends: nice
Suggests: maybe > 1
Supplements: (base and rich-lang)
Enhances: other
BuildArch: noarch

%description
Two lines,
one of them with ünïcode & <markup>.

%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/rich/dir %{buildroot}/etc
echo 1 > %{buildroot}/usr/bin/rich-tool
echo 2 > %{buildroot}/usr/share/rich/data
echo 3 > %{buildroot}/etc/rich.conf
ln -s data %{buildroot}/usr/share/rich/link

%files
/usr/bin/rich-tool
%dir /usr/share/rich
/usr/share/rich/data
/usr/share/rich/link
/usr/share/rich/dir
%config /etc/rich.conf
%ghost /var/lib/rich.state

%package sub
Summary: Nothing in it
%description sub
%files sub

%changelog
${Array.from({ length: 13 }, (_, n) => `* Mon Jan ${String(20 - Math.floor(n / 2)).padStart(2, '0')} 2025 Writer ${n} <w@example.org> - 1.${n}\n- entry ${n}\n`).join('\n')}
`;

describe('package detail of packages made here', () => {
  const made = join(work, 'made');
  let described: ReadonlyMap<string, Described>;
  let paths: readonly string[];
  beforeAll(() => {
    mkdirSync(made);
    writeFileSync(join(made, 'rich.spec'), spec);
    execFileSync('rpmbuild', ['-ba', '--define', `_topdir ${made}`, join(made, 'rich.spec')], {
      stdio: 'pipe',
    });
    paths = packageFiles(made);
    described = describeAll('made-repository', paths);
  });

  it('equals createrepo_c for every kind of dependency, file and changelog', () => {
    expect(paths).toHaveLength(3);
    for (const path of paths) {
      const { detail } = inspectPackage(readFileSync(path), path);
      const theirWord = described.get(detail.sha256);
      if (theirWord === undefined) throw new Error(`createrepo_c left out ${path}`);
      expect(ours(detail)).toEqual(theirs(theirWord));
    }
  });

  it('reads the same from the first bytes of a stored file', () => {
    for (const path of paths) {
      const bytes = readFileSync(path);
      const { detail, sha256, sizeBytes } = inspectPackage(bytes, path);
      const length = packageHeadLength(bytes.subarray(0, 16_384));
      expect(length).toBe(detail.headerEnd);
      expect(readPackageHead(bytes.subarray(0, length), { sha256, sizeBytes })).toEqual(detail);
      expect(packageHeadLength(bytes.subarray(0, 100))).toBeUndefined();
    }
  });

  it('drops what rpmlib, the package itself and repetition already give', () => {
    const binary = paths.find((path) => /rich-1.*noarch/.test(path));
    const { detail } = inspectPackage(readFileSync(binary ?? ''), 'rich');
    const names = detail.requires.map((d) => d.name);
    expect(names.filter((name) => name.startsWith('rpmlib('))).toEqual([]);
    expect(names.filter((name) => name === 'plain')).toHaveLength(1);
    expect(names.filter((name) => name.startsWith('libc.so.6'))).toEqual([
      'libc.so.6(GLIBC_2.34)(64bit)',
    ]);
    expect(names).not.toContain('/usr/bin/rich-tool');
    expect(names).not.toContain('rich(own)');
    expect(names).toContain('(this or that >= 3)');
    expect(detail.requires.filter((d) => d.pre).map((d) => d.name)).toEqual(
      expect.arrayContaining(['before', 'after']),
    );
    expect(detail.changelogs).toHaveLength(10);
  });
});
