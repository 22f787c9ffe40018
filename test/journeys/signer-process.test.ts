import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { socketSigner } from '../../src/edge/index.ts';
import type {
  CommitId,
  GenerationRecord,
  PackageEntry,
  SigningOrder,
} from '../../src/model/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { main, type Site, site } from '../support/site.ts';

let here: Site;
let signer: ChildProcess;
let key = '';
let socket = '';

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  key = (await here.ask<{ readonly key: string }>(['init', here.policy, ...upstream])).key;
  const own = join(here.directory, 'signer');
  socket = join(own, 'run/signer.sock');
  await mkdir(join(own, 'run'), { recursive: true });
  await chmod(join(own, 'run'), 0o700);
  await rename(join(here.state, 'keys'), join(own, 'keys'));
  await chmod(join(own, 'keys'), 0o700);
  const settings = join(here.state, 'controller.yaml');
  const more = `signer: { socket: ${socket}, keys: ${own}/keys }\n`;
  await writeFile(settings, (await readFile(settings, 'utf8')) + more);
  const file = join(here.policy, 'channels/testing.yaml');
  const text = (await readFile(file, 'utf8')).replace(/^sign:.*\n/m, '');
  await writeFile(file, `${text.trimEnd()}\nsign: { packages: ${key} }\n`);
  await here.git('commit', '-q', '-a', '-m', 'Sign packages');
  signer = await startSigner();
});
afterAll(async () => {
  signer?.kill('SIGTERM');
  await here.remove();
});

async function startSigner(): Promise<ChildProcess> {
  const args = ['--disable-warning=ExperimentalWarning', main, 'signer'];
  const child = spawn(process.execPath, args, { env: { ...here.environment() }, stdio: 'pipe' });
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (data) => String(data).includes('signing on') && resolve());
    child.on('exit', () => reject(new Error('the signer ended')));
  });
  return child;
}

interface Audit {
  readonly verdict: string;
  readonly kind: string;
  readonly subject: string;
}

