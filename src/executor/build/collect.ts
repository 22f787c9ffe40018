import { join } from 'node:path';
import { type BuildInputs, Fault, type PackageEntry } from '../../model/index.ts';
import type { OpenedFile, Staged } from '../../ports.ts';
import { type Inspection, packageScanner } from '../../rpm/index.ts';
import { keepPackage, type Store, stagePackage } from '../../store/index.ts';
import type { Allowance } from './allowance.ts';
import { judgeOutputs } from './judge-outputs.ts';

export interface CollectJob {
  readonly inputs: BuildInputs;
  readonly allowance: Allowance;
  /** Whatever a build left there: nothing in it is believed. */
  readonly directory: string;
  readonly maxBytes: number;
}

interface Copied {
  readonly staged: Staged;
  readonly inspection: Inspection;
}

const maxFiles = 4096;

/**
 * Takes what a build made into the store: regular files, opened once and hashed while they are copied, so that nothing
 * can change between judging and keeping. All of it is kept or nothing. Throws `BuildOutputRefused`.
 */
export async function collect(store: Store, job: CollectJob): Promise<readonly PackageEntry[]> {
  const copied: Copied[] = [];
  try {
    const names = await store.disk.list(job.directory);
    if (names.length > maxFiles) throw refused(job, `at most ${maxFiles} files`, names.length);
    let leftBytes = job.maxBytes;
    for (const name of names) {
      const taken = await copy(store, job, { name, leftBytes });
      if (taken === undefined) continue;
      copied.push(taken);
      leftBytes -= taken.inspection.sizeBytes;
    }
    const details = copied.map((c) => c.inspection.detail);
    judgeOutputs(job.inputs, job.allowance, details);
    for (const { staged, inspection } of copied) {
      await keepPackage(store, staged, entryOf(inspection));
    }
    return copied.map((c) => entryOf(c.inspection)).toSorted(byName);
  } catch (error) {
    for (const { staged } of copied) await staged.discard();
    throw error;
  }
}

/** Something regular that is no package is left where it is: reports about itself that a build writes mean nothing. */
async function copy(
  store: Store,
  job: CollectJob,
  { name, leftBytes }: { readonly name: string; readonly leftBytes: number },
): Promise<Copied | undefined> {
  if (!/^[^\u0000-\u001f\u007f]+$/.test(name)) throw refused(job, 'plain file names', name);
  const file = await store.disk.openUntrusted(join(job.directory, name));
  if (file === undefined) throw refused(job, 'files stay where they are', `${name} vanished`);
  try {
    if (file.kind !== 'file') {
      const kind = file.kind === 'other' ? 'no regular file' : `a ${file.kind}`;
      throw refused(job, 'regular files only', `${name} is ${kind}`);
    }
    if (file.links !== 1) throw refused(job, 'files of its own only', `${name} has other names`);
    if (!name.endsWith('.rpm')) return undefined;
    if (file.sizeBytes > leftBytes) {
      throw refused(job, `at most ${job.maxBytes} bytes`, `${name} has ${file.sizeBytes}`);
    }
    return await scanned(store, job, { file, name, leftBytes });
  } finally {
    await file.close();
  }
}

async function scanned(
  store: Store,
  job: CollectJob,
  from: { readonly file: OpenedFile; readonly name: string; readonly leftBytes: number },
): Promise<Copied> {
  const staged = await stagePackage(store);
  try {
    const scanner = packageScanner(from.name);
    let sizeBytes = 0;
    for await (const chunk of from.file.chunks()) {
      sizeBytes += chunk.length;
      // The size that was asked for may have grown since.
      if (sizeBytes > from.leftBytes) throw refused(job, `at most ${job.maxBytes} bytes`, 'more');
      await staged.write(chunk);
      scanner.push(chunk);
    }
    return { staged, inspection: scanner.finish() };
  } catch (error) {
    await staged.discard();
    if (!(error instanceof Fault) || error.code !== 'PackageInvalid') throw error;
    throw refused(job, `whole packages: ${error.check}`, `${from.name} ${error.found ?? ''}`);
  }
}

function entryOf({ detail }: Inspection): PackageEntry {
  const { name, epoch, version, release, arch, sha256, sizeBytes, buildTime, sourceRpm } = detail;
  const entry = { name, epoch, version, release, arch, sha256, sizeBytes, buildTime };
  return sourceRpm === undefined ? entry : { ...entry, sourceRpm };
}

const byName = (a: PackageEntry, b: PackageEntry): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.sha256 < b.sha256 ? -1 : 1;

function refused(job: CollectJob, check: string, found: string | number): Fault {
  return new Fault('BuildOutputRefused', {
    object: job.inputs.source.nevra,
    check: `a build brings out ${check}`,
    found: String(found),
    fix: 'Nothing of this build was kept. Look into its log for what wrote it.',
  });
}
