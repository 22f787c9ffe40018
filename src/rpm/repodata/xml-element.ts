import { Fault } from '../../model/index.ts';

/** One element with everything below it; built only for one record (a package, an advisory) at a time. */
export interface XmlElement {
  /** Local name in the document's own namespace, `rpm:name` in rpm's, `{uri}name` in any other. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The element's own character data, that of its children left out. */
  readonly text: string;
  /** Counts from 1. */
  readonly line: number;
  /** What is being read, for faults: `primary`, `repomd.xml of el9-baseos`. */
  readonly source: string;
}

const repair =
  'Nothing was taken over. Wait for the next publication of this upstream or tell its maintainers.';

/** The one fault for metadata that breaks its format. */
export function metadataFault(
  source: string,
  check: string,
  details: { readonly expected?: string; readonly found?: string; readonly cause?: unknown } = {},
): Fault {
  return new Fault('MetadataInvalid', { object: source, check, fix: repair, ...details });
}

/** A metadata fault at an element; the line is part of what was found. */
export function elementFault(
  at: XmlElement,
  check: string,
  { found, expected }: { readonly found: string; readonly expected?: string | undefined },
): Fault {
  const shown = found.length > 200 ? `${found.slice(0, 200)}… (${found.length} characters)` : found;
  return metadataFault(at.source, check, {
    found: `${JSON.stringify(shown)} at line ${at.line}`,
    ...(expected === undefined ? {} : { expected }),
  });
}

/** The only child of that name; undefined when there is none, a fault when there are several. */
export function optionalChild(parent: XmlElement, name: string): XmlElement | undefined {
  let found: XmlElement | undefined;
  for (const child of parent.children) {
    if (child.name !== name) continue;
    if (found)
      throw elementFault(child, `<${parent.name}> has one <${name}>`, { found: 'a second one' });
    found = child;
  }
  return found;
}

export function requiredChild(parent: XmlElement, name: string): XmlElement {
  const child = optionalChild(parent, name);
  if (!child) throw elementFault(parent, `<${parent.name}> has a <${name}>`, { found: 'none' });
  return child;
}

export function childrenOf(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return parent === undefined ? [] : parent.children.filter((c) => c.name === name);
}

/** Text of an optional child, as written; empty when it is absent. */
export function childText(parent: XmlElement, name: string): string {
  return optionalChild(parent, name)?.text ?? '';
}

export function requiredAttribute(element: XmlElement, name: string): string {
  const value = element.attributes[name];
  if (value === undefined) {
    throw elementFault(element, `<${element.name}> has the attribute ${name}`, { found: 'none' });
  }
  return value;
}

/** A decimal number without sign or fraction; numbers are never guessed. */
export function wholeNumber(element: XmlElement, text: string, what: string): number {
  const trimmed = text.trim();
  if (!/^\d{1,15}$/.test(trimmed))
    throw elementFault(element, `${what} is a number`, { found: text });
  return Number(trimmed);
}

/** An optional number attribute; `absent` when it is missing or empty. */
export function numberAttribute(
  element: XmlElement | undefined,
  name: string,
  absent: number,
): number {
  const value = element?.attributes[name];
  if (element === undefined || value === undefined || value === '') return absent;
  return wholeNumber(element, value, `${element.name} ${name}`);
}
