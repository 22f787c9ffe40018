import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSiteKey, realSigner } from '../../src/edge/index.ts';
import type { SigningOrder } from '../../src/model/index.ts';
import { readKeyring, verifyDetached } from '../../src/rpm/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { type Gpg, makeGpg } from '../support/gpg.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-signer-'));
const keys = join(work, 'keys');
const created = 1_700_000_000;
const bytes = Buffer.from('<repomd/>\n');
afterAll(() => rmSync(work, { recursive: true, force: true }));

const order = (key: string, dateSeconds: number): SigningOrder => ({
  ...{ key, bytes, dateSeconds },
  purpose: { kind: 'commit' },
});

describe('the site key', () => {
  let made: Awaited<ReturnType<typeof createSiteKey>>;
  let gpg: Gpg;
  beforeAll(async () => {
    made = await createSiteKey(keys, { name: 'site', date: created });
    gpg = makeGpg();
    writeFileSync(join(work, 'site.asc'), made.text);
    gpg.run('--import', join(work, 'site.asc'));
  });
  afterAll(() => gpg.dispose());

  it('lies in a file that only its owner reads', () => {
    expect(statSync(join(keys, 'site.key.asc')).mode & 0o777).toBe(0o600);
    expect(made.fingerprint).toMatch(/^[0-9A-F]{40}$/);
    expect(made.text).toContain('BEGIN PGP PUBLIC KEY BLOCK');
    expect(made.text).not.toContain('PRIVATE');
  });

  it('is RSA-4096 without an end, in the eyes of gpg', () => {
    const listed = gpg.run('--with-colons', '--list-keys').toString();
    expect(listed).toMatch(
      new RegExp(`^pub:[^:]*:4096:1:${made.fingerprint.slice(-16)}:${created}::`, 'm'),
    );
  });

  it('signs what the real gpg and our own check verify', async () => {
    const signer = realSigner(keys);
    expect(await signer.keys()).toEqual([made.fingerprint]);
    const armored = await signer.sign(order(made.fingerprint, created + 1000));
    writeFileSync(join(work, 'repomd.xml'), bytes);
    writeFileSync(join(work, 'repomd.xml.asc'), armored);
    const status = gpg.run(
      '--status-fd',
      '1',
      '--verify',
      join(work, 'repomd.xml.asc'),
      join(work, 'repomd.xml'),
    );
    expect(status.toString()).toContain(`VALIDSIG ${made.fingerprint}`);
    const keyring = await readKeyring([
      { path: 'site.asc', text: await signer.publicKey(made.fingerprint) },
    ]);
    const rules = { now: created + 2000, exceptions: [] };
    expect(await verifyDetached({ armored, bytes }, keyring, rules)).toEqual({
      fingerprint: made.fingerprint,
      excused: [],
    });
  });

  it('gives equal bytes for equal input, by any instance and at any time', async () => {
    const once = await realSigner(keys).sign(order(made.fingerprint, created + 5));
    expect(await realSigner(keys).sign(order(made.fingerprint, created + 5))).toBe(once);
    expect(await realSigner(keys).sign(order(made.fingerprint, created + 6))).not.toBe(once);
    expect(await realSigner(keys).publicKey(made.fingerprint)).toBe(
      await realSigner(keys).publicKey(made.fingerprint),
    );
  });

  it('dates nothing before itself', async () => {
    const signer = realSigner(keys);
    const early = await signer.sign(order(made.fingerprint, 1000));
    expect(early).toBe(await signer.sign(order(made.fingerprint, created)));
  });

  it('is not replaced', async () => {
    const fault = await faultOf(() => createSiteKey(keys, { name: 'other', date: created }));
    expect(fault.code).toBe('KeyUnusable');
    expect(await realSigner(keys).keys()).toEqual([made.fingerprint]);
  });

  it('signs only under its own fingerprint', async () => {
    const fault = await faultOf(() => realSigner(keys).sign(order('0'.repeat(40), created)));
    expect(fault.code).toBe('KeyMissing');
  });

  it('is refused when others can read it, and taken again once mended', async () => {
    const signer = realSigner(keys);
    chmodSync(join(keys, 'site.key.asc'), 0o640);
    const fault = await faultOf(() => signer.keys());
    expect([fault.code, fault.found]).toEqual(['KeyUnusable', 'mode 640']);
    chmodSync(join(keys, 'site.key.asc'), 0o600);
    expect(await signer.keys()).toEqual([made.fingerprint]);
  });
});

