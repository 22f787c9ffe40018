import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, fileNameOf, type PackageDetail } from '../../../src/model/index.ts';
import {
  compsXml,
  filelistsFragment,
  metadataHead,
  metadataTail,
  modulesYaml,
  otherFragment,
  primaryFragment,
  readComps,
  readModules,
  readPackageHead,
  readUpdateinfo,
  updateinfoXml,
} from '../../../src/rpm/index.ts';
import { dnfOver, readRepository, writeMetadata } from '../../support/repository.ts';
import { all, bytesOf } from './documents.ts';

const changelog = Array.from({ length: 12 }, (_, at) => {
  // Days of 2024, newest first, two of them with several entries.
  const day = [20, 19, 19, 19, 15, 14, 13, 13, 11, 10, 9, 8][at] ?? 1;
  return `* ${new Date(Date.UTC(2024, 5, day)).toUTCString().replace(/,? .*/, '')} Jun ${day} 2024 Ann <a@example.org> - 1-${12 - at}\n- entry ${at} & <more>\n`;
});

const spec = `
Name: gadget
Version: 2.0~rc1
Release: 3.el9
Epoch: 4
Summary: Gadget <with> & "marks"
License: MIT and others
URL: https://example.org/?a=1&b=2
Vendor: Example & Sons
Packager: Ann <a@example.org>
Provides: gadget-tool = 1:2-3, virtual(gadget)
Requires: gizmo >= 1.2, /usr/bin/thing, (left or (right and gadget < 9))
Requires(pre): shadow-utils
Conflicts: widget < 2
Obsoletes: oldgadget <= 1:1.0-1
Recommends: friend
Suggests: idea
Supplements: (gadget and gizmo)
Enhances: world
%description
First line.

Grüße & <tags>.
%package doc
Summary: Documents
BuildArch: noarch
%description doc
Documents.
%install
cd %{buildroot}
mkdir -p etc/gadget.d usr/bin usr/sbin usr/lib usr/share/doc/gadget var/log usr/libexec/gadget/bin
for f in etc/gadget.d/a.conf usr/bin/gadget usr/sbin/gadgetd usr/lib/sendmail usr/lib/other 'usr/share/doc/gadget/a & b' usr/share/doc/gadget/grün usr/libexec/gadget/bin/helper; do echo x > "$f"; done
touch var/log/gadget.log
%pre
true
%files
%config /etc/gadget.d/a.conf
%dir /etc/gadget.d
/usr/bin/gadget
/usr/sbin/gadgetd
/usr/lib/sendmail
/usr/lib/other
/usr/libexec/gadget
%ghost /var/log/gadget.log
%files doc
/usr/share/doc/gadget
%changelog
${changelog.join('\n')}`;

let top = '';
let packages: readonly { readonly detail: PackageDetail; readonly href: string }[] = [];

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'sluice-writer-'));
  const repository = join(top, 'theirs');
  mkdirSync(repository);
  writeFileSync(join(top, 'gadget.spec'), spec);
  const macros = [`_topdir ${top}/build`, `_rpmdir ${repository}`, `_srcrpmdir ${repository}`];
  macros.push(
    '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    'debug_package %{nil}',
  );
  const defines = macros.flatMap((macro) => ['--define', macro]);
  execFileSync('rpmbuild', ['-ba', ...defines, '--target', 'x86_64', join(top, 'gadget.spec')], {
    env: { ...process.env, SOURCE_DATE_EPOCH: '1760000000', LC_ALL: 'C.UTF-8' },
    stdio: 'pipe',
  });
  execFileSync('createrepo_c', ['-q', '--no-database', repository], { stdio: 'pipe' });
  const names = readdirSync(repository).filter((name) => name.endsWith('.rpm'));
  packages = names.toSorted().map((href) => {
    const bytes = readFileSync(join(repository, href));
    return {
      detail: readPackageHead(bytes, { sha256: digestOf(bytes), sizeBytes: bytes.length }),
      href,
    };
  });
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const updateinfo = `<updates><update from="s@example.org" status="final" type="security" version="1"><id>EX-2026:1</id>
<title>t</title><issued date="2026-01-01 00:00:00"/><severity>Important</severity><description>d &amp; e</description>
<references><reference href="https://example.org/" id="CVE-2026-1" type="cve" title="CVE-2026-1"/></references>
<pkglist><collection short="x"><name>x</name><package name="gadget" epoch="4" version="2.0~rc1" release="3.el9" arch="x86_64"><filename>gadget-2.0~rc1-3.el9.x86_64.rpm</filename></package></collection></pkglist></update></updates>`;
const comps = `<comps><group><id>gadgets</id><name>All Gadgets</name><description/><default>true</default><uservisible>true</uservisible>
<packagelist><packagereq type="mandatory">gadget</packagereq></packagelist></group></comps>`;
const modules = `---
document: modulemd
version: 2
data:
  name: machinery
  stream: "1.10"
  version: 20260101000000
  context: 6c81f848
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  artifacts:
    rpms:
    - nothing-0:1-1.noarch
`;

