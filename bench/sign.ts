import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFurtherKey, realDisk, realSigner, rpmPackageCheck } from '../src/edge/index.ts';
import { sign } from '../src/executor/index.ts';
import type { CommitId, PackageEntry, Sha256 } from '../src/model/index.ts';
import { packagePath, type Store } from '../src/store/index.ts';
import { heldPackage } from '../test/support/held-packages.ts';
import { writeRpm } from '../test/support/rpm-writer.ts';

/**
 * `node bench/sign.ts [COUNT]`: signs COUNT packages (131) of about 950 kB each with RSA-4096, as a step of a pass does
 * it, with rpmsign and the same key beside it, and prints how long each took in this one run.
 */
const count = Number(process.argv[2] ?? '131');
const payloadBytes = 950_000;

const work = await mkdtemp('/tmp/sluice-bench-');
try {
  await bench();
} finally {
  await rm(work, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  note(`writing ${count} packages`);
  const store: Store = { disk: realDisk(), root: join(work, 'state') };
  const packages = await fill(store);
  const now = Math.floor(Date.now() / 1000);
  const keys = join(work, 'keys');
  const made = await createFurtherKey(keys, { name: 'bench', date: now - 100 });
  const bytes = packages.reduce((sum, p) => sum + p.sizeBytes, 0);

  const read = await timed('read', async () => {
    for (const entry of packages) await digestOfFile(store, entry);
  });
  const signer = realSigner(keys);
  await signer.keys();
  let made4096 = 0;
  const signed = await timed('sign', async () => {
    await sign(
      {
        signer,
        packageCheck: rpmPackageCheck(),
        clock: { now: () => now },
        log: { emit: () => undefined },
      },
      store,
      {
        channel: 'bench',
        signingKey: made.fingerprint,
        commit: '0'.repeat(40) as CommitId,
        packages,
        known: new Map(),
        kept: async (forms) => {
          made4096 += forms.length;
        },
      },
    );
  });
  const alone = await timed('signatures', async () => {
    const purpose = { kind: 'commit' } as const;
    for (const { buildTime } of packages) {
      const order = { key: made.fingerprint, bytes: Buffer.alloc(4000), dateSeconds: buildTime };
      await signer.sign({ ...order, purpose });
    }
  });
  const theirs = await rpmsign(store, packages, made.fingerprint);
  const row = (what: string, seconds: number) =>
    print(`| ${what} | ${seconds.toFixed(2)} s | ${((seconds * 1000) / count).toFixed(1)} ms |`);
  print(`${made4096} packages, ${(bytes / 1e6).toFixed(0)} MB, RSA-4096, one run\n`);
  print('| what | all | each |\n|---|---|---|');
  row('reading and hashing them', read);
  row('the RSA signatures alone', alone);
  row('Sluice: read, sign, write, flush, check twice, keep', signed);
  row('rpmsign --addsign, same key', theirs);
}

/** Whole packages of random bytes, written and not built: what is in the payload makes no difference here. */
async function fill(store: Store): Promise<readonly PackageEntry[]> {
  const entries: PackageEntry[] = [];
  for (let n = 0; n < count; n += 1) {
    const { bytes } = writeRpm({ name: `bench-${n}`, payload: randomBytes(payloadBytes) });
    const { entry } = heldPackage(bytes);
    await store.disk.replace(packagePath(store.root, entry), bytes, { durable: false });
    entries.push(entry);
  }
  return entries;
}

async function digestOfFile(store: Store, entry: PackageEntry): Promise<Sha256> {
  const hash = createHash('sha256');
  for await (const chunk of store.disk.chunks(packagePath(store.root, entry))) hash.update(chunk);
  return hash.digest('hex') as Sha256;
}

/** On copies, with the same key in a keyring of its own. */
async function rpmsign(
  store: Store,
  packages: readonly PackageEntry[],
  fingerprint: string,
): Promise<number> {
  const folder = join(work, 'copies');
  await mkdir(folder);
  for (const [n, entry] of packages.entries()) {
    await copyFile(packagePath(store.root, entry), join(folder, `${n}.rpm`));
  }
  const home = await mkdtemp(join(tmpdir(), 'slg-'));
  const env = { ...process.env, GNUPGHOME: home };
  try {
    const key = join(work, 'keys', `${fingerprint}.key.asc`);
    execFileSync('gpg', ['--batch', '--import', key], { env, stdio: 'pipe' });
    const paths = (await readdir(folder)).map((name) => join(folder, name));
    const macros = ['--define', `_gpg_name ${fingerprint}`, '--define', '__gpg /usr/bin/gpg'];
    return await timed('rpmsign', async () => {
      execFileSync('rpmsign', ['--addsign', ...macros, ...paths], { env, stdio: 'pipe' });
    });
  } finally {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], { stdio: 'ignore' });
    await rm(home, { recursive: true, force: true });
  }
}

async function timed(what: string, task: () => Promise<void>): Promise<number> {
  note(what);
  const started = performance.now();
  await task();
  return (performance.now() - started) / 1000;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