describe('a keys directory with something else', () => {
  const other = join(work, 'other');
  const put = (text: string) => {
    rmSync(other, { recursive: true, force: true });
    return createSiteKeyFile(text);
  };
  const createSiteKeyFile = (text: string) => {
    const directory = mkdtempSync(join(work, 'keys-'));
    writeFileSync(join(directory, 'site.key.asc'), text, { mode: 0o600 });
    return realSigner(directory);
  };

  it('is KeyMissing, exit 7, when there is no key', async () => {
    const fault = await faultOf(() => realSigner(join(work, 'nowhere')).keys());
    expect([fault.code, fault.exit]).toEqual(['KeyMissing', 7]);
  });

  it('is refused when it is no private key', async () => {
    expect((await faultOf(() => put('hello').keys())).code).toBe('KeyUnusable');
  });

  it.each([
    ['a key of the newer kind', { type: 'curve25519' }, 'ed25519'],
    ['an ECDSA key', { type: 'ecc', curve: 'nistP256' }, 'ecdsa'],
    [
      'a version 6 key',
      { type: 'ecc', curve: 'ed25519Legacy', config: { v6Keys: true } },
      'version 6',
    ],
    [
      'a key with a passphrase',
      { type: 'ecc', curve: 'ed25519Legacy', passphrase: 'x' },
      'encrypted',
    ],
  ] as const)('is refused with %s', async (_what, options, found) => {
    const generated = await generateKey({
      ...options,
      userIDs: { name: 's' },
      format: 'object',
    }).catch(() => undefined);
    // openpgp.js makes no version 6 key on that curve at all.
    if (generated === undefined) return;
    const fault = await faultOf(() => put(generated.privateKey.armor()).keys());
    expect(fault.code).toBe('KeyUnusable');
    expect(fault.message).toContain(found);
  });

  it('[J13] opens a key with the passphrase in a file, and tells neither of them to anybody', async () => {
    const generated = await generateKey({
      type: 'ecc',
      curve: 'ed25519Legacy',
      userIDs: { name: 's' },
      passphrase: 'canary-passphrase',
      format: 'object',
    });
    const armored = generated.privateKey
      .armor()
      .replace('KEY BLOCK-----\n', 'KEY BLOCK-----\nComment: canary-comment\n');
    const directory = mkdtempSync(join(work, 'keys-'));
    writeFileSync(join(directory, 'site.key.asc'), armored, { mode: 0o600 });
    const passphraseFile = join(directory, 'passphrase');
    writeFileSync(passphraseFile, 'canary-passphrase\n', { mode: 0o600 });
    const signer = realSigner(directory, { passphraseFile });
    const [fingerprint = ''] = await signer.keys();
    const said = [
      await signer.sign(order(fingerprint, 2_000_000_000)),
      await signer.publicKey(fingerprint),
      JSON.stringify(await faultOf(() => signer.sign(order('0'.repeat(40), 1)))),
      JSON.stringify(await faultOf(() => realSigner(directory).keys())),
    ];
    writeFileSync(passphraseFile, 'canary-wrong', { mode: 0o600 });
    said.push(
      JSON.stringify(await faultOf(() => realSigner(directory, { passphraseFile }).keys())),
    );
    chmodSync(passphraseFile, 0o644);
    said.push(
      JSON.stringify(await faultOf(() => realSigner(directory, { passphraseFile }).keys())),
    );
    writeFileSync(
      join(directory, 'site.key.asc'),
      armored.replace(/=[^\n]+\n-----END/, '-----END'),
    );
    said.push(JSON.stringify(await faultOf(() => realSigner(directory).keys())));
    expect(said.join('\n')).toContain('BEGIN PGP SIGNATURE');
    expect(said.join('\n')).toContain('the passphrase opens the key');
    expect(said.join('\n')).not.toContain('canary');
  });

  it('takes an older EdDSA key', async () => {
    const generated = await generateKey({
      type: 'ecc',
      curve: 'ed25519Legacy',
      userIDs: { name: 's' },
      format: 'object',
    });
    const signer = put(generated.privateKey.armor());
    const [fingerprint = ''] = await signer.keys();
    expect(await signer.sign(order(fingerprint, 2_000_000_000))).toContain('BEGIN PGP SIGNATURE');
  });
});
