import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianPackage } from './debian-closure.ts';

/**
 * One subpackage for each Debian package; `filesystem`, which all of them require; and `rpm-build`, which requires what
 * every build needs: Debian takes its essential packages for granted.
 */
export function buildrootSpec(
  packages: readonly DebianPackage[],
  essential: readonly string[],
): string {
  return [
    'Name: filesystem',
    'Version: 1',
    'Release: 1',
    'Summary: folders, users and where the package database lies',
    'License: MIT',
    'AutoReqProv: no',
    'Provides: system-release = 12',
    '%description',
    'What a Debian machine makes when it is installed.',
    '%package -n rpm-build',
    'Summary: what every build needs',
    'AutoReqProv: no',
    ...essential.map((name) => `Requires: ${name}`),
    '%description -n rpm-build',
    'No files, only requirements.',
    ...packages.flatMap(preamble),
    '%install',
    'mkdir -p %{buildroot}',
    'tar -C %{buildroot_top}/tree -cf - . | tar -C %{buildroot} -xf -',
    'tar -C / -cf - --no-recursion -T %{buildroot_top}/files | tar -C %{buildroot} -xf -',
    '%files',
    '%defattr(-,root,root)',
    ...folders.map((path) => `%dir /${path}`),
    ...open.map((path) => `%dir %attr(1777,root,root) /${path}`),
    ...[...Object.keys(links), ...Object.keys(texts)].map((path) => `/${path}`),
    '%files -n rpm-build',
    ...packages.flatMap(fileList),
    '',
  ].join('\n');
}

function preamble(one: DebianPackage): readonly string[] {
  const { epoch, version, release } = readVersion(one.version);
  const programs = one.files.filter((path) => /^\/usr\/s?bin\//.test(path));
  return [
    `%package -n ${one.name}`,
    `Version: ${version}`,
    `Release: ${release}`,
    ...(epoch === undefined ? [] : [`Epoch: ${epoch}`]),
    `Summary: ${one.name} of Debian`,
    'AutoReqProv: no',
    'Requires: filesystem',
    ...[...one.requires, ...(recommended[one.name] ?? [])].map((name) => `Requires: ${name}`),
    ...one.provides.map((name) => `Provides: ${name}`),
    // Scripts ask for programs by paths that are links to folders here.
    ...programs.map((path) => `Provides: ${path.slice('/usr'.length)}`),
    ...sharedLibraries(one).map((provided) => `Provides: ${provided}`),
    // rpm asks this of whoever has the loader, by no file of it.
    ...(one.name === 'libc6' ? ['Provides: rtld(GNU_HASH)'] : []),
    `%description -n ${one.name}`,
    `The files of Debian's ${one.name}.`,
  ];
}

/** Without which it is of no use here. */
const recommended: Readonly<Record<string, readonly string[]>> = { gcc: ['libc6-dev'] };

/** `1:2.3-4+b1` as rpm wants it; its dashes become dots. */
function readVersion(text: string): {
  readonly epoch: string | undefined;
  readonly version: string;
  readonly release: string;
} {
  const [, epoch, upstream = '', revision = '1'] =
    /^(?:(\d+):)?(.+?)(?:-([^-]+))?$/.exec(text) ?? [];
  return { epoch, version: upstream.replaceAll('-', '.'), release: revision };
}

/** What rpm's own generator finds in the libraries: results of builds require it. */
function sharedLibraries(one: DebianPackage): readonly string[] {
  const libraries = one.files.filter((path) =>
    /^\/usr\/lib[^/]*\/([^/]+\/)?[^/]+\.so\.\d/.test(path),
  );
  if (libraries.length === 0) return [];
  const found = execFileSync('/usr/lib/rpm/elfdeps', ['--provides'], {
    input: libraries.map((path) => `${path}\n`).join(''),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return [...new Set(found.split('\n').filter((line) => line !== ''))].toSorted();
}

function fileList(one: DebianPackage): readonly string[] {
  return [`%files -n ${one.name}`, '%defattr(-,root,root)', ...one.files.map(quoted)];
}

/** rpm reads patterns in file lists; one that matches nothing, as `[` alone, stands for itself. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

const folders = [
  ...[
    'builddir',
    'dev',
    'etc',
    'etc/pam.d',
    'etc/rpm',
    'proc',
    'root',
    'run',
    'sys',
    'usr',
    'usr/bin',
    'usr/lib',
  ],
  ...['usr/lib64', 'usr/sbin', 'var', 'var/lib', 'var/lib/rpm'],
];
const open = ['tmp', 'var/tmp'];
const links = { bin: 'usr/bin', lib: 'usr/lib', lib64: 'usr/lib64', sbin: 'usr/sbin' };
const users = ['root:x:0:0::/root:/bin/bash', 'builder:x:1000:1000::/builddir:/bin/bash'];
/** What Debian makes of the modules that there are; here whoever runs `su` may. */
const pamRules = Object.fromEntries(
  ['auth', 'account', 'password', 'session'].map((kind) => [
    `etc/pam.d/common-${kind}`,
    `${kind} required pam_permit.so\n`,
  ]),
);
const texts: Readonly<Record<string, string>> = {
  'etc/passwd': `${users.join('\n')}\nnobody:x:65534:65534::/:/bin/false\n`,
  'etc/group': 'root:x:0:\nbuilder:x:1000:\nnogroup:x:65534:\n',
  'etc/shadow': '',
  ...pamRules,
  // Debian's rpm would keep it in the home of whoever runs it.
  'etc/rpm/macros.database': '%_dbpath /var/lib/rpm\n',
};

/** The files of the package `filesystem`. */
export function filesystemTree(top: string): void {
  for (const path of [...folders, ...open]) mkdirSync(join(top, path), { recursive: true });
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(top, path));
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(top, path), text);
}
