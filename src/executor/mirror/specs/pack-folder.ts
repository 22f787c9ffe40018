import { join } from 'node:path';
import {
  type CommitId,
  canonicalDigest,
  Fault,
  isSourcePackage,
  type Sha256,
} from '../../../model/index.ts';
import type { CommitInfo, PackedFile, SpecRepository, Specs } from '../../../ports.ts';
import type { Sync } from '../job.ts';
import type { OfferedPackage } from '../offered-package.ts';
import { scannedFile } from '../scanned-file.ts';
import { gatherFiles } from './gather-files.ts';
import { type NamedSource, readSources } from './sources-file.ts';
import { nameOf, refused, type SpecFolder } from './spec-folders.ts';

/** A source package that was packed, where it lies, and the commit that it has its date of. */
export interface Packed {
  readonly offered: OfferedPackage;
  readonly path: string;
  readonly commit: CommitId;
}

export interface PackJob {
  readonly specs: Specs;
  readonly repository: SpecRepository;
  readonly head: CommitId;
  readonly folder: SpecFolder;
  readonly sources: readonly NamedSource[];
  /** A folder of this package alone, which is not there yet. */
  readonly directory: string;
}

/** The lines of `sources`; throws `SpecRefused` for what they cannot mean. */
export async function namedSources(
  sync: Sync,
  repository: SpecRepository,
  folder: SpecFolder,
): Promise<readonly NamedSource[]> {
  if (folder.sources === undefined) return [];
  const text = new TextDecoder().decode(await repository.readBytes(folder.sources));
  const read = readSources(text);
  const dislike = (found: string) =>
    refused(sync.upstream, folder.directory, ['says in sources what is fetched for it', found]);
  if ('problem' in read) throw dislike(read.problem);
  const twice = read.sources.find((s) => folder.files.some((f) => nameOf(f) === s.name));
  if (twice !== undefined) throw dislike(`${twice.name} is in git too`);
  return read.sources;
}

/** Names everything that a folder is packed from but the date: equal inputs are one source package. */
export const inputsOf = (folder: SpecFolder, sources: readonly NamedSource[]): Sha256 =>
  canonicalDigest({
    spec: folder.spec,
    files: folder.files.map((f) => [nameOf(f), f.mode, f.oid]).toSorted(),
    sources: sources.map(({ name, algorithm, digest }) => [name, algorithm, digest]),
  });

/**
 * Packs one folder. The package has the date of the newest commit that changed a file in it; which files those are is
 * known when it was packed once, so it may be packed again with an older date.
 */
export async function packFolder(sync: Sync, job: PackJob): Promise<Packed> {
  const { repository, head, folder } = job;
  const gathered = await gatherFiles(sync, repository, job);
  try {
    const all = [...folder.files, ...(folder.sources ? [folder.sources] : [])].map((f) => f.path);
    const newest = await repository.lastChange(head, all);
    const what = { ...gathered, job };
    const first = await packOnce(sync, what, { change: newest, name: 'first' });
    const within = all.filter((path) => isPacked(path, first.names, job));
    const change = await repository.lastChange(head, within);
    if (change.time === newest.time) return { ...first.packed, commit: change.id };
    return (await packOnce(sync, what, { change, name: 'second' })).packed;
  } finally {
    await gathered.discard();
  }
}

/** The file `sources` counts where something that it names was packed. */
function isPacked(path: string, names: ReadonlySet<string>, { folder, sources }: PackJob): boolean {
  if (path === folder.sources?.path) return sources.some((s) => names.has(s.name));
  return names.has(path.slice(path.lastIndexOf('/') + 1));
}

const mebibyte = 1 << 20;
const limits = {
  seconds: 120,
  memoryBytes: 1024 * mebibyte,
  processes: 200,
  logBytes: mebibyte,
} as const;

interface What {
  readonly files: readonly PackedFile[];
  readonly sizeBytes: number;
  readonly job: PackJob;
}

async function packOnce(
  sync: Sync,
  { files, sizeBytes, job }: What,
  { change, name }: { readonly change: CommitInfo; readonly name: string },
): Promise<{ readonly packed: Packed; readonly names: ReadonlySet<string> }> {
  const { specs, folder } = job;
  checkDate(sync, folder, change);
  const directory = join(job.directory, name);
  await sync.ports.disk.makeDirectory(directory);
  const answer = await specs.pack({
    spec: folder.spec,
    files,
    sourceDateEpoch: change.time,
    directory,
    limits: { ...limits, diskBytes: 64 * mebibyte + 3 * sizeBytes },
  });
  const fault = (check: string, found: string) => notPacked(sync, folder, { check, found });
  if (answer.kind === 'failed') throw fault(answer.check, answer.found);
  const made = await sync.ports.disk.list(answer.outputDirectory);
  const [file = ''] = made;
  if (made.length !== 1)
    throw fault('rpmbuild makes one source package', made.join(', ') || 'none');
  const path = join(answer.outputDirectory, file);
  const maxBytes = sync.upstream.limits.maxPackageBytes;
  const { offered, detail } = await scannedFile(sync.ports.fetch.open(path, { maxBytes }), file);
  if (!isSourcePackage(detail)) {
    throw fault('what it makes is a source package', detail.arch);
  }
  const names = new Set(detail.files.map((f) => f.path.replace(/^\//, '')));
  const given = new Set(files.map((f) => f.name));
  const strange = [...names].find((n) => !given.has(n));
  if (strange !== undefined) throw fault('it packs the files of its folder', strange);
  if (!names.has(folder.spec)) throw fault('it packs its spec', [...names].join(', '));
  if (detail.buildTime !== change.time) {
    throw fault(`its date is that of its commit, ${change.time}`, String(detail.buildTime));
  }
  return { packed: { offered, path, commit: change.id }, names };
}

/** The date goes into the package: what cannot be one would be a package that no other machine makes. */
function checkDate({ upstream, now }: Sync, folder: SpecFolder, { id, time }: CommitInfo): void {
  if (time > 0 && time <= now + 86_400) return;
  const found = `${time} seconds after 1970, of commit ${id}`;
  throw refused(upstream, folder.directory, ['was changed on a day that there was', found]);
}

function notPacked(
  { upstream }: Sync,
  { directory, spec }: SpecFolder,
  why: { readonly check: string; readonly found: string },
): Fault {
  return new Fault('SpecNotPacked', {
    object: `${upstream.name}, ${join(directory, spec)}`,
    ...why,
    fix: 'Nothing of the commit was taken over. Mend the spec by a further commit.',
    at: upstream.at,
  });
}
