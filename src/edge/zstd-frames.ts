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
  const state: FrameState = { expect: { kind: 'magic' }, checksum: false, skippable: false };
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const step = nextStep(state, rest);
      if (!step) break;
      rest = rest.subarray(step.used);
      if (step.emit) yield { bytes: step.emit, last: step.last };
    }
  }
  if (rest.length > 0 || state.expect.kind !== 'magic')
    throw new RangeError('unexpected end of zstd data');
}

interface Step {
  readonly used: number;
  readonly emit: Uint8Array | undefined;
  readonly last: boolean;
}

interface FrameState {
  expect: Expect;
  /** The frame ends with four bytes of checksum. */
  checksum: boolean;
  skippable: boolean;
}

/** The next piece that can be told from what is here; undefined when more bytes are needed. */
function nextStep(state: FrameState, bytes: Uint8Array): Step | undefined {
  const { expect } = state;
  if (expect.kind === 'skip') return skipStep(state, bytes, expect);
  if (expect.kind === 'magic') return magicStep(state, bytes);
  if (expect.kind === 'block') return blockStep(state, bytes);
  if (expect.kind === 'skippable-size') {
    if (bytes.length < 4) return undefined;
    const size = uint32(bytes);
    const content: Expect = { kind: 'skip', bytes: size, following: 'end' };
    return take(state, bytes.subarray(0, 4), size === 0 ? { kind: 'magic' } : content);
  }
  const descriptor = bytes[0];
  if (descriptor === undefined) return undefined;
  state.checksum = (descriptor & 4) !== 0;
  const header: Expect = { kind: 'skip', bytes: headerBytes(descriptor), following: 'block' };
  return take(state, bytes.subarray(0, 1), header);
}

function take(state: FrameState, piece: Uint8Array, following: Expect): Step {
  state.expect = following;
  return { used: piece.length, emit: state.skippable ? undefined : piece, last: false };
}

function magicStep(state: FrameState, bytes: Uint8Array): Step | undefined {
  if (bytes.length < 4) return undefined;
  const value = uint32(bytes);
  state.skippable = (value & 0xfffffff0) >>> 0 === skippableMagic;
  if (!state.skippable && value !== frameMagic) throw new RangeError('not a zstd frame');
  const kind = state.skippable ? 'skippable-size' : 'descriptor';
  return take(state, bytes.subarray(0, 4), { kind });
}

function blockStep(state: FrameState, bytes: Uint8Array): Step | undefined {
  if (bytes.length < 3) return undefined;
  const header = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
  const last = (header & 1) === 1;
  const repeated = ((header >> 1) & 3) === 1;
  const size = repeated ? 1 : header >> 3;
  const piece = bytes.subarray(0, 3);
  if (size === 0)
    return { ...take(state, piece, afterBlock(state, last)), last: last && !state.checksum };
  const following = last ? 'last-block' : 'block';
  return take(state, piece, { kind: 'skip', bytes: size, following });
}

function skipStep(
  state: FrameState,
  bytes: Uint8Array,
  skip: Extract<Expect, { kind: 'skip' }>,
): Step | undefined {
  const piece = bytes.subarray(0, skip.bytes);
  if (piece.length < skip.bytes) {
    const left: Expect = { ...skip, bytes: skip.bytes - piece.length };
    return piece.length === 0 ? undefined : take(state, piece, left);
  }
  if (skip.following === 'end') return { ...take(state, piece, { kind: 'magic' }), last: true };
  const last = skip.following === 'last-block';
  return { ...take(state, piece, afterBlock(state, last)), last: last && !state.checksum };
}

function afterBlock(state: FrameState, last: boolean): Expect {
  if (!last) return { kind: 'block' };
  return state.checksum ? { kind: 'skip', bytes: 4, following: 'end' } : { kind: 'magic' };
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** Bytes of the frame header after its descriptor: window, dictionary, content size. */
function headerBytes(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return (single ? 0 : 1) + dictionary + size;
}
