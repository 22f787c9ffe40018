import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Sha256, sha256Of } from '../../model/index.ts';
import type { Disk } from '../../ports.ts';
import type { Codec, Member } from '../../store/index.ts';

/** One metadata file of a tree: what repomd.xml says of it. */
export interface MetadataFile {
  /** `primary`, `filelists`, `other`, `updateinfo`, `group`, `modules`. */
  readonly type: string;
  /** Relative to the tree; the checksum is in the name, so a name never changes its content. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly openSha256: Sha256;
  readonly openSizeBytes: number;
}

export interface MetadataSink {
  write(member: Member): Promise<void>;
  /** Gives the file its name; the same file is kept once. */
  finish(): Promise<MetadataFile>;
  discard(): Promise<void>;
}

const endings: Readonly<Record<string, string>> = {
  group: 'comps.xml',
  modules: 'modules.yaml',
};

/** Writes a metadata file member by member, with both checksums taken on the way: memory does not grow with it. */
export async function metadataSink(
  disk: Disk,
  tree: string,
  { type, codec }: { readonly type: string; readonly codec: Codec },
): Promise<MetadataSink> {
  const staged = await disk.stage(join(tree, 'repodata'));
  const packed = createHash('sha256');
  const open = createHash('sha256');
  let sizeBytes = 0;
  let openSizeBytes = 0;
  return {
    write: async (member) => {
      packed.update(member.packed);
      open.update(member.open);
      sizeBytes += member.packed.byteLength;
      openSizeBytes += member.open.byteLength;
      await staged.write(member.packed);
    },
    finish: async () => {
      const sha256 = sha256Of(packed.digest('hex'));
      const path = `repodata/${sha256}-${endings[type] ?? `${type}.xml`}.${codec}`;
      await staged.keep(join(tree, path));
      const openSha256 = sha256Of(open.digest('hex'));
      return { type, path, sha256, sizeBytes, openSha256, openSizeBytes };
    },
    discard: () => staged.discard(),
  };
}
