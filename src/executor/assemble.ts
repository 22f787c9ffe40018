import { join } from 'node:path';
import {
  type Channel,
  type ChannelSnapshot,
  canonicalDigest,
  emptyTree,
  Fault,
  type GenerationRecord,
  type Hold,
  nevraText,
  type Outcome,
  type PackageEntry,
  packageDifference,
  type Sha256,
  type SignedForm,
  type SnapshotId,
} from '../model/index.ts';
import type { Ports } from '../ports.ts';
import {
  generationDirectory,
  generationName,
  linkPrivately,
  missingPackages,
  pointedAt,
  reachedPackages,
  type Store,
  stagingDirectory,
  writeSnapshot,
} from '../store/index.ts';
import type { IsWhole } from './repository/read-back.ts';
import { type PublicKeyFile, repoFileText } from './repository/repo-file.ts';
import { contentAtHand, type RepositoryContent } from './repository/repository-content.ts';
import { damagedFiles, readRepositoryManifest } from './repository/repository-manifest.ts';
import { repositorySigning } from './repository/repository-signing.ts';
import { type ServedContent, signedContent } from './repository/signed-content.ts';
import { writeRepository } from './repository/write-repository.ts';

/** A content that was published before and is held here: it is read only where its files are not found again. */
export interface StoredContent {
  readonly id: SnapshotId;
  /** Names of its trees. */
  readonly trees: readonly string[];
  /** What is not served now: its packages are looked for. */
  readonly returning: readonly PackageEntry[];
  read(): Promise<ChannelSnapshot>;
}

export interface AssembleOptions {
  readonly channel: Channel;
  readonly content: ChannelSnapshot | StoredContent;
  /** What the channel serves: its packages were looked for when it was published, and are not looked for again. */
  readonly served?: ChannelSnapshot | undefined;
  readonly record: GenerationRecord;
  /** Published generations of the channel, newest first; give at least three where there are three. */
  readonly previous: readonly number[];
  /** Folders of other repositories that may have the same trees, to be linked instead of written. */
  readonly alike?: readonly string[];
  /** How the files of those are read back, where somebody has begun to. */
  readonly isWhole?: IsWhole;
  /** `site.url`, without a trailing slash. */
  readonly siteUrl: string;
  /** The form in which packages are served, by source digest, where the record says that they are signed. */
  readonly signed?: ReadonlyMap<Sha256, SignedForm>;
  /** Keys of the upstreams, for gpgcheck. */
  readonly upstreamKeys: readonly PublicKeyFile[];
}

/**
 * Writes a channel's content and its metadata as a generation that no client knows yet. Done before: `already`; bytes
 * missing: waits as `SnapshotMissing`. Nothing that is served is touched.
 */
export async function assemble(
  ports: Pick<Ports, 'signer' | 'clock'>,
  store: Store,
  options: AssembleOptions,
): Promise<Outcome> {
  const { content, record, channel } = options;
  if (record.content !== content.id || record.channel !== channel.name) {
    throw new Error(`record ${generationName(record)} is not about this content`);
  }
  const hold = await missingHold(store, options);
  if (hold) return { kind: 'waiting', hold };
  const final = generationDirectory(store.root, record.channel, record.number);
  if (record.private) {
    await linkPrivately(store, channel.name, await privatePackages(options));
  }
  if (await isAssembled(store, final, record)) return { kind: 'already' };
  await clearUnpublished(store, final, options);
  const staging = join(stagingDirectory(store.root), `generation-${record.channel}`);
  await store.disk.remove(staging);
  // One waits for the disk, the other for the processors; neither goes on alone when the other fails.
  const both = await Promise.allSettled([
    isStored(content) ? undefined : writeSnapshot(store, content),
    build(ports, store, { ...options, staging, final }),
  ]);
  for (const one of both) if (one.status === 'rejected') throw one.reason;
  await store.disk.rename(staging, final);
  return { kind: 'done', text: `assembled generation ${generationName(record)}` };
}

const isStored = (content: AssembleOptions['content']): content is StoredContent =>
  'read' in content;

async function missingHold(store: Store, options: AssembleOptions): Promise<Hold | undefined> {
  const missing = await missingHere(store, options);
  const [first] = missing;
  if (!first) return undefined;
  return {
    code: 'SnapshotMissing',
    subject: `channel:${options.channel.name}`,
    channel: options.channel.name,
    text: `${missing.length} packages of ${options.content.id} are not held here, first ${nevraText(first)}`,
    awaits:
      'a sync of the upstream that has them (`sluice reconcile --sync`), or a backup of <state>/packages',
    at: options.channel.at,
  };
}

