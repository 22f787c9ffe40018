import {
  canonicalDigest,
  Fault,
  nevraText,
  type Sha256,
  type TreeContent,
} from '../../model/index.ts';
import {
  compsXml,
  metadataHead,
  metadataTail,
  modulesYaml,
  updateinfoXml,
} from '../../rpm/index.ts';
import {
  type Block,
  blockMetadata,
  type Codec,
  cutBlocks,
  metadataTypes,
  pack,
  packageHref,
  type Store,
} from '../../store/index.ts';
import { type MetadataFile, type MetadataSink, metadataSink } from './metadata-sink.ts';
import { publishedAdvisories } from './published-advisories.ts';
import { workAhead } from './work-ahead.ts';

/** Blocks that are read or compressed at a time; each is a few megabytes at most. */
const blocksAhead = 4;

/** Raised when the same content would give other files. */
const format = 1;

/** Digest of all that a tree's metadata files depend on. */
export function treeInput(content: TreeContent, codec: Codec): Sha256 {
  const digests = (list: readonly { readonly sha256: Sha256 }[]) => list.map((x) => x.sha256);
  return canonicalDigest({
    format,
    codec,
    blocks: cutBlocks(content.packages).map((b) => b.key),
    advisories: digests(content.advisories),
    groups: digests(content.groups),
    modules: digests(content.modules),
  });
}

/** Writes the metadata files of one tree into `<tree>/repodata`, named by their checksum. */
export async function writeTreeMetadata(
  store: Store,
  tree: string,
  { content, codec }: { readonly content: TreeContent; readonly codec: Codec },
): Promise<readonly MetadataFile[]> {
  const files = [...(await writePackageFiles(store, tree, { content, codec }))];
  const single = async (type: string, text: string) => {
    const sink = await metadataSink(store.disk, tree, { type, codec });
    await sink.write(await pack(text, codec));
    files.push(await sink.finish());
  };
  const advisories = publishedAdvisories(content);
  if (advisories.length > 0) await single('updateinfo', updateinfoXml(advisories));
  if (content.groups.length > 0) await single('group', compsXml(content.groups));
  if (content.modules.length > 0) await single('modules', modulesYaml(content.modules));
  return files;
}

/** primary, filelists and other: a head, one member per block, a tail; only a few blocks are in memory at a time. */
async function writePackageFiles(
  store: Store,
  tree: string,
  { content, codec }: { readonly content: TreeContent; readonly codec: Codec },
): Promise<readonly MetadataFile[]> {
  const sinks = [];
  for (const type of metadataTypes) {
    sinks.push({ type, sink: await metadataSink(store.disk, tree, { type, codec }) });
  }
  try {
    const count = content.packages.length;
    await Promise.all(
      sinks.map(async ({ type, sink }) => sink.write(await pack(metadataHead(type, count), codec))),
    );
    const blocks = workAhead(cutBlocks(content.packages), blocksAhead, async (block) => {
      const members = await blockMetadata(store, block, codec);
      checkPrimary(block, members.primary.open);
      return members;
    });
    for await (const members of blocks) {
      await Promise.all(sinks.map(({ type, sink }) => sink.write(members[type])));
    }
    const files: MetadataFile[] = [];
    for (const { type, sink } of sinks) {
      await sink.write(await pack(metadataTail(type), codec));
      files.push(await sink.finish());
    }
    return files;
  } catch (error) {
    await discardAll(sinks.map((s) => s.sink));
    throw error;
  }
}

async function discardAll(sinks: readonly MetadataSink[]): Promise<void> {
  for (const sink of sinks) await sink.discard().catch(() => undefined);
}

/**
 * Post-condition of every publication: primary names exactly the packages of the content, by digest and by file. Holds
 * for each block and so for the whole, whatever cache the block came from.
 */
function checkPrimary(block: Block, primary: Uint8Array): void {
  const text = Buffer.from(primary).toString();
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
    fix: 'Delete <state>/derived (it is made again from the packages) and run the command again.',
  });
}
