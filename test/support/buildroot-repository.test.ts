import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildrootRepository } from './buildroot-repository.ts';

/** What the other tests compose from is looked at here, with the real dnf and rpmbuild and nothing of Sluice. */
describe('a repository to compose buildroots from', () => {
  let work = '';
  let root = '';

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'sluice-compose-'));
    root = join(work, 'root');
    compose(work, ['rpm-build']);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test('dnf believes its metadata and its packages, and makes a machine that knows what is in it', () => {
    const listed = inside(root, ['rpm', '-qa', '--qf', '%{NAME}\\n']).stdout.split('\n');
    expect(listed).toEqual(expect.arrayContaining(['bash', 'filesystem', 'libc6', 'rpm']));
    expect(listed).not.toContain('gcc');
  });

  test('rpmbuild in it builds, and enforces what a spec requires to build', () => {
    const plain = rpmbuild(root, ['BuildRequires: coreutils']);
    expect(plain.stdout).toContain('built: small-1-1.noarch');
    expect(rpmbuild(root, ['BuildRequires: gcc >= 4']).stderr).toContain(
      'gcc >= 4 is needed by small',
    );
  });

  test('it is made once', () => {
    expect(buildrootRepository('small')).toEqual(buildrootRepository('small'));
  });
});

function compose(work: string, packages: readonly string[]): void {
  const { directory, publicKey } = buildrootRepository('small');
  writeFileSync(join(work, 'key.asc'), publicKey);
  mkdirSync(join(work, 'home'));
  writeFileSync(join(work, 'home/.rpmmacros'), '%_dbpath /var/lib/rpm\n');
  writeFileSync(
    join(work, 'dnf.conf'),
    [
      '[main]',
      ...[`cachedir=${work}/cache`, `logdir=${work}/log`, `persistdir=${work}/persist`],
      ...['reposdir=/nonexistent', 'install_weak_deps=0', 'releasever=12'],
      '[buildroot]',
      `baseurl=file://${directory}`,
      ...['gpgcheck=1', 'repo_gpgcheck=1', `gpgkey=file://${work}/key.asc`, ''],
    ].join('\n'),
  );
  const args = ['--quiet', '-y', '--disableplugin=local', `--installroot=${work}/root`];
  execFileSync('dnf', ['-c', join(work, 'dnf.conf'), ...args, 'install', ...packages], {
    env: { PATH: process.env.PATH, HOME: join(work, 'home'), LC_ALL: 'C.UTF-8' },
    stdio: 'pipe',
  });
}

function inside(root: string, command: readonly string[], input = '') {
  const mounts = [
    '--ro-bind',
    root,
    '/',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--tmpfs',
    '/var/tmp',
  ];
  const manner = ['--unshare-all', '--uid', '1000', '--gid', '1000', '--die-with-parent'];
  const surroundings = ['--clearenv', '--setenv', 'PATH', '/usr/bin', '--setenv', 'HOME', '/tmp'];
  return spawnSync('bwrap', [...mounts, ...manner, ...surroundings, ...command], {
    input,
    encoding: 'utf8',
  });
}

function rpmbuild(root: string, lines: readonly string[]) {
  const spec = [
    ...['Name: small', 'Version: 1', 'Release: 1', 'Summary: small', 'License: MIT'],
    ...['BuildArch: noarch', ...lines, '%description', 'small'],
    ...['%install', 'mkdir -p %{buildroot}/usr/share/small', '%files', '/usr/share/small', ''],
  ].join('\n');
  const command = 'cat > /tmp/small.spec && rpmbuild -bb --quiet /tmp/small.spec >&2';
  const query = "rpm -qp --qf 'built: %{NVRA}' /tmp/rpmbuild/RPMS/noarch/*.rpm";
  return inside(root, ['sh', '-c', `${command} && ${query}`], spec);
}
