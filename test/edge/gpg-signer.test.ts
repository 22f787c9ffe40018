import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GpgSignerOptions, gpgSigner } from '../../src/edge/gpg-signer.ts';
import type { SigningOrder } from '../../src/model/index.ts';
import { readKeyring, verifyDetached } from '../../src/rpm/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { type Gpg, type GpgKey, makeGpg } from '../support/gpg.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-gpg-'));
const bytes = Buffer.from('<repomd/>\n');
let gpg: Gpg;
let key: GpgKey;
let locked: GpgKey;
let options: GpgSignerOptions;

beforeAll(() => {
  gpg = makeGpg();
  key = gpg.makeKey('token', 'rsa2048');
  const unlock = ['--pinentry-mode', 'loopback', '--passphrase', 'canary-passphrase'];
  gpg.run(...unlock, '--quick-gen-key', 'locked <locked@example.org>', 'rsa2048', 'sign', 'never');
  const listed = gpg.run('--with-colons', '--list-keys', 'locked').toString();
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
  locked = { ...key, fingerprint };
  options = { home: gpg.home, keys: [key.fingerprint] };
});
afterAll(() => {
  gpg.dispose();
  rmSync(work, { recursive: true, force: true });
});

const order = (fingerprint: string, dateSeconds = 2_000_000_000): SigningOrder => ({
  ...{ key: fingerprint, bytes, dateSeconds },
  purpose: { kind: 'commit' },
});

/** A program in place of gpg. */
function shim(name: string, script: string): GpgSignerOptions {
  const program = join(work, name);
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return { ...options, program };
}

/** What the agent of this home would ask a person with; gives its path. */
function pinentryIs(script: string): string {
  const { program = '' } = shim('pinentry', script);
  writeFileSync(join(gpg.home, 'gpg-agent.conf'), `pinentry-program ${program}\n`);
  execFileSync('gpgconf', ['--homedir', gpg.home, '--kill', 'gpg-agent']);
  return program;
}

const passphraseFile = (text: string): string => {
  const file = join(work, 'passphrase');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};

describe('gpg as the signer', () => {
  test('makes what our own check verifies, with the date it is given, and equal twice', async () => {
    const signer = gpgSigner(options);
    const armored = await signer.sign(order(key.fingerprint));
    const keyring = await readKeyring([
      { path: 'k.asc', text: await signer.publicKey(key.fingerprint) },
    ]);
    const verdict = await verifyDetached({ armored, bytes }, keyring, {
      now: 2_000_000_100,
      exceptions: [],
    });
    expect(verdict.fingerprint).toBe(key.fingerprint);
    expect(await signer.sign(order(key.fingerprint))).toBe(armored);
  });

  test('dates nothing before its key', async () => {
    const signer = gpgSigner(options);
    const early = await signer.sign(order(key.fingerprint, 1000));
    expect(await signer.sign(order(key.fingerprint, 2000))).toBe(early);
  });

  test('[J04] gpg that is absent, fails, waits or wants a person ends in time and asks nobody', async () => {
    const fault = async (o: GpgSignerOptions, fingerprint = key.fingerprint) => {
      const { code, found = '' } = await faultOf(() => gpgSigner(o).sign(order(fingerprint)));
      return `${code}: ${found}`;
    };
    expect(await fault({ ...options, program: '/nowhere/gpg' })).toMatch(/^ToolMissing/);
    writeFileSync(join(work, 'plain'), '');
    expect(await fault({ ...options, program: join(work, 'plain') })).toMatch(/^ToolMissing/);
    expect(await fault({ ...options, home: join(work, 'nobody') })).toMatch(
      /^(KeyMissing|ToolFailed)/,
    );
    const waiting = { ...shim('waits', 'exec sleep 60'), deadlineSeconds: 1 };
    expect(await fault(waiting)).toMatch(/^ToolFailed: still running/);
    // The key is locked and no passphrase is given: pinentry may not come up.
    const asked = pinentryIs('touch "$0.asked"; exit 1');
    expect(await fault(options, locked.fingerprint)).toMatch(
      /^ToolFailed: .*(pinentry|No secret key|failed)/i,
    );
    expect(existsSync(`${asked}.asked`)).toBe(false);
    const wrong = { ...options, passphraseFile: passphraseFile('another') };
    expect(await fault(wrong, locked.fingerprint)).toMatch(
      /^ToolFailed: .*(Bad passphrase|failed)/,
    );
    expect(await fault(options, '0'.repeat(40))).toMatch(/^(KeyMissing|ToolFailed)/);
  });

  test('[J05] gpg that ends well and signs nothing is found out', async () => {
    const silent = shim('silent', `case "$*" in *detach-sign*) exit 0;; *) exec gpg "$@";; esac`);
    const fault = await faultOf(() => gpgSigner(silent).sign(order(key.fingerprint)));
    expect([fault.code, fault.found]).toEqual(['ToolFailed', 'exit code 0 and no signature']);
  });

  test('[J13] a passphrase is nowhere but in its file', async () => {
    const seen = join(work, 'seen');
    const file = passphraseFile('canary-passphrase');
    const spying = shim('spying', `echo "$*" >> ${seen}; env >> ${seen}; exec gpg "$@"`);
    const signer = gpgSigner({ ...spying, keys: [locked.fingerprint], passphraseFile: file });
    expect(await signer.sign(order(locked.fingerprint))).toContain('BEGIN PGP SIGNATURE');
    expect(existsSync(seen)).toBe(true);
    expect(readFileSync(seen, 'utf8')).not.toContain('canary');
    const wrong = passphraseFile('canary-wrong');
    const fault = await faultOf(() =>
      gpgSigner({ ...options, home: join(work, 'x'), passphraseFile: wrong }).sign(
        order(locked.fingerprint),
      ),
    );
    expect(JSON.stringify(fault)).not.toContain('canary');
  });
});
