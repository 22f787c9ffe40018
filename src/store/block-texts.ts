import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  Fault,
  nevraText,
  type PackageDetail,
  type PackageEntry,
  type Sha256,
} from '../model/index.ts';
import { filelistsFragment, otherFragment, primaryFragment } from '../rpm/index.ts';
import { blockDetails, derived } from './block-details.ts';
import { type Block, cutBlocks } from './blocks.ts';
import { blockDirectory, packageHref, type Store } from './paths.ts';

export const metadataTypes = ['primary', 'filelists', 'other'] as const;
export type MetadataType = (typeof metadataTypes)[number];
export type ByType<T> = Readonly<Record<MetadataType, T>>;

/** What a block says in each of the three metadata files, before compression. */
export type BlockTexts = ByType<Buffer>;

/** Raised when the same packages would give other texts. */
export const textFormat = 1;

interface Index {
  readonly format: number;
  readonly key: Sha256;
  readonly members: ByType<{ readonly sizeBytes: number; readonly crc32: number }>;
}

/** Blocks that may be at hand, by the packages in them: a block that changed has most of its packages from one. */
export type NearBlocks = ReadonlyMap<Sha256, Block>;

/** Of the lists, for these blocks: what is in a block that is among them is in no other of them. */
export function nearBlocks(
  lists: Iterable<readonly PackageEntry[]>,
  blocks: readonly Block[],
): NearBlocks {
  const same = new Set(blocks.map((block) => block.key));
  const near = new Map<Sha256, Block>();
  for (const list of lists) {
    for (const block of cutBlocks(list)) {
      if (same.has(block.key)) continue;
      for (const { sha256 } of block.packages) near.set(sha256, block);
    }
  }
  return near;
}

/** All three texts lie in one file, in the order of `metadataTypes`. */
export function textsPath(store: Store, { key }: Block): string {
  return join(blockDirectory(store.root, key), 'metadata.xml');
}

const indexPath = (store: Store, { key }: Block): string =>
  join(blockDirectory(store.root, key), 'metadata.json');

/** From the cache, put together from near blocks, or rendered from the package heads; always the same bytes. */
export async function blockTexts(
  store: Store,
  block: Block,
  near: NearBlocks,
): Promise<BlockTexts> {
  return (await keptTexts(store, block)) ?? (await makeTexts(store, block, near));
}

/** Whatever the cache has of the block itself. */
export async function makeTexts(store: Store, block: Block, near: NearBlocks): Promise<BlockTexts> {
  const found = await nearFragments(store, block, near);
  const missing = block.packages.filter((entry) => !found.has(entry.sha256));
  for (const detail of await blockDetails(store, { packages: missing })) {
    found.set(detail.sha256, fragmentsOf(detail));
  }
  return await keepTexts(store, block, found);
}

/** What one package says in each of the three metadata files. */
export type Fragments = ByType<Uint8Array>;

export const fragmentsOf = (detail: PackageDetail): Fragments => ({
  primary: Buffer.from(primaryFragment(detail, packageHref(detail))),
  filelists: Buffer.from(filelistsFragment(detail)),
  other: Buffer.from(otherFragment(detail)),
});

/** Of packages that are all at hand. */
export async function keepTexts(
  store: Store,
  block: Block,
  fragments: ReadonlyMap<Sha256, Fragments>,
): Promise<BlockTexts> {
  const of = (type: MetadataType): readonly Uint8Array[] =>
    block.packages.flatMap(({ sha256 }) => fragments.get(sha256)?.[type] ?? []);
  const parts = { primary: of('primary'), filelists: of('filelists'), other: of('other') };
  const whole = Buffer.concat(metadataTypes.flatMap((type) => parts[type]));
  const texts = cutTexts(whole, (type) => parts[type].reduce((sum, part) => sum + part.length, 0));
  checkPrimary(block, texts.primary.toString());
  const index: Index = {
    format: textFormat,
    key: block.key,
    members: {
      primary: sums(texts.primary),
      filelists: sums(texts.filelists),
      other: sums(texts.other),
    },
  };
  await store.disk.replace(textsPath(store, block), whole, derived);
  await store.disk.replace(indexPath(store, block), JSON.stringify(index), derived);
  return texts;
}

