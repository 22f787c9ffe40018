import { execFileSync } from 'node:child_process';
import { gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompressor } from '../../src/edge/decompress.ts';
import { Fault } from '../../src/model/index.ts';
import type { Compression } from '../../src/ports.ts';
import { checkedBytes } from '../../src/rpm/index.ts';
import { faultOf } from '../support/fault-of.ts';

const port = decompressor();
const packed: Readonly<Record<Compression, (content: Uint8Array) => Buffer>> = {
  none: (content) => Buffer.from(content),
  gz: (content) => gzipSync(content),
  zst: (content) => zstdCompressSync(content),
  xz: (content) => execFileSync('xz', ['-c'], { input: content, maxBuffer: 1 << 30 }),
  bz2: (content) => execFileSync('bzip2', ['-c'], { input: content, maxBuffer: 1 << 30 }),
};
const every: readonly Compression[] = ['none', 'gz', 'zst', 'xz', 'bz2'];
const bomb = Buffer.alloc(64 << 20);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function opened(
  compression: Compression,
  bytes: Uint8Array,
  maxBytes = 1 << 20,
  piece = 1000,
) {
  const chunks = await collected(port.open(compression, inPieces(bytes, piece), { maxBytes }));
  return Buffer.concat(chunks);
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

/** Bytes that were let out before it ended. */
async function drained(source: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  try {
    for await (const chunk of source) bytes += chunk.length;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  return bytes;
}

describe('decompression', () => {
  const content = Buffer.from('one two three '.repeat(5000));

  it.each(every)('gives back what was packed: %s', async (compression) => {
    for (const piece of [1, 7, 1 << 20]) {
      const bytes = compression === 'none' || piece > 1 ? content : content.subarray(0, 500);
      expect(await opened(compression, packed[compression](bytes), 1 << 20, piece)).toEqual(bytes);
    }
    expect(await opened(compression, packed[compression](Buffer.alloc(0)))).toEqual(
      Buffer.alloc(0),
    );
  });

  it.each(every)('reads members one after the other: %s', async (compression) => {
    const pack = packed[compression];
    const parts = [
      pack(content.subarray(0, 11)),
      pack(Buffer.alloc(0)),
      pack(content.subarray(11)),
    ];
    for (const piece of [13, 1 << 20]) {
      expect(await opened(compression, Buffer.concat(parts), 1 << 20, piece)).toEqual(content);
    }
  });

  it('reads zstd frames with checksums, without sizes, and skips what is to be skipped', async () => {
    const checked = zstdCompressSync(content, { params: { [zlib.ZSTD_c_checksumFlag]: 1 } });
    const sizeless = zstdCompressSync(content, { params: { [zlib.ZSTD_c_contentSizeFlag]: 0 } });
    const skippable = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const noise = zstdCompressSync(Buffer.alloc(300_000, 'ab').map((_, at) => (at * 7919) >> 5));
    const all = Buffer.concat([skippable, checked, sizeless, skippable, noise]);
    const expected = content.length * 2 + 300_000;
    expect(await opened('zst', all)).toHaveLength(expected);
    expect(await opened('zst', all, 1 << 20, 1)).toHaveLength(expected);
  });

  it.each(['gz', 'zst', 'xz', 'bz2'] as const)('names damaged %s data', async (compression) => {
    const good = packed[compression](content);
    const flipped = Buffer.from(good);
    flipped.writeUInt8(flipped.readUInt8(good.length - 6) ^ 0xff, good.length - 6);
    const cut = good.subarray(0, good.length - 5);
    const garbage = Buffer.from('this is not packed at all');
    for (const bytes of [cut, garbage, ...(compression === 'zst' ? [] : [flipped])]) {
      expect((await faultOf(() => opened(compression, bytes))).code).toBe('MetadataInvalid');
    }
  });

  it('passes on the fault of its source', async () => {
    for (const compression of every) {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield packed[compression](content).subarray(0, 20);
        throw new Fault('UpstreamUnavailable', { object: 'o', check: 'c', fix: 'f' });
      }
      const fault = await faultOf(() =>
        collected(port.open(compression, broken(), { maxBytes: 1 << 20 })),
      );
      expect([compression, fault.code]).toEqual([compression, 'UpstreamUnavailable']);
    }
  });

  it('stops reading its source, and its child, when the reader stops', async () => {
    for (const compression of every) {
      const bytes = packed[compression](content);
      let closed = false;
      async function* source(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield bytes;
        } finally {
          closed = true;
        }
      }
      for await (const chunk of port.open(compression, source(), { maxBytes: 1 << 30 })) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      await expect.poll(() => closed).toBe(true);
    }
  });
});

describe('bombs', () => {
  it('[C04] a gzip bomb is stopped at its promised size, or at the limit', async () => {
    const bytes = gzipSync(bomb, { level: 9 });
    const fault = await faultOf(() => opened('gz', bytes, 1 << 20));
    expect(fault.code).toBe('TransferTooLarge');
    expect(
      await drained(port.open('gz', inPieces(bytes, 1000), { maxBytes: 1 << 20 })),
    ).toBeLessThan(2 << 20);
    const honest = port.open('gz', inPieces(bytes, 1000), { maxBytes: 1 << 30 });
    const lied = checkedBytes(honest, { what: 'primary', layer: 'open', sizeBytes: 100_000 });
    expect((await faultOf(() => collected(lied))).check).toBe('open-size');
  });

  it.each(['zst', 'xz', 'bz2'] as const)(
    '[C05] a %s bomb is stopped at the limit',
    async (compression) => {
      const bytes = packed[compression](bomb);
      const before = process.memoryUsage().rss;
      expect((await faultOf(() => opened(compression, bytes, 1 << 20))).code).toBe(
        'TransferTooLarge',
      );
      expect(
        await drained(port.open(compression, inPieces(bytes, 100), { maxBytes: 1 << 20 })),
      ).toBeLessThan(2 << 20);
      expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
    },
  );

  it('[C05] zstd with a huge window is refused', async () => {
    const params = { [zlib.ZSTD_c_windowLog]: 30, [zlib.ZSTD_c_contentSizeFlag]: 0 };
    const bytes = zstdCompressSync(Buffer.alloc(1000), { params });
    // Frame_Header_Descriptor without single segment, then Window_Descriptor for 2 GiB (RFC 8878, 3.1.1.1.2).
    const huge = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3]),
      bytes.subarray(6),
    ]);
    const fault = await faultOf(() => opened('zst', huge));
    expect([fault.code, fault.found]).toEqual([
      'MetadataInvalid',
      expect.stringMatching(/memory/i),
    ]);
  });

  it('[C05] xz that asks for more memory than its child has is refused', async () => {
    const dictionary = ['-c', '--format=xz', '--lzma2=preset=0,dict=768MiB'];
    const bytes = execFileSync('xz', dictionary, { input: Buffer.alloc(1 << 16) });
    const fault = await faultOf(() => opened('xz', bytes));
    expect([fault.code, fault.found]).toEqual([
      'MetadataInvalid',
      expect.stringMatching(/memory/i),
    ]);
  });

  it('[C05] a bomb inside a bomb is only the next layer of bytes', async () => {
    const nested = gzipSync(gzipSync(bomb));
    expect((await opened('gz', nested)).length).toBeLessThan(1 << 20);
  });
});
