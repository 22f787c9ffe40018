import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Sha256, sha256Of } from '../../model/index.ts';
import type { Digested, Disk } from '../../ports.ts';
import type { Codec } from '../../store/index.ts';

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
  /** The next compressed bytes; the caller may use their memory again. */
  write(packed: Uint8Array): Promise<void>;
  /** Gives the file its name; the same file is kept once. `open` is what comes out of it. */
  finish(open: Digested): Promise<MetadataFile>;
  discard(): Promise<void>;
}

const endings: Readonly<Record<string, string>> = {
  group: 'comps.xml',
  modules: 'modules.yaml',
};

/** Members are small, and each write is a way through the kernel and back. */
const writeBytes = 1 << 20;

/** Writes a metadata file member by member, its checksum taken on the way: memory does not grow with it. */
export async function metadataSink(
  disk: Disk,
  tree: string,
  { type, codec }: { readonly type: string; readonly codec: Codec },
): Promise<MetadataSink> {
  const staged = await disk.stage(join(tree, 'repodata'));
  const hash = createHash('sha256');
  // Written over and over: what is written is copied here and on disk before the next bytes come.
  const waiting = Buffer.allocUnsafe(writeBytes);
  let waitingBytes = 0;
  let sizeBytes = 0;
  const flush = async (): Promise<void> => {
    if (waitingBytes > 0) await staged.write(waiting.subarray(0, waitingBytes));
    waitingBytes = 0;
  };
  return {
    write: async (packed) => {
      hash.update(packed);
      sizeBytes += packed.byteLength;
      if (waitingBytes + packed.byteLength > writeBytes) await flush();
      if (packed.byteLength > writeBytes) return await staged.write(packed);
      waiting.set(packed, waitingBytes);
      waitingBytes += packed.byteLength;
    },
    finish: async (open) => {
      await flush();
      const sha256 = sha256Of(hash.digest('hex'));
      const path = `repodata/${sha256}-${endings[type] ?? `${type}.xml`}.${codec}`;
      await staged.keep(join(tree, path));
      const openSha256 = sha256Of(open.sha256);
      return { type, path, sha256, sizeBytes, openSha256, openSizeBytes: open.sizeBytes };
    },
    discard: () => staged.discard(),
  };
}
