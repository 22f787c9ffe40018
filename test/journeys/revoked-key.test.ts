import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import { type Gpg, makeGpg } from '../support/gpg.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

interface Report {
  readonly holds: readonly { readonly code: string; readonly text: string }[];
}

let here: Site;
let vendor: Vendor;
let gpg: Gpg;

beforeAll(async () => {
  here = await site();
  gpg = makeGpg();
  vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
});
afterAll(async () => {
  gpg.dispose();
  await here.remove();
});

/** The vendor's public key with its revocation (1: compromised, 2: superseded). */
function revokedKey(reason: '1' | '2'): Buffer {
  gpg.run('--import', join(here.directory, 'vendor/vendor.secret.asc'));
  const listed = gpg.run('--with-colons', '--list-keys').toString();
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
  const revocation = execFileSync(
    'gpg',
    ['--homedir', gpg.home, '--no-tty', '--command-fd', '0', '--gen-revoke', fingerprint],
    { input: `y\n${reason}\n\ny\n`, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  execFileSync('gpg', ['--homedir', gpg.home, '--batch', '--import'], {
    input: revocation,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return gpg.run('--armor', '--export', fingerprint);
}

test('[D10] a vendor key that was revoked as compromised: what it signed is refused, and what is served of it is listed', async () => {
  const before = await contentMetadata(here.state, 'testing/x86_64');
  const [name = ''] = (await readdir(join(here.policy, 'keys'))).filter((n) => n !== 'site.asc');
  await writeFile(join(here.policy, 'keys', name), revokedKey('1'));
  await here.git('commit', '-q', '-a', '-m', 'The vendor revoked its key');
  const run = await here.sluice('reconcile', '--sync');
  expect(run.code).toBe(4);
  expect(run.stdout + run.stderr).toMatch(/KeyUnusable|revoked/);
  const { holds } = await here.ask<Report>(['reconcile'], [4]);
  const listed = holds.find((h) => h.code === 'RevokedKeyServed');
  expect(listed?.text).toMatch(
    /testing serves \d+ packages signed by [0-9A-F]{40}, revoked \(compromised\): /,
  );
  expect(listed?.text).toContain('broken-tool-1.0-1.noarch');
  expect((await here.sluice('status')).stdout).toContain('RevokedKeyServed');
  expect(await contentMetadata(here.state, 'testing/x86_64')).toEqual(before);
});
