const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

export interface FramePart {
  readonly bytes: Uint8Array;
  /** The frame ends with these bytes. */
  readonly last: boolean;
}

/** What the next bytes of a zstd stream are (RFC 8878, section 3.1). */
type Expect =
  | { readonly kind: 'magic' | 'descriptor' | 'block' | 'skippable-size' }
  | {
      readonly kind: 'skip';
      readonly bytes: number;
      readonly following: 'block' | 'end' | 'last-block';
    };

/**
 * Cuts a stream of concatenated zstd frames at the frame borders: node:zlib stops silently at the end of the first.
 * Skippable frames are left out. Throws `RangeError` on anything that is no frame; the content is not looked at.
 */
export async function* zstdFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<FramePart> {
  let rest: Uint8Array = new Uint8Array(0);
  const state = frameState();
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const step = state.next(rest);
      if (!step) break;
      rest = rest.subarray(step.used);
      if (step.emit) yield { bytes: step.emit, last: step.last };
    }
  }
  if (rest.length > 0 || !state.atBorder()) throw new RangeError('unexpected end of zstd data');
}

interface Step {
  readonly used: number;
  readonly emit: Uint8Array | undefined;
  readonly last: boolean;
}

function frameState() {
  let expect: Expect = { kind: 'magic' };
  let checksum = false;
  let skippable = false;
  const take = (bytes: Uint8Array, used: number, following: Expect, last = false): Step => {
    expect = following;
    return { used, emit: skippable ? undefined : bytes.subarray(0, used), last };
  };
  const afterBlock = (last: boolean): Expect =>
    last && checksum
      ? { kind: 'skip', bytes: 4, following: 'end' }
      : { kind: last ? 'magic' : 'block' };
  const block = (bytes: Uint8Array): Step | undefined => {
    if (bytes.length < 3) return undefined;
    const header = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
    const last = (header & 1) === 1;
    const repeated = ((header >> 1) & 3) === 1;
    const size = repeated ? 1 : header >> 3;
    if (size === 0) return take(bytes, 3, afterBlock(last), last && !checksum);
    return take(bytes, 3, { kind: 'skip', bytes: size, following: last ? 'last-block' : 'block' });
  };
  const skip = (bytes: Uint8Array, of: Extract<Expect, { kind: 'skip' }>): Step | undefined => {
    const used = Math.min(bytes.length, of.bytes);
    if (used < of.bytes) {
      return used === 0 ? undefined : take(bytes, used, { ...of, bytes: of.bytes - used });
    }
    if (of.following === 'end') return take(bytes, used, { kind: 'magic' }, true);
    const last = of.following === 'last-block';
    return take(bytes, used, afterBlock(last), last && !checksum);
  };
  const magic = (bytes: Uint8Array): Step | undefined => {
    if (bytes.length < 4) return undefined;
    const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    skippable = (value & 0xfffffff0) >>> 0 === skippableMagic;
    if (!skippable && value !== frameMagic) throw new RangeError('not a zstd frame');
    return take(bytes, 4, { kind: skippable ? 'skippable-size' : 'descriptor' });
  };
  const next = (bytes: Uint8Array): Step | undefined => {
    if (expect.kind === 'skip') return skip(bytes, expect);
    if (expect.kind === 'magic') return magic(bytes);
    if (expect.kind === 'block') return block(bytes);
    if (expect.kind === 'skippable-size') {
      if (bytes.length < 4) return undefined;
      const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      return take(
        bytes,
        4,
        size === 0 ? { kind: 'magic' } : { kind: 'skip', bytes: size, following: 'end' },
      );
    }
    const first = bytes[0];
    if (first === undefined) return undefined;
    checksum = (first & 4) !== 0;
    return take(bytes, 1, { kind: 'skip', bytes: headerBytes(first), following: 'block' });
  };
  return { next, atBorder: () => expect.kind === 'magic' };
}

/** Bytes of the frame header after its descriptor: window, dictionary, content size. */
function headerBytes(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return (single ? 0 : 1) + dictionary + size;
}
