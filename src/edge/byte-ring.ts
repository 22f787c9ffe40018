/** Large enough that handing one over costs little beside hashing it; all of them fit into a processor's cache. */
const slotBytes = 512 << 10;
const slotCount = 6;

/** Places in the memory's head: how many slots were filled and taken so far, then the length of each slot's bytes. */
const filled = 0;
const taken = 1;
const lengths = 2;
const headBytes = 4 * (lengths + slotCount);

/**
 * Memory through which one thread gives bytes to another: the writer fills slots, the reader takes them in their order, and
 * either waits for the other. Both have to be threads of their own: waiting stops everything else.
 */
export const byteRing = (): SharedArrayBuffer =>
  new SharedArrayBuffer(headBytes + slotCount * slotBytes);

const headOf = (ring: SharedArrayBuffer): Int32Array<SharedArrayBuffer> =>
  new Int32Array(ring, 0, lengths + slotCount);

const slotAt = (ring: SharedArrayBuffer, at: number): Buffer<SharedArrayBuffer> =>
  Buffer.from(ring, headBytes + (at % slotCount) * slotBytes, slotBytes);

export interface RingWriter {
  /** Memory for the next bytes, once the reader is done with what was in it. */
  room(): Buffer;
  /** Gives so many bytes of that memory to the reader. */
  give(length: number): void;
  end(): void;
}

export function ringWriter(ring: SharedArrayBuffer): RingWriter {
  const head = headOf(ring);
  let at = 0;
  const room = (): Buffer => {
    while (at - Atomics.load(head, taken) >= slotCount) Atomics.wait(head, taken, at - slotCount);
    return slotAt(ring, at);
  };
  const give = (length: number): void => {
    Atomics.store(head, lengths + (at % slotCount), length);
    at += 1;
    Atomics.store(head, filled, at);
    Atomics.notify(head, filled);
  };
  const end = (): void => {
    room();
    give(0);
  };
  return { room, give, end };
}

/** What the writer gives, until it ends; each is there until the next is asked for. */
export function* ringBytes(ring: SharedArrayBuffer): Generator<Buffer, void, undefined> {
  const head = headOf(ring);
  for (let at = 0; ; at += 1) {
    while (Atomics.load(head, filled) === at) Atomics.wait(head, filled, at);
    const length = Atomics.load(head, lengths + (at % slotCount));
    if (length === 0) return;
    yield slotAt(ring, at).subarray(0, length);
    Atomics.store(head, taken, at + 1);
    Atomics.notify(head, taken);
  }
}