const sums = (text: Buffer) => ({ sizeBytes: text.length, crc32: crc32(text) });

async function keptTexts(store: Store, block: Block): Promise<BlockTexts | undefined> {
  const index = parsed(await store.disk.read(indexPath(store, block)));
  if (index?.format !== textFormat || index.key !== block.key) return undefined;
  const bytes = await store.disk.read(textsPath(store, block));
  if (bytes === undefined) return undefined;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = cutTexts(whole, (type) => index.members[type].sizeBytes);
  const isWhole = metadataTypes.every((type) => crc32(texts[type]) === index.members[type].crc32);
  return isWhole ? texts : undefined;
}

/** Parts of one memory, one after the other. */
function cutTexts(whole: Buffer, sizeBytes: (type: MetadataType) => number): BlockTexts {
  let at = 0;
  const text = (type: MetadataType): Buffer => {
    const start = at;
    at += sizeBytes(type);
    return whole.subarray(start, at);
  };
  return { primary: text('primary'), filelists: text('filelists'), other: text('other') };
}

function parsed(bytes: Uint8Array | undefined): Index | undefined {
  try {
    const index = bytes && (JSON.parse(Buffer.from(bytes).toString()) as Index);
    return index && metadataTypes.every((t) => index.members[t].sizeBytes > 0) ? index : undefined;
  } catch {
    return undefined;
  }
}

/** Fragments of this block's packages out of other blocks, cut where each `<package>` ends. */
async function nearFragments(
  store: Store,
  block: Block,
  near: NearBlocks,
): Promise<Map<Sha256, Fragments>> {
  const found = new Map<Sha256, Fragments>();
  const others = new Map<Sha256, Block>();
  for (const { sha256 } of block.packages) {
    const other = near.get(sha256);
    if (other && other.key !== block.key) others.set(other.key, other);
  }
  for (const other of others.values()) {
    const texts = await keptTexts(store, other);
    if (texts === undefined) continue;
    const [primary, filelists, files] = metadataTypes.map((type) => elements(texts[type]));
    for (const [n, { sha256 }] of other.packages.entries()) {
      const [p, f, o] = [primary?.[n], filelists?.[n], files?.[n]];
      if (p && f && o) found.set(sha256, { primary: p, filelists: f, other: o });
    }
  }
  return found;
}

const elementEnd = Buffer.from('</package>\n');

function elements(text: Buffer): readonly Buffer[] {
  const list: Buffer[] = [];
  for (let start = 0; start < text.length; ) {
    const at = text.indexOf(elementEnd, start);
    if (at < 0) return list;
    list.push(text.subarray(start, at + elementEnd.length));
    start = at + elementEnd.length;
  }
  return list;
}

/**
 * The post-condition of every publication: primary names exactly the packages of the content, by digest and by file. It
 * holds for each block when it is made, and so for every file that is put together from blocks.
 */
function checkPrimary(block: Block, text: string): void {
  const digests = [...text.matchAll(/ pkgid="YES">([0-9a-f]{64})</g)].map((m) => m[1]);
  const hrefs = [...text.matchAll(/<location href="([^"]*)"/g)].map((m) => m[1]);
  const wrong = block.packages.find(
    (p, i) => p.sha256 !== digests[i] || packageHref(p) !== hrefs[i],
  );
  const count = block.packages.length;
  if (!wrong && digests.length === count && hrefs.length === count) return;
  throw new Fault('MetadataInvalid', {
    object: wrong ? nevraText(wrong) : `block ${block.key}`,
    check: 'primary names exactly the packages of the content',
    expected: wrong ? `${packageHref(wrong)}` : `${count} packages`,
    found: wrong ? 'another package in its place' : `${digests.length} packages`,
    fix: 'Run `sluice verify`: the stored packages are not what the snapshot says of them.',
  });
}
