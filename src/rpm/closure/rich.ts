import type { Dependency } from '../../model/index.ts';

/** A rich dependency (rpm manual, "Boolean Dependencies") as a tree. */
export type RichDependency =
  | { readonly kind: 'plain'; readonly dependency: Dependency }
  | {
      readonly kind: 'and' | 'or' | 'with' | 'without';
      readonly left: RichDependency;
      readonly right: RichDependency;
    }
  | {
      readonly kind: 'if' | 'unless';
      readonly wanted: RichDependency;
      readonly condition: RichDependency;
      readonly otherwise: RichDependency | undefined;
    };

export const isRich = (name: string): boolean => name.startsWith('(');

const maxDepth = 64;
const flagsOf: Readonly<Record<string, NonNullable<Dependency['flags']>>> = {
  '<': 'LT',
  '<=': 'LE',
  '=<': 'LE',
  '=': 'EQ',
  '==': 'EQ',
  '>=': 'GE',
  '=>': 'GE',
  '>': 'GT',
};

interface Cursor {
  readonly text: string;
  at: number;
}

/** Reads `(foo >= 1.2 or (bar with baz))`; undefined when rpm would not read it. */
export function parseRich(text: string): RichDependency | undefined {
  const cursor = { text, at: 0 };
  const parsed = operand(cursor, 0);
  skipSpace(cursor);
  return cursor.at === text.length ? parsed : undefined;
}

/** `name`, `name >= 1:2-3` or a group in parentheses. */
function operand(cursor: Cursor, depth: number): RichDependency | undefined {
  skipSpace(cursor);
  if (depth > maxDepth) return undefined;
  if (cursor.text[cursor.at] === '(') {
    cursor.at += 1;
    const inner = group(cursor, depth + 1);
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== ')') return undefined;
    cursor.at += 1;
    return inner;
  }
  const name = word(cursor);
  if (name === '') return undefined;
  const before = cursor.at;
  skipSpace(cursor);
  const flags = flagsOf[/^[<>=]+/.exec(cursor.text.slice(cursor.at, cursor.at + 3))?.[0] ?? ''];
  if (flags === undefined) {
    cursor.at = before;
    return { kind: 'plain', dependency: { name } };
  }
  while ('<>='.includes(cursor.text[cursor.at] ?? ' ')) cursor.at += 1;
  skipSpace(cursor);
  return { kind: 'plain', dependency: { name, flags, ...evrFields(word(cursor)) } };
}

/** What stands in parentheses: operands joined by one operator; `and`, `or` and `with` may go on. */
function group(cursor: Cursor, depth: number): RichDependency | undefined {
  let left = operand(cursor, depth);
  let chained: string | undefined;
  for (;;) {
    const operator = nextOperator(cursor);
    if (left === undefined || operator === '') return left;
    if (chained !== undefined && operator !== chained) return undefined;
    const right = operand(cursor, depth);
    if (right === undefined) return undefined;
    if (operator === 'if' || operator === 'unless') {
      return conditional(cursor, depth, { kind: operator, wanted: left, condition: right });
    }
    if (!isJoin(operator)) return undefined;
    left = { kind: operator, left, right };
    if (operator === 'without') return left;
    chained = operator;
  }
}

function conditional(
  cursor: Cursor,
  depth: number,
  start: {
    readonly kind: 'if' | 'unless';
    readonly wanted: RichDependency;
    readonly condition: RichDependency;
  },
): RichDependency | undefined {
  const operator = nextOperator(cursor);
  if (operator === '') return { ...start, otherwise: undefined };
  if (operator !== 'else') return undefined;
  const otherwise = operand(cursor, depth);
  return otherwise && { ...start, otherwise };
}

const isJoin = (text: string): text is 'and' | 'or' | 'with' | 'without' =>
  text === 'and' || text === 'or' || text === 'with' || text === 'without';

function nextOperator(cursor: Cursor): string {
  skipSpace(cursor);
  return cursor.text[cursor.at] === ')' ? '' : word(cursor);
}

function skipSpace(cursor: Cursor): void {
  while (/^\s/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1;
}

/** Up to white space or a parenthesis that this word did not open: `perl(Foo)` is one word. */
function word(cursor: Cursor): string {
  const start = cursor.at;
  let open = 0;
  for (; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text[cursor.at] ?? '';
    if (/\s/.test(character)) break;
    if (character === '(') open += 1;
    if (character === ')') {
      if (open === 0) break;
      open -= 1;
    }
  }
  return cursor.text.slice(start, cursor.at);
}

function evrFields(text: string): Pick<Dependency, 'epoch' | 'version' | 'release'> {
  const parts = /^(?:(\d*):)?(.*?)(?:-([^-]*))?$/s.exec(text);
  const release = parts?.[3];
  return {
    epoch: parts?.[1] || '0',
    version: parts?.[2] ?? '',
    ...(release === undefined ? {} : { release }),
  };
}
