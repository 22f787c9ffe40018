import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignatureException } from '../../src/model/index.ts';
import { inspectPackage, judgePackage, readKeyring, type Verdict } from '../../src/rpm/index.ts';
import { packageFiles } from '../support/createrepo.ts';
import { type Gpg, type GpgKey, makeGpg } from '../support/gpg.ts';
import { testdata, withTestdata } from '../support/testdata.ts';
import { buildPackages } from '../support/upstream.ts';

const now = 1_790_000_000;

async function judge(
  path: string,
  keys: readonly string[],
  exceptions: readonly SignatureException[] = [],
): Promise<Verdict> {
  const keyring = await readKeyring(
    keys.map((key) => ({ path: key, text: readFileSync(testdata(key), 'utf8') })),
  );
  const rules = { required: true, exceptions, now, metadataPinned: true };
  return judgePackage(inspectPackage(readFileSync(testdata(path)), path), keyring, rules);
}

withTestdata('packages that vendors signed', () => {
  const cavaliergopher = 'cavaliergopher-rpm';
  const centos = (n: number): string => `${cavaliergopher}/RPM-GPG-KEY-CentOS-${n}`;
  const fedora14 = 'keys-distribution/RPM-GPG-KEY-fedora-14-primary';
  const upstream = 'rpm-upstream';
  const test2048 = `${upstream}/keys/rpm.org-rsa-2048-test.pub`;

  it.each([
    ['centos-release-6-0.el6.centos.5.i686.rpm', centos(6), ['expired-key']],
    ['centos-release-6-0.el6.centos.5.x86_64.rpm', centos(6), ['expired-key']],
    ['centos-release-7-2.1511.el7.centos.2.10.x86_64.rpm', centos(7), []],
    ['epel-release-7-5.noarch.rpm', centos(7), []],
  ] as const)('version 3 RSA/SHA-256: %s is accepted', async (name, key, excused) => {
    // Of before rpm 4.14: only the signature over header and payload reaches the payload.
    const verdict = await judge(`${cavaliergopher}/${name}`, [key]);
    expect(verdict).toMatchObject({ kind: 'accepted', excused });
  });

  it.each([
    ['centos-release-as-2.1AS-4.noarch.rpm', centos(2)],
    ['centos-release-3.1-1.i386.rpm', centos(3)],
    ['centos-release-4-0.1.i386.rpm', centos(4)],
    ['centos-release-4-0.1.x86_64.rpm', centos(4)],
    ['centos-release-5-0.0.el5.centos.2.i386.rpm', centos(5)],
    ['centos-release-5-0.0.el5.centos.2.x86_64.rpm', centos(5)],
  ])('[D08] version 3 DSA/SHA-1: %s is refused, and genuine with exceptions', async (name, key) => {
    const path = `${cavaliergopher}/${name}`;
    const refused = await judge(path, [key]);
    expect(refused).toMatchObject({
      kind: 'refused',
      fault: { code: 'KeyUnusable', found: 'DSA' },
    });
    const exceptions = (['dsa', 'sha1'] as const).map((allow) => ({
      allow,
      until: '2099-01-01',
      reason: 'historical',
    }));
    const excused = ['expired-key', 'dsa', 'sha1'];
    expect(await judge(path, [key], exceptions)).toMatchObject({ kind: 'accepted', excused });
  });

  it.each([
    'createrepo_c-history/ctests/icedax-1.1.10-2.fc14.i686.rpm',
    'createrepo_c-history/unittests/info-4.13a-10.fc14.i686.rpm',
    'createrepo_c-history/deltarepo/acceptance_tests/repos/repo1/iok-1.3.11-1.fc14.i686.rpm',
    'createrepo_c-history/deltarepo/acceptance_tests/repos/repo2/imsettings-0.108.1-2.fc14.i686.rpm',
  ])('Fedora 14: %s is accepted', async (path) => {
    expect(await judge(path, [fedora14])).toMatchObject({ kind: 'accepted', excused: [] });
  });

  it('xlibre of openSUSE: all 13 packages are accepted', async () => {
    const paths = packageFiles(testdata('xlibre-opensuse'));
    expect(paths).toHaveLength(13);
    for (const path of paths) {
      const relative = path.slice(testdata('.').length + 1);
      const verdict = await judge(relative, [
        'xlibre-opensuse/outtathebox5319-rpm-signing-key.asc',
      ]);
      const signedBy = '17916E744A41E4CF94083199AB70E8147E117264';
      expect(verdict).toEqual({ kind: 'accepted', signedBy, excused: [] });
    }
  });

  it.each([
    'hello-2.0-1.x86_64-signed.rpm',
    'hello-2.0-1.x86_64-v3-signed.rpm',
    'hello-2.0-1.x86_64-badima.rpm',
    'hlinktest-1.0-1.noarch-v3sig.rpm',
  ])('rpm’s own test package %s is accepted', async (name) => {
    const verdict = await judge(`${upstream}/RPMS/${name}`, [test2048]);
    expect(verdict).toMatchObject({ kind: 'accepted', excused: [] });
  });

  it('[D19] a post-quantum signature beside a good one is passed over', async () => {
    const path = `${upstream}/RPMS/hello-2.0-1.x86_64-signed-mldsa87.rpm`;
    expect(await judge(path, [test2048])).toMatchObject({ kind: 'accepted' });
    const newer = `${upstream}/keys/unknown/rpm.org-v6-mldsa87-test.asc`;
    expect(await judge(path, [newer])).toMatchObject({ kind: 'refused' });
    expect(await judge(path, [newer, test2048])).toMatchObject({ kind: 'accepted' });
  });

  it('[D10] [D11] subkeys count while they are good and bound', async () => {
    const path = `${upstream}/RPMS/hello-2.0-1.x86_64-signed-with-subkey.rpm`;
    const alice = (name: string) => judge(path, [`${upstream}/keys/${name}.asc`]);
    expect(await alice('alice')).toMatchObject({ kind: 'accepted' });
    expect(await alice('alice-revoked-subkey')).toMatchObject({ fault: { code: 'KeyUnusable' } });
    const added = `${upstream}/RPMS/hello-2.0-1.x86_64-signed-with-new-subkey.rpm`;
    const subkey = `${upstream}/keys/rpm.org-rsa-2048-add-subkey.asc`;
    expect(await judge(added, [subkey])).toMatchObject({ kind: 'accepted' });
    expect(await judge(added, [test2048])).toMatchObject({ fault: { code: 'KeyNotPinned' } });
  });

  it('[D09] a subkey that signed the day after it expired is refused', async () => {
    const path = `${upstream}/RPMS/hello-2.0-1.x86_64-signed-with-subkey.rpm`;
    const verdict = await judge(path, [`${upstream}/keys/alice-expired-subkey.asc`]);
    const found = 'expired on 2022-04-12, signed on 2022-04-13';
    expect(verdict).toMatchObject({ kind: 'refused', fault: { code: 'KeyUnusable', found } });
  });

  it('[D02] no package is accepted with a key of somebody else', async () => {
    const other = 'pulp-fixtures/common/GPG-KEY-fixture-signing';
    for (const path of packageFiles(testdata('.')).filter((p) => !p.includes('corrupted'))) {
      const verdict = await judge(path.slice(testdata('.').length + 1), [other]);
      expect(verdict.kind, path).toBe('refused');
    }
  });
});

