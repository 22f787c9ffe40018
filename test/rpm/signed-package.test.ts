import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/rpm/header-values.ts';
import {
  bytesToSign,
  inspectPackage,
  judgePackage,
  packageHeadLength,
  readKeyring,
  signaturePacket,
  withSignature,
} from '../../src/rpm/index.ts';
import { parseHead } from '../../src/rpm/package-layout.ts';
import { faultOf } from '../support/fault-of.ts';
import { type Gpg, type GpgKey, makeGpg } from '../support/gpg.ts';
import { testdata, withTestdata } from '../support/testdata.ts';
import { buildPackages } from '../support/upstream.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-signed-'));
let gpg: Gpg;
let keys: Readonly<Record<'rsa4096' | 'ed25519', GpgKey>>;
let built = '';

beforeAll(() => {
  gpg = makeGpg();
  keys = { rsa4096: gpg.makeKey('rsa', 'rsa4096'), ed25519: gpg.makeKey('ed', 'ed25519') };
  [built = ''] = buildPackages(work, [{ name: 'alpha' }]);
  for (const key of Object.values(keys)) {
    writeFileSync(join(work, 'key.asc'), key.publicKey);
    execFileSync('rpmkeys', ['--dbpath', join(work, 'db'), '--import', join(work, 'key.asc')]);
  }
});
afterAll(() => {
  gpg.dispose();
  rmSync(work, { recursive: true, force: true });
});

/** The file with our signature: its head by us, its signature by the real gpg. */
async function signed(bytes: Buffer, key: GpgKey): Promise<Buffer> {
  const head = bytes.subarray(0, headLength(bytes));
  const payload = bytes.subarray(head.length);
  const file = join(work, 'header');
  writeFileSync(file, bytesToSign(head, 'package'));
  key.signFile(file);
  const packet = await signaturePacket(readFileSync(`${file}.asc`, 'utf8'));
  return Buffer.concat([withSignature(head, packet, 'package'), payload]);
}

const headLength = (bytes: Buffer): number => {
  const length = packageHeadLength(bytes);
  if (length === undefined) throw new Error('not a package');
  return length;
};

/** What the real rpm says of a file, every level demanded. */
function rpmSays(bytes: Buffer): string {
  const file = join(work, 'said.rpm');
  writeFileSync(file, bytes);
  const level = ['--define', '_pkgverify_level all'];
  const run = ['--dbpath', join(work, 'db'), ...level, '-Kv', file];
  return execFileSync('rpmkeys', run, { env: { ...process.env, LC_ALL: 'C' } }).toString();
}

/** The file without signatures, as the real rpmsign leaves it. */
function unsigned(bytes: Buffer): Buffer {
  const file = join(work, 'unsigned.rpm');
  writeFileSync(file, bytes);
  execFileSync('rpmsign', ['--delsign', file], { stdio: 'pipe' });
  return readFileSync(file);
}

/** The same package with the same key, as the real rpmsign signs it; and with the packet it made, as we do. */
function bothWays(path: string, key: GpgKey): { readonly ours: Buffer; readonly theirs: Buffer } {
  const file = join(work, 'by-rpmsign.rpm');
  copyFileSync(path, file);
  key.signPackages([file]);
  const theirs = readFileSync(file);
  const { signature } = parseHead(theirs.subarray(0, headLength(theirs)), 'theirs');
  const packet = bytesOf(signature, 268) ?? bytesOf(signature, 267) ?? Buffer.alloc(0);
  const original = readFileSync(path);
  const head = withSignature(original.subarray(0, headLength(original)), packet, 'ours');
  return { ours: Buffer.concat([head, original.subarray(headLength(original))]), theirs };
}

describe.each(['rsa4096', 'ed25519'] as const)('a package signed by %s', (algorithm) => {
  test('counts for rpm and for us, and is as long as before', async () => {
    const original = readFileSync(built);
    const bytes = await signed(original, keys[algorithm]);
    expect(bytes.length).toBe(original.length);
    expect(rpmSays(bytes)).toMatch(/Header V4 \S+ Signature, key ID [0-9a-f]+: OK/);
    const keyring = await readKeyring([{ path: 'site.asc', text: keys[algorithm].publicKey }]);
    const rules = { required: true, exceptions: [], now: Date.now() / 1000, metadataPinned: true };
    expect(judgePackage(inspectPackage(bytes), keyring, rules)).toMatchObject({
      kind: 'accepted',
      signedBy: keys[algorithm].fingerprint,
    });
  });

  test('is the file that rpmsign makes of the same signature, and rpmsign takes it out again', () => {
    const { ours, theirs } = bothWays(built, keys[algorithm]);
    expect(ours.equals(theirs)).toBe(true);
    expect(inspectPackage(unsigned(ours)).signatures).toEqual([]);
    expect(inspectPackage(unsigned(ours)).headerBytes).toEqual(inspectPackage(ours).headerBytes);
  });

  test('[J07] signed again carries one signature, in the same place', async () => {
    const other = algorithm === 'rsa4096' ? keys.ed25519 : keys.rsa4096;
    const once = await signed(readFileSync(built), other);
    const file = join(work, 'once.rpm');
    writeFileSync(file, once);
    const { ours: twice } = bothWays(file, keys[algorithm]);
    expect(inspectPackage(twice).signatures).toHaveLength(1);
    expect(twice.length).toBe(once.length);
    const { signature } = parseHead(twice.subarray(0, headLength(twice)), 'twice');
    const packet = bytesOf(signature, 268) ?? bytesOf(signature, 267) ?? Buffer.alloc(0);
    const original = readFileSync(built);
    const head = withSignature(original.subarray(0, headLength(original)), packet, 'once');
    expect(head.equals(twice.subarray(0, headLength(twice)))).toBe(true);
  });
});

withTestdata('packages of real vendors', () => {
  const folders = ['createrepo_c/packages', 'go-rpmutils', 'pulp-fixtures', 'rpm-upstream'];

  test('take our signature, in the eyes of rpm', { timeout: 60_000 }, async () => {
    const counts = { signed: 0, asRpmsign: 0, refused: 0 };
    for (const path of folders.flatMap(packagesBelow)) {
      const original = readFileSync(path);
      const judged = await readable(original);
      if (judged === 'NotSignable') counts.refused += 1;
      if (judged !== 'signable') continue;
      const { ours, theirs } = bothWays(path, keys.ed25519);
      expect(rpmSays(ours), path).toMatch(/EdDSA\/SHA\d+ Signature, key ID [0-9a-f]+: OK/);
      counts.signed += 1;
      if (ours.equals(theirs)) counts.asRpmsign += 1;
    }
    // rpmsign gives the space of a longer signature away, and other builders order their headers otherwise.
    expect(counts).toMatchObject({ signed: 58, refused: 51 });
    expect(counts.asRpmsign).toBeGreaterThan(40);
  });
});

function packagesBelow(folder: string): readonly string[] {
  const names = readdirSync(testdata(folder), { recursive: true, encoding: 'utf8' });
  return names.filter((n) => n.endsWith('.rpm')).map((n) => join(testdata(folder), n));
}

/** Some of them are made to be refused. */
async function readable(bytes: Buffer): Promise<'signable' | 'NotSignable' | 'damaged'> {
  try {
    inspectPackage(bytes);
  } catch {
    return 'damaged';
  }
  const head = bytes.subarray(0, headLength(bytes));
  try {
    bytesToSign(head, 'package');
    return 'signable';
  } catch {
    expect((await faultOf(async () => bytesToSign(head, 'package'))).code).toBe('NotSignable');
    return 'NotSignable';
  }
}
