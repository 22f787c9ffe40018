import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';

export type Codec = 'gz' | 'zst';

/** Raised when `pack` gives other bytes: members that were made before are then made again. */
export const memberFormat = 4;

/** One gzip member (RFC 1952) or zstd frame (RFC 8878), and what comes out of it. */
export interface Member {
  readonly packed: Uint8Array;
  readonly open: Uint8Array;
}

/** Most members come out in one piece. */
const pieceBytes = 16 << 10;

/** Compresses text into one member; fixed level, no name, no time: equal text gives equal bytes. */
export async function pack(text: string | Buffer, codec: Codec): Promise<Member> {
  const open = typeof text === 'string' ? Buffer.from(text) : text;
  return { packed: await compress(open, codec), open };
}

async function compress(open: Buffer, codec: Codec): Promise<Uint8Array> {
  // Pieces are joined by copying and keep the collector busy; they make no other bytes.
  const chunkSize = Math.max(pieceBytes, open.length >> 2);
  if (codec === 'gz') {
    const packed = await promisify(gzip)(open, { level: 6, chunkSize });
    // Byte 9 names the operating system (RFC 1952): 255 = unknown, so that it does not enter the digest.
    packed[9] = 255;
    return packed;
  }
  const params = { [constants.ZSTD_c_compressionLevel]: 9 };
  return await promisify(zstdCompress)(open, { params, chunkSize });
}
