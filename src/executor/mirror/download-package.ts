import { createHash } from 'node:crypto';
import { Fault, nevraText, type PackageDetail, type PackageEntry } from '../../model/index.ts';
import type { Staged } from '../../ports.ts';
import { type Inspection, packageScanner } from '../../rpm/index.ts';
import { packagePath, stagePackage } from '../../store/index.ts';
import type { Examining } from './job.ts';
import { type Judgement, judgement } from './judge-package.ts';
import type { OfferedPackage } from './offered-package.ts';
import { fromTheStart, type UpstreamFiles } from './upstream-files.ts';

export interface Examined {
  readonly entry: PackageEntry;
  readonly detail: PackageDetail;
  readonly judgement: Judgement;
}

export interface Downloaded extends Examined {
  /** Where its bytes are staged, if it was accepted. */
  readonly stagedPath: string;
}

/**
 * Brings one package to this machine. Its bytes are hashed once, while they are written to a staged file; only what has
 * the promised digest, is what primary says it is and passes the rules of the upstream stays there.
 */
export async function downloadPackage(
  sync: Examining,
  files: UpstreamFiles,
  offered: OfferedPackage,
): Promise<Downloaded> {
  return await fromTheStart(files, async (open) => {
    const staged = await stagePackage(sync.store);
    try {
      const { sizeBytes, href } = offered;
      const source = open(href, { maxBytes: sizeBytes, sizeBytes });
      const examined = await examine(sync, offered, {
        first: written(source, staged),
        again: () => sync.ports.disk.chunks(staged.path),
      });
      if (examined.judgement.kind === 'accepted') await staged.leave();
      else await staged.discard();
      return { ...examined, stagedPath: staged.path };
    } catch (error) {
      await staged.discard();
      throw aboutTheFile.has(codeOf(error)) ? named(offered, error) : error;
    }
  });
}

const aboutTheFile: ReadonlySet<string> = new Set([
  'ChecksumMismatch',
  'PackageInvalid',
  'TransferRefused',
  'TransferTooLarge',
  'UpstreamFileMissing',
]);

const codeOf = (error: unknown): string => (error instanceof Fault ? error.code : '');

/**
 * Judges bytes that an earlier, interrupted or differently ruled sync has left in the store. undefined: they were
 * damaged here and have to be fetched again.
 */
export async function examineHeld(
  sync: Examining,
  offered: OfferedPackage,
): Promise<Examined | undefined> {
  const path = packagePath(sync.store.root, { ...offered.nevra, sha256: offered.sha256 });
  const again = () => sync.ports.disk.chunks(path);
  try {
    return await examine(sync, offered, { first: again(), again });
  } catch (error) {
    if (codeOf(error) === 'ChecksumMismatch') return undefined;
    throw named(offered, error);
  }
}

async function* written(
  source: AsyncIterable<Uint8Array>,
  staged: Staged,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    await staged.write(chunk);
    yield chunk;
  }
}

/** The bytes of a package as they come, and once more from the disk if need be. */
interface Bytes {
  readonly first: AsyncIterable<Uint8Array>;
  again(): AsyncIterable<Uint8Array>;
}

async function examine(sync: Examining, offered: OfferedPackage, bytes: Bytes): Promise<Examined> {
  const inspection = await scan(offered, bytes);
  if (inspection.sha256 !== offered.sha256) throw otherBytes(offered, inspection.sha256);
  checkHeader(offered, inspection);
  const { detail } = inspection;
  return { entry: entryOf(inspection), detail, judgement: judgement(sync, inspection) };
}

/**
 * A package that breaks its format is most often a damaged one, and then its digest says so better than its format: a
 * scan that fails is completed by hashing the bytes that were written.
 */
async function scan(offered: OfferedPackage, bytes: Bytes): Promise<Inspection> {
  const scanner = packageScanner();
  let broken: unknown;
  for await (const chunk of bytes.first) {
    if (broken !== undefined) continue;
    try {
      scanner.push(chunk);
    } catch (error) {
      broken = error;
    }
  }
  try {
    if (broken !== undefined) throw broken;
    return scanner.finish();
  } catch (error) {
    const hash = createHash('sha256');
    for await (const chunk of bytes.again()) hash.update(chunk);
    const found = hash.digest('hex');
    throw found === offered.sha256 ? error : otherBytes(offered, found);
  }
}

/** Fetcher and scanner know addresses and bytes; people want to know which package. */
function named(offered: OfferedPackage, error: unknown): unknown {
  if (!(error instanceof Fault)) return error;
  const { expected, found, fix } = error;
  return new Fault(error.code, {
    object: `${nevraText(offered.nevra)} (${offered.href})`,
    check: error.check,
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    fix,
    cause: error,
  });
}

function otherBytes({ nevra, sha256, href }: OfferedPackage, found: string): Fault {
  return new Fault('ChecksumMismatch', {
    object: `${nevraText(nevra)} (${href})`,
    check: 'digest of the package',
    expected: `sha256 ${sha256}`,
    found: `sha256 ${found}`,
    fix: 'Nothing was taken over. Sync again; if it stays, the upstream or a proxy on the way serves damaged packages.',
  });
}

/** File names prove nothing: what counts is that metadata and header agree on what the package is. */
function checkHeader({ nevra, href }: OfferedPackage, { detail }: Inspection): void {
  const [expected, found] = [nevraText(nevra), nevraText(detail)];
  if (expected === found) return;
  throw new Fault('PackageMismatch', {
    object: `${expected} (${href})`,
    check: 'the header names the package that primary names',
    expected,
    found,
    fix: 'Nothing was taken over. Ask the upstream: its metadata does not describe its packages.',
  });
}

function entryOf({ detail }: Inspection): PackageEntry {
  const { name, epoch, version, release, arch, sha256, sizeBytes, buildTime, sourceRpm } = detail;
  const entry = { name, epoch, version, release, arch, sha256, sizeBytes, buildTime };
  return sourceRpm === undefined ? entry : { ...entry, sourceRpm };
}
