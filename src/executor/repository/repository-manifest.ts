import { join } from 'node:path';
import { Fault, type Sha256, type SnapshotId } from '../../model/index.ts';
import type { Disk } from '../../ports.ts';
import type { MetadataFile } from './metadata-sink.ts';

/** What was written into a published directory; in it as `manifest.json`, the last file to be written. */
export interface RepositoryManifest {
  readonly v: 1;
  readonly content: SnapshotId;
  /** Digest of the generation record (or of whatever else asked for it). */
  readonly record: Sha256;
  /** Digest of what its trees depend on, by name: `sameTrees`. Absent where packages are signed here. */
  readonly same?: Sha256;
  readonly trees: Readonly<Record<string, TreeFiles>>;
  /** Every regular file below the directory but this one, by path. */
  readonly files: Readonly<Record<string, FileSum>>;
}

export interface TreeFiles {
  /** Digest of all that the metadata files depend on: equal input, equal files. */
  readonly input: Sha256;
  /** Metadata files that this tree's repomd.xml names; others in the folder belong to earlier generations. */
  readonly own: readonly MetadataFile[];
}

export interface FileSum {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

const name = 'manifest.json';

export async function readRepositoryManifest(
  disk: Disk,
  directory: string,
): Promise<RepositoryManifest | undefined> {
  const bytes = await disk.read(join(directory, name));
  if (bytes === undefined) return undefined;
  try {
    const manifest = JSON.parse(Buffer.from(bytes).toString()) as RepositoryManifest;
    return manifest.v === 1 ? manifest : undefined;
  } catch {
    return undefined;
  }
}

export async function writeRepositoryManifest(
  disk: Disk,
  directory: string,
  manifest: RepositoryManifest,
): Promise<void> {
  await disk.replace(join(directory, name), `${JSON.stringify(manifest, undefined, 1)}\n`);
}

/** Reads every file back; paths whose bytes are not what the manifest says. Of `seen` ones only the size is asked. */
export async function damagedFiles(
  disk: Disk,
  directory: string,
  manifest: Pick<RepositoryManifest, 'files'> & { readonly seen?: ReadonlySet<string> },
): Promise<readonly string[]> {
  const files = Object.entries(manifest.files);
  const seen = manifest.seen ?? new Set();
  const whole = await Promise.all(
    files.map(([path, sum]) =>
      (seen.has(path) ? hasSize : hasSum)(disk, join(directory, path), sum),
    ),
  );
  return files.flatMap(([path], n) => (whole[n] ? [] : [path]));
}

/** What lies in a published directory and was not published with it; a tree's `Packages` is its way to the packages. */
export async function strayFiles(
  disk: Disk,
  directory: string,
  manifest: RepositoryManifest,
): Promise<readonly string[]> {
  const links = Object.keys(manifest.trees).map((tree) => `${tree}/Packages`);
  const known = new Set([...Object.keys(manifest.files), ...links, name]);
  const stray: string[] = [];
  const look = async (below: string): Promise<void> => {
    for (const entry of await disk.list(join(directory, below))) {
      const path = join(below, entry);
      const found = await disk.stat(join(directory, path));
      const isLink = links.includes(path);
      if (!known.has(path) && found?.kind === 'directory') await look(path);
      else if (!known.has(path) || (isLink && found?.kind !== 'symlink')) stray.push(path);
    }
  };
  await look('');
  return stray;
}

export async function hasSum(disk: Disk, path: string, sum: FileSum): Promise<boolean> {
  if (!(await hasSize(disk, path, sum))) return false;
  const [{ sha256, damaged }] = await disk.digest([[{ path, sizeBytes: sum.sizeBytes }]]);
  return damaged.length === 0 && sha256 === sum.sha256;
}

export async function hasSize(disk: Disk, path: string, sum: FileSum): Promise<boolean> {
  const found = await disk.stat(path);
  return found?.kind === 'file' && found.sizeBytes === sum.sizeBytes;
}

export function damagedRepository(directory: string, paths: readonly string[]): Fault {
  return new Fault('SnapshotDamaged', {
    object: directory,
    check: 'files read back after writing',
    expected: 'the bytes that were written',
    found: `${paths.length} other: ${paths.slice(0, 3).join(', ')}`,
    fix: 'Check the disk (kernel log, SMART), then run the command again; nothing was published.',
  });
}
