import { SaxesParser, type SaxesTagNS } from 'saxes';
import { elementFault, metadataFault, wholeNumber, type XmlElement } from './xml-element.ts';

export interface XmlShape {
  /** What is being read, for faults. */
  readonly source: string;
  readonly root: string;
  /** Namespace of the root and of everything without a prefix; empty = none. */
  readonly namespace: string;
  /** Names that may stand directly below the root; everything else there is a fault. */
  readonly records: readonly string[] | 'any';
  /** The root's attribute that promises the number of records. */
  readonly countAttribute?: string;
  /** comps.xml names an external DTD; it is never read, and an internal subset is refused all the same. */
  readonly plainDoctype?: true;
}

export const rpmNamespace = 'http://linux.duke.edu/metadata/rpm';

const limits = { depth: 32, tokenChars: 8 << 20, recordChars: 512 << 20, sliceBytes: 64 << 10 };

interface OpenElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
  line: number;
  source: string;
}

/**
 * Reads the records below the root of an XML document (XML 1.0, UTF-8 only) one by one; memory is bounded by the
 * largest record. DOCTYPE with an internal subset, foreign encodings, broken UTF-8, wrong roots and wrong counts are
 * `MetadataInvalid`; nothing is ever expanded or fetched.
 */
export async function* xmlRecords(
  source: AsyncIterable<Uint8Array>,
  shape: XmlShape,
): AsyncGenerator<XmlElement> {
  let ready: XmlElement[] = [];
  const reader = strictXml(shape, (record) => ready.push(record));
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += limits.sliceBytes) {
      reader.write(chunk.subarray(at, at + limits.sliceBytes));
      const batch = ready;
      ready = [];
      yield* batch;
    }
  }
  reader.end();
  yield* ready;
}

/** The same for a small document that is in memory; returns the root with its records. */
export function xmlDocument(bytes: Uint8Array, shape: XmlShape): XmlElement {
  const records: XmlElement[] = [];
  const reader = strictXml(shape, (record) => records.push(record));
  for (let at = 0; at < bytes.length; at += limits.sliceBytes) {
    reader.write(bytes.subarray(at, at + limits.sliceBytes));
  }
  return { ...reader.end(), children: records };
}

export interface StrictReader {
  write(bytes: Uint8Array): void;
  /** The last byte written ended a record, and nothing has begun since. */
  isBetweenRecords(): boolean;
  /** `elsewhere`: records of the document that were not written here, and count all the same. */
  end(elsewhere?: number): XmlElement;
}

/** The reader itself, for who has the document in pieces. */
export function strictXml(shape: XmlShape, onRecord: (record: XmlElement) => void): StrictReader {
  const builder = recordBuilder(shape, onRecord);
  const parser = builder.parser;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytesRead = 0;
  let charsRead = 0;
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      const found = `other bytes at line ${parser.line}, after byte ${bytesRead}`;
      throw metadataFault(shape.source, 'text is UTF-8', { found, cause });
    }
  };
  return {
    write(bytes) {
      const text = decode(bytes);
      parser.write(text);
      bytesRead += bytes.length;
      charsRead += text.length;
      builder.checkSizes();
    },
    isBetweenRecords: () => builder.recordEnd() === charsRead,
    end(elsewhere = 0) {
      parser.write(decode());
      parser.close();
      return builder.end(elsewhere);
    },
  };
}

function newParser(shape: XmlShape): SaxesParser<{ xmlns: true }> {
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  parser.on('error', (error) => {
    throw metadataFault(shape.source, 'well-formed XML', {
      found: `${error.message} (line:column)`,
    });
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
      const found = `${encoding} in line 1`;
      throw metadataFault(shape.source, 'encoding', { expected: 'UTF-8', found });
    }
  });
  parser.on('doctype', (text) => {
    if (shape.plainDoctype && /^\s*[\w-]+\s+(PUBLIC|SYSTEM)[^[\]]*$/.test(text)) return;
    const found = `one at line ${parser.line}`;
    throw metadataFault(shape.source, 'DOCTYPE not allowed', { expected: 'no DOCTYPE', found });
  });
  return parser;
}