/** Our own repository: one member for the head, one per package, one for the tail. */
async function ours(): Promise<string> {
  const directory = join(top, 'ours');
  const members = (
    type: 'primary' | 'filelists' | 'other',
    print: (p: (typeof packages)[0]) => string,
  ) => [metadataHead(type, packages.length), ...packages.map(print), metadataTail(type)];
  writeMetadata(directory, {
    primary: members('primary', ({ detail, href }) =>
      primaryFragment(detail, `Packages/ab/${href}`),
    ),
    filelists: members('filelists', ({ detail }) => filelistsFragment(detail)),
    other: members('other', ({ detail }) => otherFragment(detail)),
    updateinfo: [updateinfoXml(await all(readUpdateinfo(bytesOf(updateinfo))))],
    group: [compsXml(await readComps(bytesOf(comps)))],
    modules: [modulesYaml(await readModules(bytesOf(modules)))],
  });
  return directory;
}

describe('metadata that we write', () => {
  it('says what createrepo_c says of the same packages', async () => {
    const mine = await readRepository(await ours());
    const theirs = await readRepository(join(top, 'theirs'));
    const byName = <T extends { nevra: { name: string; arch: string } }>(list: readonly T[]) =>
      list.toSorted((a, b) => (a.nevra.name + a.nevra.arch < b.nevra.name + b.nevra.arch ? -1 : 1));
    expect(theirs.primary).toHaveLength(3);
    expect(byName(mine.primary)).toEqual(
      byName(theirs.primary).map((record) => ({
        ...record,
        // createrepo_c writes the time of the file on this disk.
        fileTime: record.buildTime,
        href: `Packages/ab/${record.href}`,
      })),
    );
    expect(byName(mine.filelists)).toEqual(byName(theirs.filelists));
    expect(byName(mine.other)).toEqual(byName(theirs.other));
    const [gadget] = byName(mine.primary).filter(
      (r) => r.nevra.name === 'gadget' && r.nevra.arch === 'x86_64',
    );
    expect(gadget?.files.map((f) => f.path)).toEqual([
      '/etc/gadget.d',
      '/etc/gadget.d/a.conf',
      '/usr/bin/gadget',
      '/usr/lib/sendmail',
      '/usr/libexec/gadget/bin/helper',
      '/usr/sbin/gadgetd',
    ]);
    expect(byName(mine.other)[0]?.changelogs).toHaveLength(10);
  });

  it('is read by a real dnf: packages, dependencies, files, changelogs, advisories, groups, modules', async () => {
    const directory = await ours();
    const query = (...args: string[]) => dnfOver({ site: directory }, args).trim().split('\n');
    expect(query('repoquery', '--arch=x86_64,noarch').toSorted()).toEqual([
      'gadget-4:2.0~rc1-3.el9.x86_64',
      'gadget-doc-4:2.0~rc1-3.el9.noarch',
    ]);
    const requires = query('repoquery', '--requires', '--arch=x86_64', 'gadget');
    expect(requires).toContain('gizmo >= 1.2');
    expect(requires).toContain('(left or (right and gadget < 9))');
    expect(query('repoquery', '-l', 'gadget-doc')).toContain('/usr/share/doc/gadget/grün');
    expect(query('repoquery', '--location', '--arch=noarch', 'gadget-doc')[0]).toMatch(
      /Packages\/ab\/gadget-doc-2\.0~rc1-3\.el9\.noarch\.rpm$/,
    );
    expect(query('repoquery', '--whatprovides', '/usr/lib/other')).toHaveLength(1);
    expect(query('repoquery', '--changelogs', '--arch=x86_64', 'gadget').join('\n')).toContain(
      'entry 0 & <more>',
    );
    expect(query('repoquery', '--advisory=EX-2026:1')).toEqual(['gadget-4:2.0~rc1-3.el9.x86_64']);
    expect(query('repoquery', '--advisory=EX-2026:2')).toEqual(['']);
    expect(query('group', 'list').join('\n')).toContain('All Gadgets');
    expect(query('module', 'list').join('\n')).toMatch(/machinery\s+1\.10/);
  });

  it('is read by mergerepo_c and by python', async () => {
    const directory = await ours();
    const merged = join(top, 'merged');
    execFileSync(
      'mergerepo_c',
      [
        '--all',
        '--omit-baseurl',
        '--no-database',
        '-o',
        merged,
        '-r',
        directory,
        '-r',
        join(top, 'theirs'),
      ],
      {
        stdio: 'pipe',
      },
    );
    const again = await readRepository(merged);
    expect(new Set(again.primary.map((r) => fileNameOf(r.nevra))).size).toBe(3);
    const [primary] = readdirSync(join(directory, 'repodata')).filter((name) =>
      name.includes('primary'),
    );
    const path = join(directory, 'repodata', primary ?? '');
    const script = 'import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())';
    expect(execFileSync('python3', ['-c', script, path])).toEqual(gunzipSync(readFileSync(path)));
  });

  it('has the same bytes every time', async () => {
    const first = readFileSync(join(await ours(), 'repodata/repomd.xml'), 'utf8');
    expect(readFileSync(join(await ours(), 'repodata/repomd.xml'), 'utf8')).toBe(first);
    expect(first.match(/<timestamp>1760000000</g)).toHaveLength(6);
  });
});