describe('packages that the real rpmsign signs now', () => {
  const work = mkdtempSync(join(tmpdir(), 'sluice-signed-'));
  let gpg: Gpg;
  const keys = new Map<string, GpgKey>();
  let paths: readonly string[];
  beforeAll(() => {
    gpg = makeGpg();
    for (const algorithm of ['rsa2048', 'ed25519', 'dsa2048', 'rsa1024']) {
      keys.set(algorithm, gpg.makeKey(algorithm, algorithm));
    }
    const recipes = [...keys.keys()].map((name) => ({ name: `pkg-${name}` }));
    paths = buildPackages(work, recipes);
    for (const [n, key] of [...keys.values()].entries()) key.signPackages([paths[n] ?? '']);
  });
  afterAll(() => {
    gpg.dispose();
    rmSync(work, { recursive: true, force: true });
  });

  it.each([
    ['rsa2048', 'accepted'],
    ['ed25519', 'accepted'],
    // rpm itself says OK to both of these.
    ['dsa2048', 'KeyUnusable'],
    ['rsa1024', 'KeyUnusable'],
  ])('[D08] %s: %s', async (algorithm, expected) => {
    const path = paths.find((p) => p.includes(algorithm)) ?? '';
    const key = keys.get(algorithm);
    const keyring = await readKeyring([{ path: 'vendor.asc', text: key?.publicKey ?? '' }]);
    const today = Math.floor(Date.now() / 1000);
    const rules = { required: true, exceptions: [], now: today, metadataPinned: true };
    const verdict = judgePackage(inspectPackage(readFileSync(path)), keyring, rules);
    expect(verdict.kind === 'accepted' ? 'accepted' : verdict.fault.code).toBe(expected);
    if (verdict.kind === 'accepted') expect(verdict.signedBy).toBe(key?.fingerprint);
  });

  it('[D10] a revocation by the real gpg counts: compromised always, superseded from its date', async () => {
    const key = keys.get('rsa2048');
    const path = paths.find((p) => p.includes('rsa2048')) ?? '';
    const inspection = inspectPackage(readFileSync(path));
    const signedAt = Math.floor(Date.now() / 1000);
    for (const [reason, kind] of [
      ['1', 'refused'],
      ['2', 'accepted'],
    ] as const) {
      const text = await revokedCopy(gpg, key?.fingerprint ?? '', reason);
      const keyring = await readKeyring([{ path: 'vendor.asc', text }]);
      const rules = { required: true, exceptions: [], now: signedAt, metadataPinned: true };
      // gpg's reasons: 1 compromised, 2 superseded; the revocation is made two hours from now.
      expect(judgePackage(inspection, keyring, rules).kind).toBe(kind);
    }
  });
});

/** The key with a revocation by gpg, in a home of its own. */
async function revokedCopy(source: Gpg, fingerprint: string, reason: string): Promise<string> {
  const home = mkdtempSync('/tmp/slr-');
  try {
    const secret = source.run(
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      '--export-secret-keys',
      fingerprint,
    );
    const run = (args: readonly string[], input: Buffer | string) =>
      execFileSync(
        'faketime',
        ['+2 hours', 'gpg', '--homedir', home, '--quiet', '--no-tty', ...args],
        { input, stdio: 'pipe' },
      );
    run(['--batch', '--import'], secret);
    const answers = `y\n${reason}\n\ny\n`;
    const certificate = run(
      [
        '--command-fd',
        '0',
        '--pinentry-mode',
        'loopback',
        '--passphrase',
        '',
        '--gen-revoke',
        fingerprint,
      ],
      answers,
    );
    run(['--batch', '--import'], certificate);
    return run(['--batch', '--armor', '--export', fingerprint], '').toString();
  } finally {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], { stdio: 'ignore' });
    rmSync(home, { recursive: true, force: true });
  }
}
