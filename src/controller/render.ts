import { join } from 'node:path';
import {
  contentAtHand,
  type RepositorySigning,
  readRepositoryManifest,
  repositorySigning,
  type ServedContent,
  signedContent,
  writeRepository,
} from '../executor/index.ts';
import {
  type ChannelSnapshot,
  canonicalDigest,
  Fault,
  type GenerationRecord,
  nevraText,
  type PackageEntry,
  type Sha256,
} from '../model/index.ts';
import { signedForms } from '../observer/index.ts';
import { generationDirectory, missingBytes, restoreSnapshot } from '../store/index.ts';
import { bringPackages } from './bring-packages.ts';
import type { Installation } from './installation.ts';
import { leaseForReading } from './reader-leases.ts';
import { formsFromLog } from './signed-log.ts';

export interface RenderOptions {
  readonly record: GenerationRecord;
  /** Where the repositories are written. */
  readonly directory: string;
  /** URL or folder ending in a slash, below which packages are at `ab/<sha256>/<file name>`. */
  readonly packages: string | undefined;
}

export interface Rendered {
  /** Digest of each tree's repomd.xml, which names every other file by its digest. */
  readonly repomd: Readonly<Record<string, Sha256>>;
  /** The same as the generation log recorded them; absent when the log does not know this record. */
  readonly recorded: Readonly<Record<string, Sha256>> | undefined;
  readonly signed: boolean;
}

/** Where the log keeps the digests of a generation's repomd.xml files. */
export const repomdPath = (r: Pick<GenerationRecord, 'channel' | 'number'>): string =>
  `records/${r.channel}/${r.number}.repomd`;

/** Makes a generation's metadata again from its record, the logged snapshots and the package bytes alone. */
export async function render(c: Installation, options: RenderOptions): Promise<Rendered> {
  const { record } = options;
  const source = await restoredContent(c, record);
  const content = await servedByRecord(c, record, source);
  await leaseForReading(c, source.id);
  await missingPackages(c, content, options.packages);
  const signing = await signingIfHere(c, record);
  const manifest = await writeRepository(c.store, {
    directory: options.directory,
    home: options.directory,
    content: contentAtHand(content),
    record: canonicalDigest(record),
    revision: record.revision,
    compression: record.compression,
    ...(signing ? { signing } : {}),
    earlier: [],
    beside: [],
  });
  const recorded = await c.ports.policyGit.readLog(repomdPath(record));
  return {
    repomd: repomdDigests(manifest.files),
    recorded: recorded === undefined ? undefined : (JSON.parse(recorded) as Record<string, Sha256>),
    signed: signing !== undefined,
  };
}

/** The digests that the log keeps for a published generation. */
export async function publishedRepomd(
  c: Installation,
  record: GenerationRecord,
): Promise<Readonly<Record<string, Sha256>>> {
  const directory = generationDirectory(c.store.root, record.channel, record.number);
  const manifest = await readRepositoryManifest(c.store.disk, directory);
  return repomdDigests(manifest?.files ?? {});
}

function repomdDigests(
  files: Readonly<Record<string, { readonly sha256: Sha256 }>>,
): Readonly<Record<string, Sha256>> {
  const found = Object.entries(files).flatMap(([path, sum]) => {
    const tree = /^([^/]+)\/repodata\/repomd\.xml$/.exec(path)?.[1];
    return tree === undefined ? [] : [[tree, sum.sha256] as const];
  });
  return Object.fromEntries(found);
}

async function restoredContent(
  c: Installation,
  record: GenerationRecord,
): Promise<ChannelSnapshot> {
  const here = await c.snapshots.read(record.content);
  if (here?.kind === 'channel') return here;
  await restoreSnapshot(c.store, (path) => c.ports.policyGit.readLog(path), record.content);
  const restored = await c.snapshots.read(record.content);
  if (restored?.kind === 'channel') return restored;
  throw new Fault('SnapshotMissing', {
    object: record.content,
    check: 'content that the record names',
    expected: 'a snapshot in refs/sluice/generations of the policy repository',
    found: 'none',
    fix: 'Give --policy the repository that the record is from.',
  });
}

async function missingPackages(
  c: Installation,
  content: ServedContent,
  from: string | undefined,
): Promise<void> {
  const missing: PackageEntry[] = [];
  for await (const entry of missingBytes(c.store, content)) missing.push(entry);
  if (missing.length === 0) return;
  if (from !== undefined) return bringPackages(c, missing, from);
  throw new Fault('SnapshotMissing', {
    object: content.id,
    check: 'package bytes',
    found: `${missing.length} packages are not held here`,
    fix: 'Say where they are: --packages <state>/packages/sha256/ or <site>/<path>/<tree>/Packages/.',
  });
}

/** Packages in the form in which they were served; what the key would have to sign is told by the journal or the log. */
async function servedByRecord(
  c: Installation,
  record: GenerationRecord,
  content: ChannelSnapshot,
): Promise<ServedContent> {
  if (record.packageKey === undefined) return content;
  const logged = await formsFromLog(c, record, content);
  const forms = new Map([...logged, ...signedForms(c.memory(), record.packageKey)]);
  const all = [...content.trees.values()].flatMap((tree) => tree.packages);
  const unknown = all.filter((p) => !forms.has(p.sha256));
  const [first] = unknown;
  if (first === undefined) return signedContent(content, forms);
  throw new Fault('SnapshotMissing', {
    object: content.id,
    check: 'signed form of every package',
    found: `${unknown.length} packages of which neither journal nor log tells it, first ${nevraText(first)}`,
    fix: 'Give --policy the repository that the record is from; its generation log lists them.',
  });
}

/** Unsigned where the key is absent: the metadata is the same, only its signature is not made. */
async function signingIfHere(
  c: Installation,
  record: GenerationRecord,
): Promise<RepositorySigning | undefined> {
  const [key] = record.keys;
  const keys = await c.ports.signer.keys().catch((): readonly string[] => []);
  return key !== undefined && keys.includes(key)
    ? repositorySigning(c.ports, { kind: 'generation', record })
    : undefined;
}

/** The folder that `render` writes into unless it is told. */
export const defaultRenderDirectory = (state: string, record: GenerationRecord): string =>
  join(state, 'rendered', `${record.channel}-${record.number}`);
