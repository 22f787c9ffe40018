import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageHeadLength, readPackageHead } from '../../src/rpm/index.ts';
import { inspectPackage } from '../../src/rpm/package-scan.ts';
import { createrepo, type Described, packageFiles } from '../support/createrepo.ts';
import { ours, theirs } from '../support/repodata-view.ts';
import { testdata, withTestdata } from '../support/testdata.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-detail-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

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
