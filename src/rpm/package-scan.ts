import { createHash } from 'node:crypto';
import { type PackageDetail, type Sha256, sha256Of } from '../model/index.ts';
import { detailOf } from './detail.ts';
import { notAPackage } from './header.ts';
import { checkHeaderDigests, hashPayload, type PayloadDigests } from './package-digests.ts';
import { asBuffer, headBorders, type PackageHead, parseHead } from './package-layout.ts';
import { hashSignatures, type RawSignature, type SignatureHashing } from './package-signatures.ts';

/** What one pass over a package file showed. Digests inside the file were compared; signatures were not judged. */
export interface Inspection {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly detail: PackageDetail;
  readonly signatures: readonly RawSignature[];
  /** The main header as it is signed. */
  readonly headerBytes: Uint8Array;
  readonly digests: {
    /** Algorithms of the header digests that were compared. */
    readonly header: readonly string[];
    /** The signed header carries a payload digest of SHA-224 or better, and it was compared. */
    readonly payloadInHeader: boolean;
  };
}

export interface PackageScanner {
  /** The next bytes of the file; payload bytes are hashed and not kept. Throws `PackageInvalid` once it is clear. */
  push(chunk: Uint8Array): void;
  /** After the last byte. Throws `PackageInvalid`. */
  finish(): Inspection;
}

/** Everything that starts when the head is complete. */
interface Body {
  readonly head: PackageHead;
  readonly headerDigests: readonly string[];
  readonly payload: PayloadDigests;
  readonly signatures: SignatureHashing;
}

/**
 * Inspects a package file in one synchronous pass while it arrives, in chunks of any size: format, bounds, digests and
 * metadata. Memory is bounded by the headers that have really arrived. `object` names the file in faults.
 */
export function packageScanner(object = 'package file'): PackageScanner {
  const file = createHash('sha256');
  let sizeBytes = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let neededBytes = 112;
  let body: Body | undefined;

  const pushHead = (chunk: Uint8Array): void => {
    // Copied, because the caller may reuse its buffer.
    waiting.push(Buffer.from(chunk));
    waitingBytes += chunk.length;
    while (body === undefined && waitingBytes >= neededBytes) {
      const [only] = waiting;
      const bytes = only?.length === waitingBytes ? only : Buffer.concat(waiting, waitingBytes);
      waiting = [bytes];
      const borders = headBorders(bytes, object);
      neededBytes = borders.kind === 'needs' ? borders.bytes : borders.mainEnd;
      if (borders.kind === 'known' && waitingBytes >= borders.mainEnd) {
        body = startBody(bytes, object);
        pushPayload(body, bytes.subarray(borders.mainEnd));
        waiting = [];
      }
    }
  };

  return {
    push: (chunk) => {
      file.update(chunk);
      sizeBytes += chunk.length;
      if (body === undefined) pushHead(chunk);
      else pushPayload(body, chunk);
    },
    finish: () => {
      if (body === undefined) {
        const start = Buffer.concat(waiting, waitingBytes);
        // Names an HTML page or a text for what it is, however short.
        headBorders(start, object);
        throw notAPackage(object, 'file holds whole headers', { found: `${sizeBytes} bytes` });
      }
      const { head, payload, signatures, headerDigests } = body;
      payload.finish(sizeBytes - head.mainEnd);
      const sha256 = sha256Of(file.digest('hex'));
      return {
        sha256,
        sizeBytes,
        detail: detailOf(head, { sha256, sizeBytes }),
        signatures: signatures.finish(),
        headerBytes: head.mainBytes,
        digests: { header: headerDigests, payloadInHeader: payload.strongInHeader },
      };
    },
  };
}

function startBody(bytes: Buffer, object: string): Body {
  const head = parseHead(bytes, object);
  return {
    head,
    headerDigests: checkHeaderDigests(head, object),
    payload: hashPayload(head, object),
    signatures: hashSignatures(head.signature, head.mainBytes),
  };
}

function pushPayload(body: Body, chunk: Uint8Array): void {
  if (chunk.length === 0) return;
  body.payload.update(chunk);
  body.signatures.update(chunk);
}

/** Inspects a whole file that is in memory. */
export function inspectPackage(bytes: Uint8Array, object?: string): Inspection {
  const scanner = packageScanner(object);
  scanner.push(asBuffer(bytes));
  return scanner.finish();
}
