import { digestOf, Fault, type Floor, type Sha256, type Weakness } from '../../model/index.ts';
import { type Repomd, readRepomd, verifyDetached } from '../../rpm/index.ts';
import { checkFloor, checkPlausible, floorOf } from './floor.ts';
import type { Sync } from './job.ts';
import { readWhole, type UpstreamFiles } from './upstream-files.ts';

const repomdHref = 'repodata/repomd.xml';
const maxRepomdBytes = 4 << 20;
const maxSignatureBytes = 64 << 10;

export interface RepomdBytes {
  readonly bytes: Uint8Array;
  readonly digest: Sha256;
}

/** repomd.xml whose signature, age and plausibility have been judged. */
export interface Offer {
  readonly repomd: Repomd;
  readonly digest: Sha256;
  readonly signedBy?: string;
  /** Exceptions that its signature needed. */
  readonly excused: readonly Weakness[];
  readonly offered: Floor;
}

export async function fetchRepomd(files: UpstreamFiles): Promise<RepomdBytes> {
  const bytes = await readWhole(files, repomdHref, { maxBytes: maxRepomdBytes });
  return { bytes, digest: digestOf(bytes) };
}

/** The signature is judged over the bytes before anything reads them. */
export async function judgeRepomd(
  sync: Sync,
  files: UpstreamFiles,
  { bytes, digest }: RepomdBytes,
): Promise<Offer> {
  const signature = sync.upstream.require.metadataSignature
    ? await verifySignature(sync, bytes, await signatureText(sync, files))
    : undefined;
  const repomd = readRepomd(bytes, `repomd.xml of ${sync.upstream.name}`);
  const offered = floorOf(repomd);
  checkPlausible(sync.upstream.name, offered, sync.now);
  checkFloor(sync.job, offered);
  const signed = signature === undefined ? {} : { signedBy: signature.fingerprint };
  return { repomd, digest, offered, excused: signature?.excused ?? [], ...signed };
}

async function verifySignature(sync: Sync, bytes: Uint8Array, armored: string) {
  const { exceptions, name } = sync.upstream;
  const rules = { now: sync.now, exceptions, object: `repomd.xml of ${name}` };
  return verifyDetached({ armored, bytes }, sync.keyring, rules);
}

async function signatureText(sync: Sync, files: UpstreamFiles): Promise<string> {
  const href = `${repomdHref}.asc`;
  try {
    const bytes = await readWhole(files, href, { maxBytes: maxSignatureBytes });
    return Buffer.from(bytes).toString('latin1');
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'UpstreamFileMissing') throw error;
    const before = sync.job.previous?.signedBy;
    throw new Fault('MetadataUnsigned', {
      object: `upstream ${sync.upstream.name}`,
      check: before === undefined ? 'repomd.xml is signed' : 'repomd.xml is still signed',
      expected: before === undefined ? href : `${href}, as by ${before} before`,
      found: error.found ?? 'no such file',
      fix: 'Ask the upstream. If it does not sign its metadata: `require: { metadataSignature: false }` in the upstream.',
      at: sync.upstream.at,
      cause: error,
    });
  }
}
