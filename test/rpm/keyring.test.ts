import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { generateKey } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullFingerprint, keyringFingerprints, readKeyring } from '../../src/rpm/index.ts';
import { certificate, certificateBytes } from '../support/certificate-writer.ts';
import { faultOf } from '../support/fault-of.ts';
import { type Gpg, makeGpg } from '../support/gpg.ts';
import { armor, packet, writeKey } from '../support/openpgp-writer.ts';
import { testdata, withTestdata } from '../support/testdata.ts';

const made = 1_700_000_000;
const first = writeKey('rsa2048', made);
const second = writeKey('ed25519', made);
const path = 'keys/vendor.asc';
const fingerprintsOf = async (text: string) =>
  keyringFingerprints(await readKeyring([{ path, text }]));

async function refusal(text: string) {
  const fault = await faultOf(() => readKeyring([{ path, text }]));
  expect(fault.code).toBe('KeyFileInvalid');
  expect(fault.object).toBe(path);
  return fault;
}

describe('key files', () => {
  it('[E02] with two armored blocks give both keys', async () => {
    const text = `${certificate(first)}\nsome words between\n${certificate(second)}`;
    expect(await fingerprintsOf(text)).toEqual([first.fingerprint, second.fingerprint]);
    expect(await fingerprintsOf(text.replaceAll('\n', '\r\n'))).toHaveLength(2);
  });

  it('[E02] with two keys in one block give both keys', async () => {
    const both = Buffer.concat([certificateBytes(first), certificateBytes(second)]);
    const found = await fingerprintsOf(armor('PUBLIC KEY BLOCK', both));
    expect(found).toEqual([first.fingerprint, second.fingerprint]);
  });

  it('[E02] with one good and one damaged block are refused, not read in part', async () => {
    const cut = certificate(second).split('\n').slice(0, 4).join('\n');
    await refusal(`${certificate(first)}\n${cut}`);
    await refusal(
      `${certificate(first)}\n${armor('PUBLIC KEY BLOCK', Buffer.from([0xc6, 0x20, 4]))}`,
    );
  });

  it('[E03] with a private key are refused loudly', async () => {
    const { privateKey } = await generateKey({ userIDs: { name: 'x' }, format: 'armored' });
    const fault = await refusal(privateKey);
    expect(fault.found).toContain('PRIVATE');
    expect(fault.fix).toContain('revoke');
    await refusal(`${certificate(first)}\n${privateKey}`);
    expect(fault.message).not.toContain('BEGIN PGP PRIVATE');
  });

  it('[E03] with a private key under a public label are refused too', async () => {
    const secret = Buffer.concat([certificateBytes(first), packet(7, second.body)]);
    expect((await refusal(armor('PUBLIC KEY BLOCK', secret))).found).toContain('PRIVATE');
  });

  it.each([
    ['nothing', ''],
    ['text', 'this is the vendor key, trust me'],
    ['a signature', armor('SIGNATURE', packet(2, Buffer.from([4])))],
    ['packets that are no key', armor('PUBLIC KEY BLOCK', packet(13, Buffer.from('Vendor')))],
    [
      'no base64',
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY BLOCK-----',
    ],
  ])('with %s are refused', async (_what, text) => {
    await refusal(text);
  });

  it('[E05] of unreasonable size are refused quickly', async () => {
    await refusal(`${certificate(first)}${' '.repeat(2_000_000)}`);
    const flood = Array.from({ length: 3000 }, (_, n) => packet(13, Buffer.from(`user ${n}`)));
    const text = armor('PUBLIC KEY BLOCK', Buffer.concat([certificateBytes(first), ...flood]));
    expect((await refusal(text)).found).toContain('2000');
  });

  it('[E04] name keys by full fingerprints only', () => {
    expect(fullFingerprint(first.fingerprint)).toBe(first.fingerprint);
    const spaced = first.fingerprint.toLowerCase().replace(/(.{4})/g, '$1 ');
    expect(fullFingerprint(spaced)).toBe(first.fingerprint);
    for (const short of [first.fingerprint.slice(-16), first.fingerprint.slice(-8), '', 'zz']) {
      expect(fullFingerprint(short)).toBeUndefined();
    }
  });

  it('are read once where the same key is in several files', async () => {
    const files = ['a.asc', 'b.asc'].map((name) => ({ path: name, text: certificate(first) }));
    expect(keyringFingerprints(await readKeyring(files))).toEqual([first.fingerprint]);
  });
});

withTestdata('real key files', () => {
  let gpg: Gpg;
  beforeAll(() => {
    gpg = makeGpg();
  });
  afterAll(() => gpg.dispose());
  const list = execFileSync('grep', ['-rlE', 'BEGIN PGP PUBLIC', testdata('.')]).toString();
  const paths = list.trim().split('\n');

  it.each(paths.map((p) => p.slice(testdata('.').length + 1)))(
    '%s as gpg reads it',
    async (name) => {
      const file = testdata(name);
      const options = ['--show-keys', '--with-colons', '--with-subkey-fingerprint'];
      const keyring = await readKeyring([{ path: name, text: readFileSync(file, 'utf8') }]);
      const ours = keyring.keys.map((k) => k.key.fingerprint);
      if (keyring.keys.every((k) => k.key.fingerprint.length === 64)) {
        // gpg 2.2 cannot read version 6 keys; they are kept to be refused by name.
        expect(keyring.keys.every((k) => k.problem === 'OpenPGP version 6 key')).toBe(true);
        return;
      }
      const listed = gpg.run(...options, file).toString();
      const theirs = [...listed.matchAll(/^fpr:+([0-9A-F]{40}):/gm)].map((m) => m[1] ?? '');
      // gpg leaves out subkeys without a valid binding; here they are kept, unusable.
      for (const fingerprint of theirs) expect(ours).toContain(fingerprint);
      for (const key of keyring.keys.filter((k) => !theirs.includes(k.key.fingerprint))) {
        expect(key.problem).toMatch(/no valid signature|not mutual/);
      }
      const expiries = [...listed.matchAll(/^(?:pub|sub):[^:]*:\d+:\d+:\w+:\d+:(\d*):/gm)];
      for (const [n, expiry] of expiries.entries()) {
        const key = keyring.keys.find((k) => k.key.fingerprint === theirs[n]);
        if (key?.problem === undefined) expect(`${key?.expires ?? ''}`).toBe(expiry[1] ?? '');
      }
    },
  );

  it('[E04] keeps two keys of one 64-bit key id apart', async () => {
    const files = ['keyidcollision1.pub', 'keyidcollision2.pub'].map((name) => {
      const file = testdata(`rpm-upstream/keys/${name}`);
      return { path: name, text: readFileSync(file, 'utf8') };
    });
    const found = keyringFingerprints(await readKeyring(files));
    expect(new Set(found).size).toBe(2);
    expect(new Set(found.map((fingerprint) => fingerprint.slice(-16))).size).toBe(1);
  });
});
