import { digestOf, type Sha256 } from '../../model/index.ts';
import { packageShape } from './package-elements.ts';
import { isPlainHead, plainElement } from './plain-element.ts';
import { type PrimaryRecord, primaryRecord } from './primary.ts';
import type { XmlElement } from './xml-element.ts';
import { strictXml } from './xml-reader.ts';

/** What an earlier reading of a primary found well-formed, by the digest of the bytes. */
export interface KnownSlices {
  /** Digest of what stood before the packages: names mean the same only below the same root. */
  readonly head: Sha256;
  has(slice: Sha256): boolean;
}

export type PrimarySlice =
  /** First of all. */
  | { readonly kind: 'head'; readonly head: Sha256 }
  | { readonly kind: 'known'; readonly slice: Sha256 }
  | { readonly kind: 'read'; readonly slice: Sha256; readonly record: PrimaryRecord }
  /** Last of all: not a plain row of packages. Nothing that came before counts; `readPrimary` can judge it. */
  | { readonly kind: 'irregular' };

/** Of one `<package>`; a longer one is no fault, but not worth remembering. */
const largestSlice = 8 << 20;
const largestHead = 4096;
const headPattern = /^(?:<\?xml [^<>]*\?>)?\s*<metadata\s[^<>]*>\s*$/;
const start = Buffer.from('<package ');
const end = Buffer.from('</package>');

/**
 * Reads primary.xml and hands only the packages to the parser that are neither known nor plain. A document that is a head,
 * packages with nothing but white space in between, and a tail means what its packages mean one by one; each of them is
 * one whole element, or was found to be one the first time that its bytes came. Anything else is `irregular`.
 */
export async function* primarySlices(
  source: AsyncIterable<Uint8Array>,
  known: KnownSlices | undefined,
  what = 'primary',
): AsyncGenerator<PrimarySlice> {
  const read: XmlElement[] = [];
  const reader = strictXml(packageShape('primary', what), (element) => read.push(element));
  const parsed = (bytes: Buffer): XmlElement | undefined => {
    reader.write(bytes);
    const [element, ...more] = read.splice(0);
    return more.length === 0 && reader.isBetweenRecords() ? element : undefined;
  };
  let elsewhere = 0;
  let isKnown: (slice: Sha256) => boolean = () => false;
  let isPlain = false;
  for await (const part of primaryParts(source)) {
    if (part.kind === 'irregular') return yield part;
    if (part.kind === 'head') {
      const text = part.bytes.toString('latin1');
      const head = digestOf(text.replace(/ packages="\d+"/, ''));
      isPlain = isPlainHead(text);
      if (known?.head === head) isKnown = (slice) => known.has(slice);
      reader.write(part.bytes);
      yield { kind: 'head', head };
    } else if (part.kind === 'tail') {
      reader.write(part.bytes);
    } else {
      const slice = digestOf(part.bytes);
      if (isKnown(slice)) {
        elsewhere += 1;
        yield { kind: 'known', slice };
        continue;
      }
      const plain = isPlain ? plainElement(part.bytes, what) : undefined;
      if (plain) elsewhere += 1;
      const element = plain ?? parsed(part.bytes);
      if (element === undefined) return yield { kind: 'irregular' };
      yield { kind: 'read', slice, record: primaryRecord(element) };
    }
  }
  reader.end(elsewhere);
}

type Part =
  | { readonly kind: 'head' | 'package' | 'tail'; readonly bytes: Buffer }
  | { readonly kind: 'irregular' };

/**
 * Head, packages and tail as they lie there, each until the next is asked for; the source is read to its end whatever it
 * holds.
 */
async function* primaryParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Part> {
  const unread = unreadBytes();
  let isInHead = true;
  let irregular = false;
  for await (const chunk of source) {
    if (irregular) continue;
    unread.add(chunk);
    for (;;) {
      if (!isInHead) unread.skip(spaces(unread.bytes()));
      const part: Part | undefined = isInHead ? headOf(unread.bytes()) : packageOf(unread.bytes());
      if (part === undefined) break;
      irregular = part.kind === 'irregular';
      if (part.kind === 'irregular') break;
      isInHead = false;
      yield part;
      unread.skip(part.bytes.length);
    }
  }
  const rest = unread.bytes();
  const isTail = /^<\/metadata>\s*$/.test(rest.toString('latin1', 0, 64)) && rest.length <= 64;
  if (irregular || isInHead || !isTail) yield { kind: 'irregular' };
  else yield { kind: 'tail', bytes: rest };
}

/** What has come and was not read, always in the same memory: a new one for each chunk would be garbage soon. */
function unreadBytes() {
  let memory: Buffer = Buffer.allocUnsafe(1 << 20);
  let start = 0;
  let end = 0;
  return {
    bytes: (): Buffer => memory.subarray(start, end),
    skip: (length: number): void => {
      start += length;
    },
    add: (chunk: Uint8Array): void => {
      const length = end - start;
      const needed = length + chunk.length;
      const into = needed > memory.length ? Buffer.allocUnsafe(needed * 2) : memory;
      memory.copy(into, 0, start, end);
      into.set(chunk, length);
      [memory, start, end] = [into, 0, needed];
    },
  };
}

function headOf(rest: Buffer): Part | undefined {
  const at = rest.indexOf(start);
  if (at < 0) return rest.length > largestHead ? { kind: 'irregular' } : undefined;
  const bytes = rest.subarray(0, at);
  return headPattern.test(bytes.toString('latin1'))
    ? { kind: 'head', bytes }
    : { kind: 'irregular' };
}

function packageOf(rest: Buffer): Part | undefined {
  if (!rest.subarray(0, start.length).equals(start.subarray(0, rest.length))) {
    // The tail, for all that can be seen; what it is shows at the end.
    return rest.length > largestHead ? { kind: 'irregular' } : undefined;
  }
  const at = rest.indexOf(end);
  if (at >= 0) return { kind: 'package', bytes: rest.subarray(0, at + end.length) };
  return rest.length > largestSlice ? { kind: 'irregular' } : undefined;
}

function spaces(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    count += 1;
  }
  return count;
}
