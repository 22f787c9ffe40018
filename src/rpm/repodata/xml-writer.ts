import type { XmlElement } from './xml-element.ts';

// Everything outside XML 1.0's Char: it cannot be written, not even as a reference.
const impossible =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const special = /[&<>\r]/;
/** Nearly every text is one: it stands in XML as it is, and to see that is a fifth of the work. */
const plain = /^[ !#-%'-;=?-~]*$/;
const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};
const replacement = (character: string): string => replacements[character] ?? character;

/** Character data; a carriage return is written as a reference, because readers drop a bare one. */
export function escapeText(text: string): string {
  if (plain.test(text)) return text;
  const clean = possible(text);
  return special.test(clean) ? clean.replace(/[&<>\r]/g, replacement) : clean;
}

/** An attribute's value between double quotes. */
export function escapeAttribute(text: string): string {
  if (plain.test(text)) return text;
  return possible(text).replace(/[&<>"\r\n\t]/g, replacement);
}

/** Text without the characters that no XML document can hold. */
export function possible(text: string): string {
  return text.replace(impossible, '');
}

/** ` name="value"` for each attribute that has a value, in the order given. */
export function attributesText(attributes: Readonly<Record<string, string | undefined>>): string {
  let text = '';
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) text += ` ${name}="${escapeAttribute(value)}"`;
  }
  return text;
}

/** `<name>text</name>` on a line of its own. */
export function leaf(indent: string, name: string, text: string): string {
  return text === ''
    ? `${indent}<${name}/>\n`
    : `${indent}<${name}>${escapeText(text)}</${name}>\n`;
}

/**
 * One spelling of an element: attributes sorted, two spaces a level, text trimmed, and text beside child elements
 * dropped (comps.xml has no mixed content). Equal content gives equal text, whoever wrote it.
 */
export function canonicalXml(element: XmlElement, indent: string): string {
  const sorted = Object.entries(element.attributes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const attributes = attributesText(Object.fromEntries(sorted));
  const { name } = element;
  if (element.children.length === 0) {
    const text = escapeText(element.text.trim());
    return text === ''
      ? `${indent}<${name}${attributes}/>\n`
      : `${indent}<${name}${attributes}>${text}</${name}>\n`;
  }
  const children = element.children.map((child) => canonicalXml(child, `${indent}  `)).join('');
  return `${indent}<${name}${attributes}>\n${children}${indent}</${name}>\n`;
}
