import type { OpenFile } from './file-calls.ts';

const largestBytes = 1024 * 1024;

/**
 * The rest of an open file, piece by piece; each piece has memory of its own. Most files are far smaller than the
 * largest piece, and memory that is not needed costs more than reading; who knows the size says it.
 */
export async function* fileChunks(
  handle: Pick<OpenFile, 'read' | 'stat'>,
  sizeBytes?: number,
): AsyncGenerator<Buffer> {
  const size = sizeBytes ?? (await handle.stat()).size;
  const length = Math.min(largestBytes, Math.max(size, 1));
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
