import { join, relative } from 'node:path';
import { digestOf, type PackageEntry, type Sha256, type TreeContent } from '../../model/index.ts';
import { repomdXml } from '../../rpm/index.ts';
import { cutBlocks, nearBlocks, packagesDirectory, type Store } from '../../store/index.ts';
import type { MetadataFile } from './metadata-sink.ts';
import type { IsWhole } from './read-back.ts';
import type { RepositoryContent } from './repository-content.ts';
import {
  damagedFiles,
  damagedRepository,
  type FileSum,
  hasSize,
  hasSum,
  type RepositoryManifest,
  readRepositoryManifest,
  type TreeFiles,
  writeRepositoryManifest,
} from './repository-manifest.ts';
import { sameTrees, treeInput, writeTreeMetadata } from './tree-metadata.ts';

/** The key over repomd.xml. */
export interface RepositorySigning {
  /** Armored; published as repomd.xml.key. */
  readonly publicKey: string;
  /** Detached armored signature over the repomd.xml of the tree in this folder, checked by the maker. */
  sign(bytes: Uint8Array, directory: string): Promise<string>;
}

export interface RepositoryOptions {
  /** A new folder that no client knows. */
  readonly directory: string;
  /** Where that folder will be in the end: its relative symlinks are made for this place. */
  readonly home: string;
  readonly content: RepositoryContent;
  /** Folder of the packages that the trees reach, as `reachedPackages` tells; by default the pool. */
  readonly packages?: string;
  /** Digest of what asked for it; goes into the manifest. */
  readonly record: Sha256;
  /** `<revision>` and every timestamp, seconds since 1970. */
  readonly revision: number;
  readonly compression: 'gz' | 'zst';
  /** Absent: unsigned, as `render` writes where the key is absent. */
  readonly signing?: RepositorySigning;
  /** Earlier generations, newest first: files they share are linked, and their metadata stays reachable. */
  readonly earlier: readonly string[];
  /** Other repositories that may have the same trees, such as a trial or the generation that is gone back to. */
  readonly alike?: readonly string[];
  /** How the files of those are read back, where somebody has begun to. */
  readonly isWhole?: IsWhole;
  /** Packages of an earlier content, where it is at hand: what is known of them need not be made again. */
  readonly near?: readonly (readonly PackageEntry[])[];
  /** Files beside the trees: the .repo file and the public keys. */
  readonly beside: readonly { readonly name: string; readonly text: string }[];
}

/**
 * Writes a channel's content as repositories, one a tree, and reads back every file that it wrote. Equal options give
 * equal bytes on any machine. The same code serves generations, proposals' trials and `render`.
 */
export async function writeRepository(
  store: Store,
  options: RepositoryOptions,
): Promise<RepositoryManifest> {
  const earlier = await earlierRepositories(store, options.earlier);
  const alike = [...earlier, ...(await earlierRepositories(store, options.alike ?? []))];
  const trees: Record<string, TreeFiles> = {};
  const files: Record<string, FileSum> = {};
  const seen = new Set<string>();
  const write = async (path: string, text: string) => {
    await store.disk.replace(join(options.directory, path), text);
    files[path] = { sha256: digestOf(text), sizeBytes: Buffer.byteLength(text) };
  };
  for (const [tree, content] of options.content.trees) {
    const built = await buildTree(store, options, { tree, content, alike });
    const retained = await retainEarlier(store, options, { tree, earlier, own: built.own });
    trees[tree] = built;
    // Metadata was read back before it had its name, or compared before it was linked.
    for (const file of [...built.own, ...retained]) {
      files[`${tree}/${file.path}`] = sumOf(file);
      seen.add(`${tree}/${file.path}`);
    }
    await writeRepomd(options, { tree, own: built.own, write });
    const packages = options.packages ?? packagesDirectory(store.root);
    const link = join(options.directory, tree, 'Packages');
    await store.disk.symlink(relative(join(options.home, tree), packages), link);
  }
  for (const { name, text } of options.beside) await write(name, text);
  const { content, record } = options;
  const same = sameTrees(content, options.compression);
  const named = { v: 1, content: content.id, record, ...(same ? { same } : {}) } as const;
  const manifest: RepositoryManifest = { ...named, trees, files };
  await writeRepositoryManifest(store.disk, options.directory, manifest);
  const damaged = await damagedFiles(store.disk, options.directory, { files, seen });
  if (damaged.length > 0) throw damagedRepository(options.directory, damaged);
  return manifest;
}

interface Earlier {
  readonly directory: string;
  readonly manifest: RepositoryManifest;
}