async function missingHere(
  store: Store,
  options: AssembleOptions,
): Promise<readonly PackageEntry[]> {
  const { content, served } = options;
  if (isStored(content)) return await missingPackages(store, content.returning);
  const others = [...content.trees].flatMap(([tree, { packages }]) => {
    const before = served?.trees.get(tree)?.packages ?? [];
    return packageDifference(before, packages).added;
  });
  return await missingPackages(store, others);
}

async function isAssembled(
  store: Store,
  final: string,
  record: GenerationRecord,
): Promise<boolean> {
  const manifest = await readRepositoryManifest(store.disk, final);
  if (manifest?.record !== canonicalDigest(record)) return false;
  return (await damagedFiles(store.disk, final, manifest)).length === 0;
}

/** A generation of this number that was planned, never published, and is now planned otherwise. */
async function clearUnpublished(
  store: Store,
  final: string,
  { channel, record, previous }: AssembleOptions,
): Promise<void> {
  if ((await store.disk.stat(final)) === undefined) return;
  const served = await pointedAt(store, channel.path);
  if (previous.includes(record.number) || served?.number === record.number) {
    throw new Fault('SnapshotDamaged', {
      object: `generation ${generationName(record)}`,
      check: 'files of a published generation',
      found: 'other files, or another record, under the number that is served',
      fix: 'Run `sluice verify`; if files are damaged, restore <state>/generations from a backup.',
    });
  }
  const aside = join(stagingDirectory(store.root), `cleared-${channel.name}-${record.number}`);
  await store.disk.remove(aside);
  await store.disk.rename(final, aside);
  await store.disk.remove(aside);
}

async function build(
  ports: Pick<Ports, 'signer' | 'clock'>,
  store: Store,
  options: AssembleOptions & { readonly staging: string; readonly final: string },
): Promise<void> {
  const { channel, content, record } = options;
  const signing = await repositorySigning(ports, { kind: 'generation', record });
  const site = { name: 'RPM-GPG-KEY-site', armored: await siteKeys(ports, record) };
  const keys = [site, ...options.upstreamKeys];
  const repo = repoFileText({
    channel: channel.name,
    baseUrl: `${options.siteUrl}/${channel.path}/`,
    trees: isStored(content) ? content.trees : [...content.trees.keys()],
    keys,
    signed: true,
    packagesSigned: channel.sign.packages !== 'unsigned',
  });
  await writeRepository(store, {
    directory: options.staging,
    home: options.final,
    content: repositoryContent(options),
    packages: reachedPackages(store.root, { name: channel.name, private: record.private }),
    record: canonicalDigest(record),
    revision: record.revision,
    compression: record.compression,
    signing,
    earlier: options.previous.map((n) => generationDirectory(store.root, channel.name, n)),
    alike: options.alike ?? [],
    ...(options.isWhole ? { isWhole: options.isWhole } : {}),
    near: record.packageKey === undefined ? servedLists(options) : [],
    beside: [
      { name: `${channel.name}.repo`, text: repo },
      ...keys.map((k) => ({ name: k.name, text: k.armored })),
    ],
  });
}

/** Clients of the generation before are under way to its packages. */
async function privatePackages(options: AssembleOptions): Promise<readonly PackageEntry[]> {
  const content = isStored(options.content) ? await options.content.read() : options.content;
  return [
    ...[...servedContent(content, options).trees.values()].flatMap((tree) => tree.packages),
    ...(options.record.packageKey === undefined ? servedLists(options).flat() : []),
  ];
}

const servedLists = ({ served }: AssembleOptions): readonly (readonly PackageEntry[])[] =>
  [...(served?.trees.values() ?? [])].map((tree) => tree.packages);

/** One file with every key of this site that machines may need, so that they learn of the next where they know the first. */
async function siteKeys(
  { signer }: Pick<Ports, 'signer'>,
  { keys, packageKey, offered = [] }: GenerationRecord,
): Promise<string> {
  const all = new Set([...keys, ...(packageKey === undefined ? [] : [packageKey]), ...offered]);
  const texts: string[] = [];
  const here = await signer.keys();
  for (const key of all) if (here.includes(key)) texts.push(await signer.publicKey(key));
  return texts.join('');
}

/** What clients get: the sources as they came, or their signed forms. */
function repositoryContent(options: AssembleOptions): RepositoryContent {
  const { content } = options;
  return isStored(content)
    ? contentWhenAsked(content)
    : contentAtHand(servedContent(content, options));
}

function servedContent(
  content: ChannelSnapshot,
  { record, signed }: Pick<AssembleOptions, 'record' | 'signed'>,
): ServedContent {
  if (record.packageKey === undefined) return content;
  return signedContent(content, signed ?? new Map());
}

function contentWhenAsked({ id, trees, read }: StoredContent): RepositoryContent {
  const treeOf = async (name: string) => (await read()).trees.get(name) ?? emptyTree;
  return { id, trees: new Map(trees.map((name) => [name, () => treeOf(name)])) };
}
