import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignatureException } from '../../src/model/index.ts';
import { readKeyring, verifyDetached } from '../../src/rpm/index.ts';
import { type CertificateRecipe, certificate } from '../support/certificate-writer.ts';
import { faultOf } from '../support/fault-of.ts';
import { type Gpg, type GpgKey, makeGpg } from '../support/gpg.ts';
import {
  type Algorithm,
  armor,
  type SignatureRecipe,
  signaturePacket,
  writeKey,
} from '../support/openpgp-writer.ts';
import { testdata, withTestdata } from '../support/testdata.ts';

const now = 1_800_000_000;
const made = now - 10_000_000;
const signed = now - 1_000_000;
const metadata = Buffer.from('<repomd><revision>1</revision></repomd>\n');

interface Situation {
  readonly algorithm?: Algorithm;
  readonly key?: CertificateRecipe;
  readonly signature?: Partial<SignatureRecipe>;
  readonly over?: Buffer;
  readonly exceptions?: readonly SignatureException[];
}

async function verify(situation: Situation = {}) {
  const { algorithm = 'rsa2048', over = metadata, exceptions = [] } = situation;
  const key = writeKey(algorithm, made);
  const keyring = await readKeyring([{ path: 'a.asc', text: certificate(key, situation.key) }]);
  const bytes = signaturePacket(key, over, { created: signed, ...situation.signature });
  return verifyDetached({ armored: armor('SIGNATURE', bytes), bytes: metadata }, keyring, {
    now,
    exceptions,
  });
}

const codeOf = async (situation: Situation) => (await faultOf(() => verify(situation))).code;

describe('signatures over repository metadata', () => {
  it.each(['rsa2048', 'ed25519'] as const)('by a pinned %s key are good', async (algorithm) => {
    const { fingerprint } = writeKey(algorithm, made);
    expect(await verify({ algorithm })).toMatchObject({ fingerprint });
    expect(await verify({ algorithm, signature: { version: 3 } })).toMatchObject({ fingerprint });
  });

  it('[E01] never resolve when they are bad', async () => {
    expect(await codeOf({ over: Buffer.concat([metadata, Buffer.from(' ')]) })).toBe(
      'SignatureInvalid',
    );
    expect(await codeOf({ over: metadata.subarray(1) })).toBe('SignatureInvalid');
    const issuer = writeKey('rsa2048', made, 1).fingerprint;
    expect(await codeOf({ signature: { issuer } })).toBe('KeyNotPinned');
  });

  it('[D08] need an accepted algorithm, or an exception for all of the upstream', async () => {
    expect(await codeOf({ signature: { hashId: 2 } })).toBe('SignatureWeak');
    expect(await codeOf({ algorithm: 'rsa1024' })).toBe('KeyUnusable');
    expect(await codeOf({ algorithm: 'dsa1024' })).toBe('KeyUnusable');
    const allow = { allow: 'sha1', until: '2099-01-01', reason: 'old vendor' } as const;
    const sha1 = { signature: { hashId: 2 } };
    expect((await verify({ ...sha1, exceptions: [allow] })).excused).toEqual(['sha1']);
    expect(await codeOf({ ...sha1, exceptions: [{ ...allow, packages: ['*'] }] })).toBe(
      'SignatureWeak',
    );
  });

  it('[D09] need a key that is good today, not only when it signed', async () => {
    const expired = { key: { expiresAfter: signed - made + 10 } };
    expect(await codeOf(expired)).toBe('KeyUnusable');
    const allow = { allow: 'expired-key', until: '2099-01-01', reason: 'old vendor' } as const;
    expect((await verify({ ...expired, exceptions: [allow] })).excused).toEqual(['expired-key']);
  });

  it('[D10] need a key that is not revoked, for whatever reason', async () => {
    for (const reason of [0, 1, 2, 3]) {
      expect(await codeOf({ key: { revoked: { reason, at: now - 5 } } })).toBe('KeyUnusable');
    }
  });

  it('[E06] need to be over binary data', async () => {
    expect(await codeOf({ signature: { type: 1 } })).toBe('SignatureInvalid');
  });

  it('[E07] may be neither from the future nor older than their key', async () => {
    expect(await codeOf({ signature: { created: now + 200_000 } })).toBe('SignatureInvalid');
    expect(await codeOf({ signature: { created: 1 } })).toBe('KeyUnusable');
  });

  it.each([
    ['nothing', '', 'MetadataUnsigned'],
    ['white space', ' \n\n', 'MetadataUnsigned'],
    ['an HTML page', '<html>not found</html>', 'SignatureInvalid'],
    ['a public key', certificate(writeKey('rsa2048', made)), 'SignatureInvalid'],
    ['a damaged block', '-----BEGIN PGP SIGNATURE-----\n\nAAAA', 'SignatureInvalid'],
    ['no packet', armor('SIGNATURE', Buffer.from([1, 2, 3])), 'SignatureInvalid'],
  ])('are refused when there is %s', async (_what, text, code) => {
    const keyring = await readKeyring([
      { path: 'a.asc', text: certificate(writeKey('rsa2048', made)) },
    ]);
    const work = () =>
      verifyDetached({ armored: text, bytes: metadata }, keyring, { now, exceptions: [] });
    expect((await faultOf(work)).code).toBe(code);
  });

  it('[D19] are good when one of several is by a pinned key, as during a rotation', async () => {
    const [old, next] = [writeKey('rsa2048', made), writeKey('ed25519', made)];
    const keyring = await readKeyring([{ path: 'a.asc', text: certificate(old) }]);
    const packets = [next, old].map((key) => signaturePacket(key, metadata, { created: signed }));
    const rules = { now, exceptions: [] };
    const together = armor('SIGNATURE', Buffer.concat(packets));
    const apart = packets.map((bytes) => armor('SIGNATURE', bytes)).join('\n');
    for (const text of [together, apart]) {
      expect(
        await verifyDetached({ armored: text, bytes: metadata }, keyring, rules),
      ).toMatchObject({ fingerprint: old.fingerprint });
    }
  });
});

