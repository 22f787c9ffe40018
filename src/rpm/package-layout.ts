import { type Header, headerLength, notAPackage, parseHeader } from './header.ts';

const leadBytes = 96;
const introBytes = 16;
const leadMagic = 0xedabeedb;

/** The parts of a package file before its payload, each checked. */
export interface PackageHead {
  readonly signature: Header;
  readonly main: Header;
  /** The main header as it is hashed and signed. */
  readonly mainBytes: Buffer;
  /** Offset of the main header in the file, and of the payload. */
  readonly mainStart: number;
  readonly mainEnd: number;
}

/** How far the head can be read: a length to wait for, or all of its borders. */
export type HeadBorders =
  | { readonly kind: 'needs'; readonly bytes: number }
  | {
      readonly kind: 'known';
      readonly signatureEnd: number;
      readonly mainStart: number;
      readonly mainEnd: number;
    };

/**
 * Finds where lead, signature header and main header end (rpm manual, "RPM V4 package format"). Refuses sizes beyond
 * rpm's limits as soon as their 16 bytes are there, before anybody waits for or allocates the rest.
 */
export function headBorders(prefix: Buffer, object: string): HeadBorders {
  if (prefix.length >= 4 && prefix.readUInt32BE(0) !== leadMagic) {
    throw notAPackage(object, 'file starts with the RPM magic number');
  }
  const signatureStart = leadBytes;
  if (prefix.length < signatureStart + introBytes) return needs(signatureStart + introBytes);
  if ((prefix[4] ?? 0) < 3) throw notAPackage(object, 'package format is 3 or 4');
  const signatureIntro = prefix.subarray(signatureStart, signatureStart + introBytes);
  const signatureEnd = signatureStart + headerLength(signatureIntro, 'signature', object);
  const mainStart = Math.ceil(signatureEnd / 8) * 8;
  if (prefix.length < mainStart + introBytes) return needs(mainStart + introBytes);
  const mainIntro = prefix.subarray(mainStart, mainStart + introBytes);
  const mainEnd = mainStart + headerLength(mainIntro, 'main', object);
  return { kind: 'known', signatureEnd, mainStart, mainEnd };
}

const needs = (bytes: number): HeadBorders => ({ kind: 'needs', bytes });

/** Parses the head that `headBorders` measured; `bytes` holds at least `mainEnd` bytes. */
export function parseHead(bytes: Buffer, object: string): PackageHead {
  const borders = headBorders(bytes, object);
  if (borders.kind === 'needs' || bytes.length < borders.mainEnd) {
    throw notAPackage(object, 'headers are whole', { found: `${bytes.length} bytes` });
  }
  const { signatureEnd, mainStart, mainEnd } = borders;
  const mainBytes = bytes.subarray(mainStart, mainEnd);
  return {
    signature: parseHeader(bytes.subarray(leadBytes, signatureEnd), 'signature', object),
    main: parseHeader(mainBytes, 'main', object),
    mainBytes,
    mainStart,
    mainEnd,
  };
}

/** Bytes from the start of a package file that hold everything before its payload; undefined = show me more first. */
export function packageHeadLength(prefix: Uint8Array): number | undefined {
  const borders = headBorders(asBuffer(prefix), 'package file');
  return borders.kind === 'needs' ? undefined : borders.mainEnd;
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
