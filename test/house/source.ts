import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseAst } from 'vitest/node';

/** The project's folder. */
export const root = resolve(import.meta.dirname, '../..');

/** Any node of the syntax tree, as far as the house rules look. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  readonly line: number;
  /** Gone after type stripping. */
  readonly typeOnly: boolean;
  readonly names: readonly string[];
}

export interface SourceFile {
  /** From the project's folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  readonly program: Node;
  readonly imports: readonly Import[];
  /** 1-based line of an offset. */
  lineAt(offset: number): number;
}

/** Every TypeScript file below the named folders. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) => typescriptPaths(join(root, folder))).map(read);
}

function typescriptPaths(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .toSorted();
}

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const program = parseAst(text, { lang: 'ts' }) as unknown as Node;
  const starts = [...text.matchAll(/^/gm)].map((match) => match.index);
  const lineAt = (offset: number) => starts.findLastIndex((start) => start <= offset) + 1;
  return {
    path: relative(root, path),
    text,
    lineCount: text.split('\n').length - 1,
    program,
    imports: importsOf(program, lineAt),
    lineAt,
  };
}

function importsOf(program: Node, lineAt: (offset: number) => number): readonly Import[] {
  const found: Import[] = [];
  for (const node of nodes(program)) {
    const source = node.source;
    if (!isNode(source) || typeof source.value !== 'string') continue;
    const specifiers = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : [];
    const kinds = [node.importKind, node.exportKind];
    found.push({
      specifier: source.value,
      line: lineAt(node.start),
      typeOnly:
        kinds.includes('type') ||
        (specifiers.length > 0 && specifiers.every((each) => each.importKind === 'type')),
      names: specifiers.map((each) => nameOf(each.imported) ?? 'default'),
    });
  }
  return found;
}

/** The node and everything below it. */
export function* nodes(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    if (isNode(value)) yield* nodes(value);
    else if (Array.isArray(value)) for (const each of value) if (isNode(each)) yield* nodes(each);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** The name of an identifier. */
export function nameOf(value: unknown): string | undefined {
  return isNode(value) && typeof value.name === 'string' ? value.name : undefined;
}

/** `a.b.c` of nested member accesses; undefined for anything else. */
export function dottedName(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Identifier') return nameOf(value);
  if (value.type !== 'MemberExpression' || value.computed === true) return undefined;
  const object = dottedName(value.object);
  const property = nameOf(value.property);
  return object && property ? `${object}.${property}` : undefined;
}