describe('signatures by the real gpg', () => {
  const work = mkdtempSync(join(tmpdir(), 'sluice-detached-'));
  let gpg: Gpg;
  let key: GpgKey;
  const file = join(work, 'repomd.xml');
  beforeAll(() => {
    gpg = makeGpg();
    key = gpg.makeKey('vendor');
    writeFileSync(file, metadata);
  });
  afterAll(() => {
    gpg.dispose();
    rmSync(work, { recursive: true, force: true });
  });
  const rules = { now: Math.floor(Date.now() / 1000), exceptions: [] };
  const made = async (...how: readonly string[]): Promise<string> =>
    gpg.run('--local-user', key.fingerprint, ...how, '--output', '-', file).toString();
  const pinned = () => readKeyring([{ path: 'vendor.asc', text: key.publicKey }]);

  it('are good when they are detached', async () => {
    const text = await made('--armor', '--detach-sign');
    const found = await verifyDetached({ armored: text, bytes: metadata }, await pinned(), rules);
    expect(found).toEqual({ fingerprint: key.fingerprint, excused: [] });
  });

  it.each([
    ['clear-signed', ['--clearsign']],
    ['an inline-signed message', ['--armor', '--sign']],
  ])('[E08] are refused when they are %s', async (_what, how) => {
    const text = await made(...how);
    const fault = await faultOf(async () =>
      verifyDetached({ armored: text, bytes: metadata }, await pinned(), rules),
    );
    expect(fault.code).toBe('SignatureInvalid');
    expect(fault.check).toBe('detached signature expected');
  });

  it('count when they are clear-signed only by a named exception, and for these bytes only', async () => {
    const text = await made('--clearsign');
    const allow = {
      allow: 'inline-metadata-signature',
      until: '2099-01-01',
      reason: 'old',
    } as const;
    const lenient = { ...rules, exceptions: [allow] };
    const found = await verifyDetached({ armored: text, bytes: metadata }, await pinned(), lenient);
    expect(found).toEqual({ fingerprint: key.fingerprint, excused: ['inline-metadata-signature'] });
    const other = Buffer.from('<repomd><revision>2</revision></repomd>\n');
    // Also when the message's text is changed to match: what is verified is what was fetched.
    const forged = text.replace('<revision>1', '<revision>2');
    for (const armored of [text, forged]) {
      const work = async () => verifyDetached({ armored, bytes: other }, await pinned(), lenient);
      expect((await faultOf(work)).code).toBe('SignatureInvalid');
    }
    const detached = await made('--armor', '--detach-sign');
    const usual = await verifyDetached(
      { armored: detached, bytes: metadata },
      await pinned(),
      lenient,
    );
    expect(usual.excused).toEqual([]);
  });

  it('[E08] are refused when a message is labelled as a signature', async () => {
    const text = (await made('--armor', '--sign')).replaceAll('PGP MESSAGE', 'PGP SIGNATURE');
    const fault = await faultOf(async () =>
      verifyDetached({ armored: text, bytes: metadata }, await pinned(), rules),
    );
    expect(fault.check).toBe('detached signature expected');
  });
});

withTestdata('signatures of real repositories', () => {
  const read = (path: string): Buffer => readFileSync(testdata(path));
  const at = async (folder: string, keyPath: string, time: number) => {
    const text = read(keyPath).toString();
    const keyring = await readKeyring([{ path: keyPath, text }]);
    const asc = read(`${folder}/repomd.xml.asc`).toString();
    return verifyDetached({ armored: asc, bytes: read(`${folder}/repomd.xml`) }, keyring, {
      now: time,
      exceptions: [],
    });
  };
  const xlibre = 'xlibre-opensuse/outtathebox5319-rpm-signing-key.asc';

  it.each([
    'xlibre-opensuse/repodata',
    'xlibre-opensuse/x86_64/repodata',
    'xlibre-opensuse-generations/ea2d3a9/repodata',
  ])('%s is good', async (folder) => {
    const found = await at(folder, xlibre, now);
    expect(found.fingerprint).toBe('17916E744A41E4CF94083199AB70E8147E117264');
  });

  it('one repository’s signature is not good for another', async () => {
    const asc = read('xlibre-opensuse/repodata/repomd.xml.asc').toString();
    const text = read(xlibre).toString();
    const keyring = await readKeyring([{ path: xlibre, text }]);
    const other = read('xlibre-opensuse/x86_64/repodata/repomd.xml');
    const fault = await faultOf(() =>
      verifyDetached({ armored: asc, bytes: other }, keyring, { now, exceptions: [] }),
    );
    expect(fault.code).toBe('SignatureInvalid');
  });
});
