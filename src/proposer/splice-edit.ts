import { Document, isCollection, isMap, isScalar, type Pair, parseDocument } from 'yaml';
import type { FileEdit } from '../model/index.ts';

type SetEdit = Extract<FileEdit, { readonly kind: 'set' }>;
type Parsed = ReturnType<typeof parseDocument>;

/**
 * The text with only that written anew which the edit is about: the flow collection around it, one value, or one entry
 * of the document. Undefined where that is not enough. `after` has the edit already; the caller compares the meaning.
 */
export function spliced(text: string, after: Parsed, edit: SetEdit): string | undefined {
  const before = parseDocument(text, { schema: 'failsafe' });
  const flow = flowAround(before, edit.at);
  if (flow) return replaced(text, flow.range, printed(after.getIn(flow.at, true)));
  const parent = before.getIn(edit.at.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const key = edit.at.at(-1);
  const pair = parent.items.find((p) => isScalar(p.key) && p.key.value === key);
  const value = after.getIn(edit.at, true);
  if (pair) return value === undefined ? without(text, pair) : withValue(text, pair, value);
  if (edit.at.length !== 1 || value === undefined) return undefined;
  return `${text.trimEnd()}\n${key}: ${printed(value)}\n`;
}

type Range = readonly [start: number, end: number];

/** The outermost flow collection on the way to the edited place, where it stands in the text. */
function flowAround(document: Parsed, at: SetEdit['at']) {
  for (let depth = 0; depth < at.length; depth++) {
    const path = at.slice(0, depth);
    const node = document.getIn(path, true);
    if (!isCollection(node)) return undefined;
    if (node.flow === true && node.range) return { at: path, range: rangeOf(node.range) };
  }
  return undefined;
}

const rangeOf = ([start, end]: readonly [number, number, number]): Range => [start, end];

/** The node in flow style; the comment behind it stays where it is in the text. */
function printed(node: unknown): string {
  const copy = isScalar(node) || isCollection(node) ? node.clone() : node;
  if (isScalar(copy) || isCollection(copy)) copy.comment = null;
  return new Document(copy, { schema: 'failsafe' }).toString({ lineWidth: 0 }).trimEnd();
}

const replaced = (text: string, [start, end]: Range, by: string): string =>
  `${text.slice(0, start)}${by}${text.slice(end)}`;

function withValue(text: string, { value }: Pair, by: unknown): string | undefined {
  const small = isScalar(value) || (isCollection(value) && value.flow === true);
  if (!small || !value.range) return undefined;
  return replaced(text, rangeOf(value.range), printed(by));
}

/** Takes the whole entry out, with the rest of its last line. */
function without(text: string, { key, value }: Pair): string | undefined {
  const last = isScalar(value) || isCollection(value) ? value : key;
  if (!isScalar(key) || !key.range || !(isScalar(last) || isCollection(last)) || !last.range) {
    return undefined;
  }
  const start = text.lastIndexOf('\n', key.range[0] - 1) + 1;
  const end = text.indexOf('\n', last.range[1]);
  return replaced(text, [start, end === -1 ? text.length : end + 1], '');
}