async function earlierRepositories(
  store: Store,
  directories: readonly string[],
): Promise<readonly Earlier[]> {
  const found: Earlier[] = [];
  for (const directory of directories) {
    const manifest = await readRepositoryManifest(store.disk, directory);
    if (manifest) found.push({ directory, manifest });
  }
  return found;
}

/** A tree that another repository had, by its content or by its inputs, is linked; any other is written. */
async function buildTree(
  store: Store,
  options: RepositoryOptions,
  job: {
    readonly tree: string;
    readonly content: () => Promise<TreeContent>;
    readonly alike: readonly Earlier[];
  },
): Promise<TreeFiles> {
  const { tree, alike } = job;
  const codec = options.compression;
  const directory = join(options.directory, tree);
  const same = sameTrees(options.content, codec);
  const linked = async (isSame: (other: RepositoryManifest) => boolean) =>
    await linkedTree(store, {
      ...{ tree, directory, isWhole: options.isWhole ?? hasSum },
      alike: alike.filter((o) => isSame(o.manifest)),
    });
  const bySame = await linked((other) => same !== undefined && other.same === same);
  if (bySame) return bySame;
  const content = await job.content();
  const input = treeInput(content, codec);
  const byInput = await linked(({ trees }) => trees[tree]?.input === input);
  if (byInput) return byInput;
  const near = nearBlocks(options.near ?? [], cutBlocks(content.packages));
  const own = await writeTreeMetadata(store, directory, { content, codec, near });
  return { input, own };
}

/** The first of some repositories with the same tree whose files are whole. */
async function linkedTree(
  store: Store,
  at: {
    readonly tree: string;
    readonly directory: string;
    readonly alike: readonly Earlier[];
    readonly isWhole: IsWhole;
  },
): Promise<TreeFiles | undefined> {
  for (const { directory, manifest } of at.alike) {
    const files = manifest.trees[at.tree];
    const places = { from: join(directory, at.tree), to: at.directory, isWhole: at.isWhole };
    if (files && (await linkAll(store, files.own, places))) return files;
  }
  return undefined;
}

/** All or nothing counts: what is linked already is right by its name, and the caller writes the rest. */
async function linkAll(
  store: Store,
  files: readonly MetadataFile[],
  how: { readonly from: string; readonly to: string; readonly isWhole: IsWhole },
): Promise<boolean> {
  const { from, to, isWhole } = how;
  const whole = files.map((file) => isWhole(store.disk, join(from, file.path), sumOf(file)));
  if ((await Promise.all(whole)).includes(false)) return false;
  for (const file of files) {
    if (await store.disk.stat(join(to, file.path))) continue;
    await store.disk.link(join(from, file.path), join(to, file.path));
  }
  return true;
}

/**
 * A client that read an earlier repomd.xml still finds what it names. These files were read back when they were written,
 * and `sluice verify` reads them again; here their size is enough.
 */
async function retainEarlier(
  store: Store,
  options: RepositoryOptions,
  job: {
    readonly tree: string;
    readonly earlier: readonly Earlier[];
    readonly own: readonly MetadataFile[];
  },
): Promise<readonly MetadataFile[]> {
  const retained = new Map<string, MetadataFile>();
  const known = new Set(job.own.map((f) => f.path));
  for (const { directory, manifest } of job.earlier) {
    for (const file of manifest.trees[job.tree]?.own ?? []) {
      if (known.has(file.path) || retained.has(file.path)) continue;
      const places = { from: join(directory, job.tree), to: join(options.directory, job.tree) };
      if (await linkAll(store, [file], { ...places, isWhole: hasSize }))
        retained.set(file.path, file);
    }
  }
  return [...retained.values()];
}

async function writeRepomd(
  { revision, signing, directory }: RepositoryOptions,
  job: {
    readonly tree: string;
    readonly own: readonly MetadataFile[];
    readonly write: (path: string, text: string) => Promise<void>;
  },
): Promise<void> {
  const at = `${job.tree}/repodata/repomd.xml`;
  const text = repomdXml({ revision, records: job.own.map(repomdRecord) });
  await job.write(at, text);
  if (!signing) return;
  await job.write(`${at}.asc`, await signing.sign(Buffer.from(text), join(directory, job.tree)));
  await job.write(`${at}.key`, signing.publicKey);
}

function repomdRecord(file: MetadataFile) {
  return {
    type: file.type,
    href: file.path,
    checksum: { type: 'sha256' as const, hex: file.sha256 },
    openChecksum: { type: 'sha256' as const, hex: file.openSha256 },
    sizeBytes: file.sizeBytes,
    openSizeBytes: file.openSizeBytes,
  };
}

const sumOf = ({ sha256, sizeBytes }: MetadataFile): FileSum => ({ sha256, sizeBytes });
