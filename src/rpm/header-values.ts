import { isUtf8 } from 'node:buffer';
import { badHeader, entryTypes, entryWidths, type Header } from './header.ts';

/** Texts of a tag, the only one of a single text; empty when the tag is absent. */
export function textsOf(header: Header, tag: number): readonly string[] {
  const entry = header.entries.get(tag);
  if (entry === undefined) return [];
  if (
    entry.type !== entryTypes.text &&
    entry.type !== entryTypes.texts &&
    entry.type !== entryTypes.i18n
  ) {
    throw badHeader(header, `tag ${tag} is text`);
  }
  const data = header.store.subarray(entry.offset, entry.offset + entry.lengthBytes - 1);
  if (isUtf8(data)) return data.toString('utf8').split('\0');
  return splitAtNul(data).map(decodeText);
}

/** The text of a tag, or its first one; undefined when the tag is absent. */
export function textOf(header: Header, tag: number): string | undefined {
  const entry = header.entries.get(tag);
  if (entry === undefined || entry.type !== entryTypes.text) return textsOf(header, tag)[0];
  return decodeText(header.store.subarray(entry.offset, entry.offset + entry.lengthBytes - 1));
}

/** Whole numbers of a tag of any width; empty when the tag is absent. */
export function numbersOf(header: Header, tag: number): readonly number[] {
  const entry = header.entries.get(tag);
  if (entry === undefined) return [];
  const width = entryWidths[entry.type];
  if (width === undefined || entry.type === entryTypes.bytes)
    throw badHeader(header, `tag ${tag} is a number`);
  const numbers: number[] = [];
  for (let n = 0; n < entry.count; n += 1) {
    const at = entry.offset + n * width;
    numbers.push(width === 8 ? longAt(header, at) : header.store.readUIntBE(at, width));
  }
  return numbers;
}

function longAt(header: Header, at: number): number {
  const value = Number(header.store.readBigUInt64BE(at));
  if (!Number.isSafeInteger(value)) throw badHeader(header, 'numbers are below 2^53');
  return value;
}

export function numberOf(header: Header, tag: number): number | undefined {
  return numbersOf(header, tag)[0];
}

/** Raw bytes of a binary tag; undefined when the tag is absent. */
export function bytesOf(header: Header, tag: number): Buffer | undefined {
  const entry = header.entries.get(tag);
  if (entry === undefined) return undefined;
  if (entry.type !== entryTypes.bytes) throw badHeader(header, `tag ${tag} is binary`);
  return header.store.subarray(entry.offset, entry.offset + entry.lengthBytes);
}

/**
 * Header text has no declared encoding. What is not UTF-8 is taken for ISO 8859-1 without 0x80–0xBF, as createrepo_c
 * does, so that both describe a package alike.
 */
function decodeText(data: Buffer): string {
  if (isUtf8(data)) return data.toString('utf8');
  return Buffer.from(data.filter((byte) => byte < 0x80 || byte > 0xbf)).toString('latin1');
}

function splitAtNul(data: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let nul = data.indexOf(0); nul >= 0; nul = data.indexOf(0, start)) {
    parts.push(data.subarray(start, nul));
    start = nul + 1;
  }
  return [...parts, data.subarray(start)];
}
