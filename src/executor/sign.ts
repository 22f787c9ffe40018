import { createHash } from 'node:crypto';
import {
  type CommitId,
  counted,
  Fault,
  nevraText,
  type Outcome,
  type PackageCheckVerdict,
  type PackageEntry,
  type Sha256,
  type SignedForm,
} from '../model/index.ts';
import type { Ports, Staged } from '../ports.ts';
import {
  bytesToSign,
  type Inspection,
  judgePackage,
  type Keyring,
  packageHeadLength,
  packageScanner,
  readKeyring,
  signaturePacket,
  withSignature,
} from '../rpm/index.ts';
import {
  holdsPackage,
  keepPackage,
  packagePath,
  type Store,
  stagePackage,
} from '../store/index.ts';

/** The form that one package has with one key. */
export interface KeptForm extends SignedForm {
  readonly source: Sha256;
}

export interface SignJob {
  readonly channel: string;
  /** Full fingerprint. */
  readonly signingKey: string;
  /** The commit whose policy puts the packages into the channel. */
  readonly commit: CommitId;
  readonly packages: readonly PackageEntry[];
  /** Forms that were made before, by source digest. */
  readonly known: ReadonlyMap<Sha256, SignedForm>;
  /** Writes down forms whose bytes are kept; what was killed before is made again, to the same bytes. */
  readonly kept: (forms: readonly KeptForm[]) => Promise<void>;
}

type SignPorts = Pick<Ports, 'signer' | 'packageCheck' | 'clock' | 'log'>;

/** Signed, checked and journaled as one; so much is lost at most when the process is killed. */
const batchSize = 32;

/** Copies that are read, signed and written at a time, so that the processor works while the disk does. */
const copiesAtOnce = 4;

/**
 * Makes the signed form of every package that lacks it, and keeps it in the store beside the source, which is never
 * touched. A form is kept only when our own check and that of rpm accept it: `SignatureDisputed` otherwise.
 */
export async function sign(ports: SignPorts, store: Store, job: SignJob): Promise<Outcome> {
  const todo = await lacking(store, job);
  if (todo.length === 0) return { kind: 'already' };
  const armored = await ports.signer.publicKey(job.signingKey);
  const keyring = await readKeyring([{ path: `key ${job.signingKey}`, text: armored }]);
  for (let from = 0; from < todo.length; from += batchSize) {
    const batch = todo.slice(from, from + batchSize);
    await signBatch(ports, store, { job, batch, keyring, armored });
    const done = Math.min(from + batchSize, todo.length);
    const progress = { done, total: todo.length, unit: 'packages' } as const;
    ports.log.emit({ kind: 'progress', task: `sign for ${job.channel}`, ...progress });
  }
  return { kind: 'done', text: `signed ${counted(todo.length, 'package')} for ${job.channel}` };
}

/** Once each, whatever trees it is in. */
async function lacking(store: Store, { packages, known }: SignJob) {
  const todo = new Map<Sha256, PackageEntry>();
  for (const entry of packages) {
    const form = known.get(entry.sha256);
    const held = form !== undefined && (await holdsPackage(store, { ...entry, ...form }));
    if (!held) todo.set(entry.sha256, entry);
  }
  return [...todo.values()];
}

interface Batch {
  readonly job: SignJob;
  readonly batch: readonly PackageEntry[];
  readonly keyring: Keyring;
  readonly armored: string;
}

interface Made {
  readonly entry: PackageEntry;
  readonly staged: Staged;
  readonly inspection: Inspection;
}

async function signBatch(ports: SignPorts, store: Store, at: Batch): Promise<void> {
  const made: Made[] = [];
  try {
    for (let from = 0; from < at.batch.length; from += copiesAtOnce) {
      const some = at.batch.slice(from, from + copiesAtOnce);
      const copies = some.map((entry) => signedCopy(ports, store, { entry, job: at.job }));
      // All of them end before a failure is told: nothing is left lying about.
      const ended = await Promise.allSettled(copies);
      made.push(...ended.flatMap((e) => (e.status === 'fulfilled' ? [e.value] : [])));
      const failed = ended.find((e) => e.status === 'rejected');
      if (failed) throw failed.reason;
    }
    await refuseDisputed(ports, made, at);
  } catch (error) {
    for (const { staged } of made) await staged.discard();
    throw error;
  }
  const forms = await Promise.all(
    made.map(async ({ entry, staged, inspection }): Promise<KeptForm> => {
      const { sha256, sizeBytes } = inspection;
      await keepPackage(store, staged, { ...entry, sha256, sizeBytes });
      return { source: entry.sha256, sha256, sizeBytes };
    }),
  );
  await at.job.kept(forms);
}

