import { join } from 'node:path';
import {
  type CommitId,
  canonicalDigest,
  Fault,
  nevraText,
  type PackageEntry,
  type SnapshotTaken,
  type SourceOrigin,
} from '../../../model/index.ts';
import type { SpecRepository, Specs } from '../../../ports.ts';
import { compareEvr } from '../../../rpm/index.ts';
import { missingPackages, stagingDirectory } from '../../../store/index.ts';
import { sameAsBefore, takeFiles } from '../inbox.ts';
import type { Mirrored, Sync } from '../job.ts';
import type { OfferedPackage } from '../offered-package.ts';
import { type Head, judgeHead } from './judge-head.ts';
import { inputsOf, namedSources, packFolder } from './pack-folder.ts';
import { type SpecFolder, specFolders } from './spec-folders.ts';

/**
 * Packs the specs of a branch or tag into source packages and takes them like those of an inbox. A commit is taken whole or
 * not at all: whatever is wrong with one folder leaves the last snapshot as it is.
 */
export async function mirrorSpecs(sync: Sync): Promise<Mirrored> {
  const { upstream, ports, store } = sync;
  const { ref } = upstream.git ?? { ref: '' };
  if (ports.specs === undefined) throw notHere(sync);
  const { url, limits, name } = upstream;
  const maxBytes = limits.maxPackageBytes;
  const repository = ports.specs.repository({ upstream: name, url, ref, maxBytes });
  const before = known(sync);
  const head = await judgeHead(sync, repository, before?.head);
  const listing = canonicalDigest({ url, ref, head: head.id });
  const same = await sameAsBefore(sync, listing);
  if (same !== undefined) return same;
  const folders = specFolders(upstream, await repository.files(head.id));
  const directory = join(stagingDirectory(store.root), `specs-${name}`);
  await store.disk.remove(directory);
  try {
    await store.disk.makeDirectory(directory);
    const work = { specs: ports.specs, repository, head, directory, before };
    const made = await packAll(sync, work, folders);
    checkReleases(sync, made);
    const offered = onceEach(made.map((m) => m.offered));
    const taken = await takeFiles(sync, { directory: `${directory}/`, offered, listing });
    await repository.accept(head.id);
    const specs = { url, ref, head: head.id, origins: made.map((m) => m.origin) };
    return { ...taken, taken: { ...taken.taken, ...signedBy(head), specs } };
  } finally {
    await store.disk.remove(directory);
  }
}

const signedBy = (head: Head) => (head.signedBy === undefined ? {} : { signedBy: head.signedBy });

/** Another address, branch or tag is another history, and a decision of the policy. */
function known({ upstream, job }: Sync): SnapshotTaken['specs'] {
  const before = job.previous?.specs;
  return before?.url === upstream.url && before.ref === upstream.git?.ref ? before : undefined;
}

interface Work {
  readonly specs: Specs;
  readonly repository: SpecRepository;
  readonly head: Head;
  readonly directory: string;
  readonly before: SnapshotTaken['specs'];
}

interface Made {
  readonly offered: OfferedPackage;
  readonly origin: SourceOrigin;
}

async function packAll(
  sync: Sync,
  work: Work,
  folders: readonly SpecFolder[],
): Promise<readonly Made[]> {
  const held = await heldBefore(sync, work);
  const made: Made[] = [];
  for (const [n, folder] of folders.entries()) {
    const sources = await namedSources(sync, work.repository, folder);
    const inputs = inputsOf(folder, sources);
    const again = held.get(`${folder.directory}\n${inputs}`);
    if (again !== undefined) {
      made.push(again);
      continue;
    }
    const { specs, repository, head } = work;
    const directory = join(work.directory, String(n));
    const job = { specs, repository, head: head.id, folder, sources, directory };
    const { offered, path, commit } = await packFolder(sync, job);
    const href = path.slice(work.directory.length + 1);
    made.push({
      offered: { ...offered, href },
      origin: origin(sync, { ...work, folder, inputs, commit, offered }),
    });
  }
  return made;
}

function origin(
  { upstream }: Sync,
  of: {
    readonly head: Head;
    readonly folder: SpecFolder;
    readonly inputs: SourceOrigin['inputs'];
    readonly commit: CommitId;
    readonly offered: OfferedPackage;
  },
): SourceOrigin {
  const { head, folder, inputs, commit } = of;
  const { sha256 } = of.offered;
  const where = {
    url: upstream.url,
    ref: upstream.git?.ref ?? '',
    directory: folder.directory,
  };
  return { sha256, ...where, commit, ...signedBy(head), inputs };
}

/** Packages of the last snapshot whose bytes are here, by folder and what they were packed from. */
async function heldBefore(
  { job, store }: Sync,
  { before }: Work,
): Promise<ReadonlyMap<string, Made>> {
  const packages = new Map(job.previousSnapshot?.packages.map((p) => [p.sha256, p]));
  const entries = (before?.origins ?? []).flatMap((o) => packages.get(o.sha256) ?? []);
  const missing = new Set((await missingPackages(store, entries)).map((p) => p.sha256));
  return new Map(
    (before?.origins ?? []).flatMap((origin): [string, Made][] => {
      const entry = packages.get(origin.sha256);
      if (entry === undefined || missing.has(entry.sha256)) return [];
      return [[`${origin.directory}\n${origin.inputs}`, { offered: heldAs(entry), origin }]];
    }),
  );
}

function heldAs(entry: PackageEntry): OfferedPackage {
  const { name, epoch, version, release, arch, sha256, sizeBytes, buildTime } = entry;
  const nevra = { name, epoch, version, release, arch };
  return {
    nevra,
    sha256,
    checksum: { type: 'sha256', hex: sha256 },
    sizeBytes,
    href: `${sha256}.src.rpm`,
    buildTime,
  };
}

/** Two folders with the same bytes are one package. */
const onceEach = (offered: readonly OfferedPackage[]): readonly OfferedPackage[] => [
  ...new Map(offered.map((p) => [p.sha256, p])).values(),
];

/** Other bytes under a name that was taken before would be two packages that machines cannot tell apart. */
function checkReleases({ upstream, job }: Sync, made: readonly Made[]): void {
  for (const { offered, origin } of made) {
    const { nevra, sha256 } = offered;
    const before = job.previousSnapshot?.packages.find(
      (p) => p.name === nevra.name && compareEvr(p, nevra) === 0 && p.sha256 !== sha256,
    );
    if (before === undefined) continue;
    throw new Fault('ReleaseNotRaised', {
      object: `${upstream.name}, ${join(origin.directory, nevra.name)}: ${nevraText(nevra)}`,
      check: 'a commit that changes a source package raises its version or release',
      expected: `another name, or the bytes of before (sha256 ${before.sha256})`,
      found: `sha256 ${sha256}, of commit ${origin.commit}`,
      fix: 'Nothing of the commit was taken over. Raise Release in the spec by a further commit.',
      at: upstream.at,
    });
  }
}

function notHere({ upstream }: Sync): Fault {
  return new Fault('CannotIsolate', {
    object: `upstream ${upstream.name}`,
    check: 'this machine can pack specs',
    fix: 'Run `sluice doctor`; it names what is missing here.',
    at: upstream.at,
  });
}