const audit = async (): Promise<readonly Audit[]> =>
  (await readFile(join(here.directory, 'signer/keys/audit.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Audit);

const reconcile = () => here.ask<{ readonly done: readonly unknown[] }>(['reconcile'], [0, 1]);

/** A package that testing serves, as an order names it. */
async function servedEntry(): Promise<PackageEntry> {
  const generations = await journaled<{ readonly record: GenerationRecord }>('committed');
  const hex = generations.at(-1)?.record.content.slice(7);
  const manifest = join(here.state, 'snapshots', `${hex}.json`);
  const { trees } = JSON.parse(await readFile(manifest, 'utf8'));
  const [block = ''] = trees.x86_64.blocks;
  const object = join(here.state, 'snapshots/objects', block.slice(0, 2), `${block}.json`);
  return JSON.parse(await readFile(object, 'utf8'))[0];
}

async function journaled<T>(kind: string): Promise<readonly T[]> {
  const folder = join(here.state, 'journal');
  const lines = (
    await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  ).flatMap((text) => text.trimEnd().split('\n'));
  const entries = lines.map((line) => JSON.parse(line) as { kind: string; data: T });
  return entries.filter((entry) => entry.kind === kind).map(({ data }) => data);
}

async function order(more: Partial<Extract<SigningOrder['purpose'], { kind: 'package' }>> = {}) {
  const entry = await servedEntry();
  const commit = (await here.git('rev-parse', 'HEAD')).trim() as CommitId;
  const purpose = { kind: 'package', channel: 'testing', commit, entry, ...more } as const;
  return { key, bytes: new Uint8Array(), dateSeconds: entry.buildTime, purpose };
}

const refusal = async (asked: SigningOrder) => {
  const fault = await faultOf(() => socketSigner(socket).sign(asked));
  return [fault.code, fault.check];
};

/** Each test goes on where the one before it ended. */
describe('a signer in a process of its own', () => {
  test('signs packages, metadata and records of what accepted commits say, and writes it down', async () => {
    await reconcile();
    await reconcile();
    expect(await here.sluice('verify')).toMatchObject({ code: 0 });
    const lines = await audit();
    const signed = lines.filter((line) => line.verdict === 'signed').map((line) => line.kind);
    expect(new Set(signed)).toEqual(new Set(['package', 'repomd', 'record']));
    expect(await readdir(here.state)).not.toContain('keys');
  });

  test('[J01] signs no digest that no commit lets into the channel', async () => {
    const good = await order();
    expect(await socketSigner(socket).sign(good)).toContain('BEGIN PGP SIGNATURE');
    const stray = { ...good.purpose.entry, sha256: 'd'.repeat(64) } as PackageEntry;
    expect(await refusal(await order({ entry: stray }))).toEqual([
      'SigningRefused',
      expect.stringContaining('testing may serve this digest'),
    ]);
    expect((await audit()).at(-1)).toMatchObject({ verdict: 'refused', kind: 'package' });
  });

  test('[J02] an authorisation counts for its channel and its commit, and is not used again', async () => {
    expect(await refusal(await order({ channel: 'production' }))).toEqual([
      'SigningRefused',
      'its policy signs packages with this key',
    ]);
    const before = await order();
    await writeFile(join(here.policy, 'README.md'), 'changed\n');
    await here.git('add', '-A');
    await here.git('commit', '-q', '-m', 'Another commit');
    await reconcile();
    expect(await refusal(before)).toEqual([
      'SigningRefused',
      'its policy is in force by the journal',
    ]);
    const other = { ...(await order()), key: 'A'.repeat(40) };
    expect((await refusal(other))[0]).toBe('SigningRefused');
  });

  test('[J03] signs what it has hashed itself: swapped bytes and another date get nothing', async () => {
    const good = await order();
    const { entry } = good.purpose;
    const folder = join(here.state, 'packages/sha256', entry.sha256.slice(0, 2), entry.sha256);
    const [name = ''] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    await writeFile(
      join(folder, name),
      bytes.map((byte, i) => (i === 4000 ? byte ^ 1 : byte)),
    );
    expect(await refusal(good)).toEqual(['SigningRefused', 'the stored bytes have this digest']);
    await writeFile(join(folder, name), bytes);
    expect(await socketSigner(socket).sign(good)).toContain('BEGIN PGP SIGNATURE');
    expect((await refusal({ ...good, dateSeconds: 1 }))[1]).toBe(
      'its signature is dated by its build',
    );
  });

  test('[J08] signs no repomd.xml but that of the record, over the packages of its content', async () => {
    const record = (await journaled<{ readonly record: GenerationRecord }>('committed')).at(-1)
      ?.record as GenerationRecord;
    const directory = join(here.state, 'generations/testing', String(record.number), 'x86_64');
    const text = await readFile(join(directory, 'repodata/repomd.xml'), 'utf8');
    const repomd = (bytes: string, at = directory): SigningOrder => ({
      ...{ key, bytes: Buffer.from(bytes), dateSeconds: record.revision },
      purpose: { kind: 'repomd', record, directory: at },
    });
    expect(await socketSigner(socket).sign(repomd(text))).toContain('BEGIN PGP SIGNATURE');
    const older = text.replace(/<revision>\d+/, '<revision>1');
    expect((await refusal(repomd(older)))[1]).toBe('its revision is that of the record');
    const elsewhere = text.replace(/[0-9a-f]{64}(?=-primary)/, 'e'.repeat(64));
    expect((await refusal(repomd(elsewhere)))[0]).toMatch(/SigningRefused|DiskError/);
    expect((await refusal(repomd(text, here.directory)))[1]).toBe(
      'the repository lies in the state directory',
    );
    const forged = { ...record, number: 99 };
    const asked = { kind: 'record', record: forged } as const;
    const bytes = Buffer.from(JSON.stringify(forged));
    expect((await refusal({ key, bytes, dateSeconds: 1, purpose: asked }))[1]).toBe(
      'the record is that of the journal',
    );
  });

  test.skipIf(process.getuid?.() !== 0)(
    '[J10] another user can neither ask it, read its key nor look into it',
    async () => {
      const asNobody = async (...command: readonly string[]) => {
        const args = ['--reuid=65534', '--regid=65534', '--clear-groups', ...command];
        const child = spawn('setpriv', args, { stdio: 'pipe' });
        let said = '';
        for (const stream of [child.stdout, child.stderr]) {
          stream.on('data', (data) => {
            said += data;
          });
        }
        const code = await new Promise((resolve) => child.on('exit', resolve));
        return { code, said };
      };
      await chmod(here.directory, 0o755);
      const file = join(here.directory, 'signer/keys/site.key.asc');
      expect((await asNobody('cat', file)).said).toMatch(/Permission denied/);
      expect((await asNobody('stat', socket)).said).toMatch(/Permission denied/);
      expect((await asNobody('cat', `/proc/${signer.pid}/environ`)).said).toMatch(
        /Permission denied/,
      );
      expect((await asNobody('dd', `if=/proc/${signer.pid}/mem`, 'count=1')).said).toMatch(
        /Permission denied|Operation not permitted/,
      );
    },
  );

  test('a signer that is away stops what would be signed, and nothing else', async () => {
    signer.kill('SIGTERM');
    await new Promise((resolve) => signer.once('exit', resolve));
    await buildVendor(join(here.directory, 'vendor'), 2);
    const away = await here.sluice('reconcile', '--sync');
    expect(away.stdout + away.stderr).toContain('SignerUnavailable');
    signer = await startSigner();
    expect((await reconcile()).done).toContainEqual(
      expect.objectContaining({ text: 'signed 3 packages for testing' }),
    );
    expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  });
});