/** Reads the source once: its head is signed and replaced, its payload passes by, and all of it is hashed. */
async function signedCopy(
  ports: SignPorts,
  store: Store,
  { entry, job }: { readonly entry: PackageEntry; readonly job: SignJob },
): Promise<Made> {
  const object = nevraText(entry);
  const source = createHash('sha256');
  const scanner = packageScanner(object);
  const staged = await stagePackage(store);
  const put = async (bytes: Uint8Array): Promise<void> => {
    scanner.push(bytes);
    await staged.write(bytes);
  };
  try {
    let waiting: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of store.disk.chunks(packagePath(store.root, entry))) {
      source.update(chunk);
      if (waiting === undefined) {
        await put(chunk);
        continue;
      }
      waiting = Buffer.concat([waiting, chunk]);
      const length = packageHeadLength(waiting);
      if (length === undefined || length > waiting.length) continue;
      await put(await signedHead(ports, waiting.subarray(0, length), { entry, job }));
      if (waiting.length > length) await put(waiting.subarray(length));
      waiting = undefined;
    }
    const found = source.digest('hex');
    if (waiting !== undefined || found !== entry.sha256) throw damagedSource(entry, found);
    return { entry, staged, inspection: scanner.finish() };
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/** Dated by the package, so that the form depends on package and key alone. */
async function signedHead(
  ports: SignPorts,
  head: Buffer,
  { entry, job }: { readonly entry: PackageEntry; readonly job: SignJob },
): Promise<Buffer> {
  const object = nevraText(entry);
  const { channel, commit, signingKey } = job;
  const armored = await ports.signer.sign({
    key: signingKey,
    bytes: bytesToSign(head, object),
    dateSeconds: entry.buildTime,
    purpose: { kind: 'package', channel, commit, entry },
  });
  return withSignature(head, signaturePacket(armored), object);
}

function damagedSource(entry: PackageEntry, found: string): Fault {
  return new Fault('SnapshotDamaged', {
    object: nevraText(entry),
    check: 'digest of the stored bytes, read while they were signed',
    expected: `sha256 ${entry.sha256}`,
    found: `sha256 ${found}`,
    fix: 'Run `sluice reconcile --sync`: the package is fetched again where its upstream still has it.',
  });
}

/** Two implementations look at every file that was made; both have to accept it. */
async function refuseDisputed(ports: SignPorts, made: readonly Made[], at: Batch): Promise<void> {
  const key = { fingerprint: at.job.signingKey, armored: at.armored };
  const paths = made.map(({ staged }) => staged.path);
  const theirs = await ports.packageCheck.check(key, paths);
  for (const [i, { entry, inspection }] of made.entries()) {
    const ours = ownVerdict(ports, inspection, at);
    const second = theirs[i] ?? { accepted: false, said: 'nothing' };
    if (!ours.accepted || !second.accepted) throw disputed(entry, ours, second);
  }
}

function ownVerdict(ports: SignPorts, inspection: Inspection, at: Batch): PackageCheckVerdict {
  // A signature is never dated before its key or its package, so the clock alone may be too early to judge it.
  const now = Math.max(ports.clock.now(), inspection.detail.buildTime);
  const rules = { required: true, exceptions: [], now, metadataPinned: false };
  const verdict = judgePackage(inspection, at.keyring, rules);
  if (verdict.kind === 'refused') return { accepted: false, said: verdict.fault.message };
  const { signedBy } = verdict;
  return { accepted: signedBy === at.job.signingKey, said: `signed by ${signedBy}` };
}

function disputed(
  entry: PackageEntry,
  ours: PackageCheckVerdict,
  theirs: PackageCheckVerdict,
): Fault {
  const word = (v: PackageCheckVerdict) => `${v.accepted ? 'accepts' : 'refuses'} it (${v.said})`;
  return new Fault('SignatureDisputed', {
    object: nevraText(entry),
    check: 'the signature made here counts for two implementations',
    expected: 'both accept it',
    found: `Sluice ${word(ours)}; rpmkeys ${word(theirs)}`,
    fix: 'Check the signer and its key (sluice key list); nothing was kept of this package.',
  });
}