function recordBuilder(shape: XmlShape, onRecord: (record: XmlElement) => void) {
  const parser = newParser(shape);
  const sizes = sizeWatch(parser, shape);
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  let records = 0;
  let recordEnd = -1;
  const addText = (text: string) => {
    sizes.token();
    const top = open.at(-1);
    if (top && open.length > 1) top.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('attribute', sizes.token);
  parser.on('comment', sizes.token);
  parser.on('opentag', (tag) => {
    sizes.token();
    const element = elementOf(tag, parser.line, shape);
    if (open.length >= limits.depth)
      throw elementFault(element, 'depth of nesting', { found: 'too deep' });
    if (open.length === 0) root = checkedRoot(element, shape);
    if (open.length === 1) {
      sizes.record();
      records += 1;
      checkRecord(element, shape);
    }
    open.push(element);
  });
  parser.on('closetag', () => {
    sizes.token();
    const element = open.pop();
    const parent = open.at(-1);
    if (!element || !parent) return;
    if (open.length === 1) {
      recordEnd = parser.position;
      onRecord(element);
    } else parent.children.push(element);
  });
  return {
    parser,
    checkSizes: () => sizes.check(open.length > 1),
    /** Characters of the document up to the end of the last record. */
    recordEnd: () => recordEnd,
    end(elsewhere: number): XmlElement {
      if (!root) throw metadataFault(shape.source, 'a root element', { found: 'nothing' });
      checkCount(root, records + elsewhere, shape);
      return root;
    },
  };
}

/** Bounds what the parser itself keeps in memory: the token it is in, and the record that is being built. */
function sizeWatch(parser: SaxesParser<{ xmlns: true }>, shape: XmlShape) {
  let tokenStart = 0;
  let recordStart = 0;
  return {
    token: () => {
      tokenStart = parser.position;
    },
    record: () => {
      recordStart = parser.position;
    },
    check(inRecord: boolean) {
      const tooLong = parser.position - tokenStart > limits.tokenChars;
      const tooLarge = inRecord && parser.position - recordStart > limits.recordChars;
      if (!tooLong && !tooLarge) return;
      const check = tooLong ? 'length of a text' : 'size of one record';
      throw metadataFault(shape.source, check, { found: `too long at line ${parser.line}` });
    },
  };
}

function elementOf(tag: SaxesTagNS, line: number, shape: XmlShape): OpenElement {
  const attributes: Record<string, string> = Object.create(null);
  for (const name in tag.attributes) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    attributes[name] = tag.attributes[name]?.value ?? '';
  }
  const known = tag.uri === shape.namespace;
  const foreign = tag.uri === rpmNamespace ? `rpm:${tag.local}` : `{${tag.uri}}${tag.local}`;
  const name = known ? tag.local : foreign;
  return { name, attributes, children: [], text: '', line, source: shape.source };
}

function checkedRoot(root: XmlElement, shape: XmlShape): XmlElement {
  if (root.name === shape.root) return root;
  const space = shape.namespace === '' ? '' : ` in the namespace ${shape.namespace}`;
  throw elementFault(root, 'root element', {
    found: root.name,
    expected: `<${shape.root}>${space}`,
  });
}

function checkRecord(element: XmlElement, shape: XmlShape): void {
  if (shape.records === 'any' || shape.records.includes(element.name)) return;
  throw elementFault(element, 'element below the root', {
    found: element.name,
    expected: shape.records.join(', '),
  });
}

function checkCount(root: XmlElement, records: number, shape: XmlShape): void {
  if (shape.countAttribute === undefined) return;
  const text = root.attributes[shape.countAttribute] ?? '';
  const promised = wholeNumber(root, text, `${shape.root} ${shape.countAttribute}`);
  if (promised === records) return;
  throw metadataFault(shape.source, `${shape.countAttribute}="…" is the count of records`, {
    expected: String(promised),
    found: String(records),
  });
}
