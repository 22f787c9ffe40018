import { canonicalDigest, type Sha256, type TreeContent } from '../../model/index.ts';
import { compsXml, modulesYaml, updateinfoXml } from '../../rpm/index.ts';
import { type Codec, cutBlocks, type NearBlocks, pack, type Store } from '../../store/index.ts';
import { type MetadataFile, metadataSink } from './metadata-sink.ts';
import { writePackageFiles } from './package-files.ts';
import { publishedAdvisories } from './published-advisories.ts';
import type { RepositoryContent } from './repository-content.ts';
import { damagedRepository } from './repository-manifest.ts';

/** Raised when the same content would give other files. */
const format = 2;

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

/** Names all trees of a content at once, without a look at a package; undefined where the content does not say it all. */
export function sameTrees({ id, isSigned }: RepositoryContent, codec: Codec): Sha256 | undefined {
  return isSigned ? undefined : canonicalDigest({ format, codec, content: id });
}

export interface TreeMetadata {
  readonly content: TreeContent;
  readonly codec: Codec;
  /** What is at hand of packages whose block is new. */
  readonly near: NearBlocks;
}

/** Writes the metadata files of one tree into `<tree>/repodata`, named by their checksum. */
export async function writeTreeMetadata(
  store: Store,
  tree: string,
  { content, codec, near }: TreeMetadata,
): Promise<readonly MetadataFile[]> {
  const files = [...(await writePackageFiles(store, tree, { content, codec, near }))];
  const single = async (type: string, text: string) => {
    const sink = await metadataSink(store.disk, tree, { type, codec });
    const { packed, open } = await pack(text, codec);
    await sink.write(packed);
    const whole = await sink.readBack();
    if (whole.damaged.length > 0) throw damagedRepository(tree, [type]);
    const [opened] = await store.disk.digest([[{ bytes: open }]]);
    files.push(await sink.finish(whole, opened));
  };
  const advisories = publishedAdvisories(content);
  if (advisories.length > 0) await single('updateinfo', updateinfoXml(advisories));
  if (content.groups.length > 0) await single('group', compsXml(content.groups));
  if (content.modules.length > 0) await single('modules', modulesYaml(content.modules));
  return files;
}
