import { isAscii, isUtf8 } from 'node:buffer';
import type { XmlElement } from './xml-element.ts';

const plainHead =
  /^(?:<\?xml version="1\.0" encoding="utf-8"\?>)?\s*<metadata xmlns="http:\/\/linux\.duke\.edu\/metadata\/common" xmlns:rpm="http:\/\/linux\.duke\.edu\/metadata\/rpm" packages="\d+">\s*$/i;

/** What stands before the packages gives names the meaning that `plainElement` takes for granted. */
export function isPlainHead(head: string): boolean {
  return plainHead.test(head);
}

const deepest = 16;
/** Characters that XML forbids or its readers change, and what may not stand in text. */
const notPlain = /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|\]\]>/;
const tagName = /<((?:rpm:)?[A-Za-z_][A-Za-z0-9_.-]*)/y;
/** Line breaks inside a value would become spaces. */
const attribute = /[ \n\t]+([A-Za-z_][A-Za-z0-9_.-]*)="([^"<\n\t]*)"/y;

interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
  readonly line: number;
  readonly source: string;
}

/**
 * One element below a plain head that is written as createrepo_c writes it: tags, attributes in double quotes, text and
 * the five references of XML, in UTF-8. It says what the XML reader says in a fraction of its time. undefined for
 * whatever else there is in XML, or is none: that is the reader's to judge.
 */
export function plainElement(bytes: Buffer, source: string): XmlElement | undefined {
  const text = textOf(bytes);
  if (text === undefined || notPlain.test(text)) return undefined;
  const open: Open[] = [];
  for (let at = 0; ; ) {
    let ended: Open | undefined;
    if (text.startsWith('</', at)) {
      ended = open.pop();
      const tag = `</${ended?.name}>`;
      if (ended === undefined || !text.startsWith(tag, at)) return undefined;
      at += tag.length;
    } else {
      const started = startTag(text, at, source);
      if (started === undefined || open.length === deepest) return undefined;
      open.at(-1)?.children.push(started.element);
      if (started.isEmpty) ended = started.element;
      else open.push(started.element);
      at = started.end;
    }
    const inside = open.at(-1);
    if (inside === undefined) return at === text.length ? ended : undefined;
    const next = text.indexOf('<', at);
    const content = next < 0 ? undefined : resolved(text.slice(at, next));
    if (content === undefined) return undefined;
    inside.text += content;
    at = next;
  }
}

function textOf(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

function startTag(text: string, start: number, source: string) {
  tagName.lastIndex = start;
  const [whole = '', name] = tagName.exec(text) ?? [];
  if (name === undefined) return undefined;
  let at = start + whole.length;
  const attributes: Record<string, string> = Object.create(null);
  for (;;) {
    attribute.lastIndex = at;
    const found = attribute.exec(text);
    if (found === null) break;
    const [written, key = '', value = ''] = found;
    const meant = resolved(value);
    if (meant === undefined || key in attributes || key === 'xmlns') return undefined;
    attributes[key] = meant;
    at += written.length;
  }
  const isEmpty = text.startsWith('/>', at);
  if (!isEmpty && !text.startsWith('>', at)) return undefined;
  const element: Open = { name, attributes, children: [], text: '', line: 1, source };
  return { element, isEmpty, end: at + (isEmpty ? 2 : 1) };
}

const characters: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&apos;': "'",
};

/** Text with its references resolved; undefined where there are others. */
function resolved(text: string): string | undefined {
  if (!text.includes('&')) return text;
  let isKnown = true;
  const meant = text.replace(/&[a-z]*;?/g, (reference) => {
    isKnown &&= reference in characters;
    return characters[reference] ?? '';
  });
  return isKnown ? meant : undefined;
}
