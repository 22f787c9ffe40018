import { Fault } from '../../model/index.ts';
import type { FetchLimits } from '../../ports.ts';

interface Announced {
  /** What the server or the file system says the body's size is. */
  readonly promisedBytes?: number;
}

export interface BodyGuard {
  /** Counts a chunk and gives it back; throws as soon as the body is longer than it may be. */
  take(chunk: Uint8Array): Uint8Array;
  /** The body ended: was it all of it? */
  end(): void;
  readonly receivedBytes: number;
}

/** Holds a body to what was promised: never longer than the limits, never shorter than the expected size. */
export function bodyGuard(object: string, limits: FetchLimits, announced: Announced): BodyGuard {
  const { sizeBytes } = limits;
  const most = Math.min(limits.maxBytes, sizeBytes ?? limits.maxBytes);
  const { promisedBytes } = announced;
  if (promisedBytes !== undefined && sizeBytes !== undefined && promisedBytes !== sizeBytes) {
    throw wrongSize(object, sizeBytes, promisedBytes);
  }
  if (promisedBytes !== undefined && promisedBytes > most) {
    throw tooMuch(object, most, `${promisedBytes} bytes announced`);
  }
  let received = 0;
  return {
    take(chunk) {
      received += chunk.length;
      if (received > most) throw tooMuch(object, most, `more than ${most} bytes`);
      return chunk;
    },
    end() {
      const due = sizeBytes ?? promisedBytes;
      if (due !== undefined && received !== due) throw endedEarly(object, due, received);
    },
    get receivedBytes() {
      return received;
    },
  };
}

function tooMuch(object: string, most: number, found: string): Fault {
  return new Fault('TransferTooLarge', {
    object,
    check: 'no more data than promised',
    expected: `at most ${most} bytes`,
    found,
    fix: 'Ask the operator of the upstream why the file is larger than its metadata says.',
  });
}

/** The sender says itself that the file has another size: it is another file, and trying again does not help. */
function wrongSize(object: string, expected: number, found: number): Fault {
  return new Fault('ChecksumMismatch', {
    object,
    check: 'the size in the upstream metadata',
    expected: `${expected} bytes`,
    found: `${found} bytes announced`,
    fix: 'Wait until the upstream is complete, then run `sluice reconcile --sync` again.',
  });
}

function endedEarly(object: string, due: number, received: number): Fault {
  return new Fault('UpstreamUnavailable', {
    object,
    check: 'the transfer is complete',
    expected: `${due} bytes`,
    found: `${received} bytes, then the end`,
    fix: 'Nothing was taken over; run `sluice reconcile --sync` again when the upstream is well.',
  });
}
