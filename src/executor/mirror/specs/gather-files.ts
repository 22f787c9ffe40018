import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Fault, type MirroredFile, type Upstream } from '../../../model/index.ts';
import type { PackedFile, SpecRepository, Staged } from '../../../ports.ts';
import { stagePackage } from '../../../store/index.ts';
import type { Sync } from '../job.ts';
import type { NamedSource } from './sources-file.ts';
import { nameOf, refused, type SpecFolder } from './spec-folders.ts';

/** Everything that a folder is packed from. */
export interface Gathered {
  readonly files: readonly PackedFile[];
  readonly sizeBytes: number;
  /** Fetched files are kept only as long as something is packed from them. */
  discard(): Promise<void>;
}

/** Files of the folder as git has them, and those that `sources` names, fetched and compared with their digests. */
export async function gatherFiles(
  sync: Sync,
  repository: SpecRepository,
  about: { readonly folder: SpecFolder; readonly sources: readonly NamedSource[] },
): Promise<Gathered> {
  const staged: Staged[] = [];
  const discard = async () => {
    for (const file of staged) await file.discard();
  };
  try {
    const files: PackedFile[] = [];
    let sizeBytes = 0;
    for (const file of about.folder.files) {
      files.push(await fromGit(sync.upstream, repository, { file, folder: about.folder }));
      sizeBytes += file.sizeBytes;
    }
    for (const source of about.sources) {
      const to = await stagePackage(sync.store);
      staged.push(to);
      sizeBytes += await fetched(sync, { source, folder: about.folder, to });
      const open = () => sync.ports.disk.chunks(to.path);
      files.push({ name: source.name, executable: false, open });
    }
    return { files, sizeBytes, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

const pointer = 'version https://git-lfs.github.com/spec/';

async function fromGit(
  upstream: Upstream,
  repository: SpecRepository,
  { file, folder }: { readonly file: MirroredFile; readonly folder: SpecFolder },
): Promise<PackedFile> {
  const bytes = await repository.readBytes(file);
  if (Buffer.from(bytes.subarray(0, pointer.length)).toString('latin1') === pointer) {
    const found = `${nameOf(file)} is a pointer of git-lfs; name the file in sources`;
    throw refused(upstream, folder.directory, ['holds its files themselves', found]);
  }
  return { name: nameOf(file), executable: file.mode === '100755', open: () => bytes };
}

interface Wanted {
  readonly source: NamedSource;
  readonly folder: SpecFolder;
  readonly to: Staged;
}

/** Only the controller fetches, and only what has the digest that stands in git. */
async function fetched(sync: Sync, { source, folder, to }: Wanted): Promise<number> {
  const { upstream, ports } = sync;
  const hash = createHash(source.algorithm);
  const { url, within } = placeOf(upstream, folder, source);
  const maxBytes = upstream.limits.maxPackageBytes;
  let sizeBytes = 0;
  for await (const chunk of ports.fetch.open(url, { maxBytes, ...within })) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    await to.write(chunk);
  }
  const found = hash.digest('hex');
  if (found === source.digest) return sizeBytes;
  throw new Fault('ChecksumMismatch', {
    object: `${upstream.name}, ${join(folder.directory, 'sources')}: ${source.name} (${url})`,
    check: 'digest of a file that sources names',
    expected: `${source.algorithm} ${source.digest}`,
    found: `${source.algorithm} ${found}`,
    fix: 'Nothing was taken over. Find out which of the two is right, before the digest is changed in git.',
    at: upstream.at,
  });
}

function placeOf(upstream: Upstream, { directory, spec }: SpecFolder, source: NamedSource) {
  if (source.url !== undefined) return { url: source.url, within: {} };
  const lookaside = upstream.git?.lookaside;
  if (lookaside === undefined) {
    const found = `no address behind ${source.name}, and no git.lookaside in ${upstream.at.file}`;
    throw refused(upstream, directory, ['says in sources where its files are', found]);
  }
  const { name, algorithm, digest } = source;
  const path = `${spec.slice(0, -'.spec'.length)}/${name}/${algorithm}/${digest}/${name}`;
  if (lookaside.startsWith('/'))
    return { url: `${lookaside}${path}`, within: { within: lookaside } };
  return { url: `${lookaside}${encodeURI(path)}`, within: {} };
}
