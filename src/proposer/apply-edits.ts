import { isMap, isScalar, isSeq, parseDocument, stringify } from 'yaml';
import { Fault, type FileEdit } from '../model/index.ts';
import { newDocument } from './new-document.ts';
import { spliced } from './splice-edit.ts';

/** Structurally the port's `PathChange`; this room cannot name a port. */
export interface TextChange {
  readonly path: string;
  readonly text: string | undefined;
}

/**
 * The new text of every file that the edits touch, in the order of the paths. `read` gives the present text. Edits of
 * one file build on each other.
 */
export function applyEdits(
  read: (path: string) => string | undefined,
  edits: readonly FileEdit[],
): readonly TextChange[] {
  const texts = new Map<string, string | undefined>();
  for (const edit of edits) {
    const before = texts.has(edit.path) ? texts.get(edit.path) : read(edit.path);
    texts.set(edit.path, edited(edit, before, read));
  }
  const paths = [...texts.keys()].toSorted();
  return paths.map((path) => ({ path, text: texts.get(path) }));
}

function edited(
  edit: FileEdit,
  before: string | undefined,
  read: (path: string) => string | undefined,
): string | undefined {
  if (edit.kind === 'delete') return undefined;
  if (edit.kind === 'create') return newDocument(edit.path, edit.document, read('sluice.yaml'));
  if (before !== undefined) return setInText(before, edit);
  throw new Fault('PolicyMissing', {
    object: edit.path,
    check: 'the file that is to be changed exists',
    fix: 'Bring the file back, or wait for the next pass: it plans for what is there.',
  });
}

type SetEdit = Extract<FileEdit, { readonly kind: 'set' }>;

const layout = { lineWidth: 0 } as const;

/**
 * Sets one value where it stands, so that comments, quoting and spacing of everything else stay as they were written.
 * Where that is not possible, the document is printed before and after the edit, and only the lines in which the two
 * differ are taken over.
 */
function setInText(text: string, edit: SetEdit): string {
  const document = parseDocument(text, { schema: 'failsafe' });
  const before = document.toString(layout);
  if (edit.value === undefined) document.deleteIn(edit.at);
  else {
    const present = document.getIn(edit.at, true);
    if (isScalar(present) && isPlain(edit.value)) present.value = String(edit.value);
    else document.setIn(edit.at, nodeOf(document, edit.value));
  }
  const after = document.toString(layout);
  const small = spliced(text, document, edit);
  if (small !== undefined && sameContent(small, after)) return small;
  const merged = takeOver(text, before, after);
  return sameContent(merged, after) ? merged : after;
}

/** In flow style, but one line for each map of a list, as new files have them. */
function nodeOf(document: ReturnType<typeof parseDocument>, value: unknown) {
  const node = document.createNode(asText(value), { flow: true });
  if (!isSeq(node) || node.items.length === 0) return node;
  const maps = node.items.filter((item) => isMap(item));
  if (maps.length < node.items.length) return node;
  node.flow = false;
  for (const map of maps) map.flow = true;
  return node;
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** The failsafe schema knows text only; numbers and booleans are written as they read. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    return Object.fromEntries(entries.map(([k, v]) => [k, asText(v)]));
  }
  return String(value);
}

/** Printing keeps every line but may add or drop empty ones, so only the others are compared. */
function takeOver(text: string, before: string, after: string): string {
  const original = text.split('\n');
  const [written, from, to] = [text, before, after].map((t) => fullLines(t.split('\n')));
  if (written === undefined || from === undefined || to === undefined) return after;
  if (written.length !== from.length) return after;
  let head = 0;
  while (head < from.length && head < to.length && from[head]?.line === to[head]?.line) head++;
  let tail = 0;
  const most = Math.min(from.length, to.length) - head;
  while (tail < most && from.at(-1 - tail)?.line === to.at(-1 - tail)?.line) tail++;
  const start = written[head]?.index ?? (written.at(-1)?.index ?? -1) + 1;
  const end = tail === from.length - head ? start : (written.at(-1 - tail)?.index ?? -1) + 1;
  const changed = to.slice(head, to.length - tail).map(({ line }) => line);
  return [...original.slice(0, start), ...changed, ...original.slice(end)].join('\n');
}

const fullLines = (lines: readonly string[]) =>
  lines.map((line, index) => ({ line, index })).filter(({ line }) => line.trim() !== '');

function sameContent(a: string, b: string): boolean {
  const [left, right] = [a, b].map((t) => parseDocument(t, { schema: 'failsafe' }));
  if (left === undefined || right === undefined || left.errors.length > 0) return false;
  if (!(isMap(left.contents) || isSeq(left.contents))) return false;
  return stringify(left.toJS()) === stringify(right.toJS());
}
