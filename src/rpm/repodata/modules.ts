import { isMap, parseDocument } from 'yaml';
import { digestOf, type Module } from '../../model/index.ts';
import { metadataFault } from './xml-element.ts';

const limits = { totalChars: 256 << 20, documentChars: 8 << 20 };
const kinds: readonly Module['kind'][] = [
  'modulemd',
  'modulemd-defaults',
  'modulemd-obsoletes',
  'modulemd-translations',
];

/**
 * Reads modules.yaml (libmodulemd's documents). Every document keeps its text; only its name, stream, version,
 * context, arch and artifacts are looked at, as plain strings. Documents of kinds that dnf does not know are left out.
 */
export async function readModules(
  source: AsyncIterable<Uint8Array>,
  what = 'modules',
): Promise<readonly Module[]> {
  const text = await textOf(source, what);
  const modules: Module[] = [];
  for (const document of documentsOf(text)) {
    const module = moduleOf(document.text, `${what}, line ${document.line}`);
    if (module) modules.push(module);
  }
  return modules;
}

/** modules.yaml with these documents in the order given. */
export function modulesYaml(modules: Iterable<Module>): string {
  let text = '';
  for (const module of modules) text += module.yaml;
  return text;
}

async function textOf(source: AsyncIterable<Uint8Array>, what: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parts: string[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of source) {
      sizeBytes += chunk.length;
      if (sizeBytes > limits.totalChars) throw metadataFault(what, 'size', { found: 'too large' });
      parts.push(decoder.decode(chunk, { stream: true }));
    }
    parts.push(decoder.decode());
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw metadataFault(what, 'text is UTF-8', {
      found: `other bytes near byte ${sizeBytes}`,
      cause,
    });
  }
  return parts.join('');
}

/** Documents between `---` and `...` lines; YAML allows neither inside a block of text. */
function* documentsOf(text: string): Generator<{ readonly text: string; readonly line: number }> {
  let lines: string[] = [];
  let start = 1;
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    const border = /^(---|\.\.\.)(\s|$)/.test(line);
    if (border) {
      if (lines.some(hasContent)) yield { text: lines.join('\n'), line: start };
      lines = [];
      start = number + 1;
      const rest = line.slice(3);
      if (hasContent(rest)) lines.push(rest);
      continue;
    }
    lines.push(line);
  }
  if (lines.some(hasContent)) yield { text: lines.join('\n'), line: start };
}

const hasContent = (line: string): boolean => !/^\s*(#|$)/.test(line);

function moduleOf(text: string, where: string): Module | undefined {
  const root = recordOf(parsed(text, where), where, 'document');
  const kind = kinds.find((k) => k === root.document);
  if (!kind) return undefined;
  const data = recordOf(root.data, where, 'data');
  const yaml = `---\n${text.replace(/\s+$/, '')}\n...\n`;
  if (kind !== 'modulemd') {
    const nsvca = textIn(data, 'module', { where });
    return { sha256: digestOf(yaml), kind, nsvca, artifacts: [], yaml };
  }
  const fields = ['name', 'stream', 'version', 'context', 'arch'];
  const optional = new Set(['context', 'arch']);
  const nsvca = fields
    .map((field) => textIn(data, field, { where, optional: optional.has(field) }))
    .join(':');
  return { sha256: digestOf(yaml), kind, nsvca, artifacts: artifactsOf(data, where), yaml };
}

/** The failsafe schema: strings, lists and maps; aliases, tags and doubled keys are refused. */
function parsed(text: string, where: string): unknown {
  if (text.length > limits.documentChars) {
    throw metadataFault(where, 'size of a document', { found: `${text.length} characters` });
  }
  // PyYAML closes a quoted text that ends in a line break at column 0, and libyaml accepts that.
  const indented = text.replace(/^(['"])$/gm, '                    $1');
  try {
    const document = parseDocument(indented, { schema: 'failsafe', prettyErrors: false });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) throw problem;
    if (!isMap(document.contents)) throw new Error('not a map');
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    const found = cause instanceof Error ? cause.message.slice(0, 300) : 'something else';
    throw metadataFault(where, 'a YAML document', { found, cause });
  }
}

function recordOf(value: unknown, where: string, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw metadataFault(where, `${what} is a map`, { found: String(value).slice(0, 100) });
  }
  return { ...value };
}

function textIn(
  data: Record<string, unknown>,
  field: string,
  { where, optional = false }: { readonly where: string; readonly optional?: boolean },
): string {
  const value = data[field] ?? (optional ? '' : undefined);
  const plain = typeof value === 'string' && /^[\w.+~^@-]{0,200}$/.test(value);
  if (plain && (value !== '' || optional)) return value;
  throw metadataFault(where, `${field} of a module`, { found: String(value).slice(0, 100) });
}

function artifactsOf(data: Record<string, unknown>, where: string): readonly string[] {
  if (data.artifacts === undefined) return [];
  const { rpms } = recordOf(data.artifacts, where, 'artifacts');
  if (rpms === undefined) return [];
  if (!Array.isArray(rpms) || !rpms.every((rpm) => typeof rpm === 'string')) {
    throw metadataFault(where, 'artifacts of a module', { expected: 'a list of NEVRAs' });
  }
  return rpms;
}
