import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Sha256, sha256Of } from '../../model/index.ts';
import type { Digested, Disk, FileRange } from '../../ports.ts';
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
  /** The next member, and the CRC-32 that it should have where it is older; the caller may use its memory again. */
  write(member: Uint8Array, sum?: number): Promise<void>;
  /** Flushes all of it and reads it back meanwhile; a damaged piece is a member, in the order of writing. */
  readBack(): Promise<Digested>;
  /** Gives what was read back its name; the same file is kept once. `open` is what comes out of it. */
  finish(packed: Digested, open: Digested): Promise<MetadataFile>;
  discard(): Promise<void>;
}

const endings: Readonly<Record<string, string>> = {
  group: 'comps.xml',
  modules: 'modules.yaml',
};

/** Members are small, and each write is a way through the kernel and back. */
const writeBytes = 1 << 20;

/**
 * Writes a metadata file member by member: memory does not grow with it. Its checksum is taken of what lies on disk in
 * the end, and every member compared on the way, so one look at the bytes says that they came whole and were kept whole.
 */
export async function metadataSink(
  disk: Disk,
  tree: string,
  { type, codec }: { readonly type: string; readonly codec: Codec },
): Promise<MetadataSink> {
  const staged = await disk.stage(join(tree, 'repodata'));
  const members: FileRange[] = [];
  // Written over and over: what is written is copied here and on disk before the next bytes come.
  const waiting = Buffer.allocUnsafe(writeBytes);
  let waitingBytes = 0;
  let sizeBytes = 0;
  const empty = async (): Promise<void> => {
    if (waitingBytes > 0) await staged.write(waiting.subarray(0, waitingBytes));
    waitingBytes = 0;
  };
  return {
    write: async (member, sum = crc32(member)) => {
      const { path } = staged;
      members.push({ path, offset: sizeBytes, sizeBytes: member.byteLength, crc32: sum });
      sizeBytes += member.byteLength;
      if (waitingBytes + member.byteLength > writeBytes) await empty();
      if (member.byteLength > writeBytes) return await staged.write(member);
      waiting.set(member, waitingBytes);
      waitingBytes += member.byteLength;
    },
    readBack: async () => {
      await empty();
      const [[digested]] = await Promise.all([disk.digest([members]), staged.flush()]);
      return digested;
    },
    finish: async (packed, open) => {
      const sha256 = sha256Of(packed.sha256);
      const path = `repodata/${sha256}-${endings[type] ?? `${type}.xml`}.${codec}`;
      await staged.keep(join(tree, path));
      const openSha256 = sha256Of(open.sha256);
      return { type, path, sha256, sizeBytes, openSha256, openSizeBytes: open.sizeBytes };
    },
    discard: () => staged.discard(),
  };
}
