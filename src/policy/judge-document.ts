import type { z } from 'zod';
import type { Place } from '../model/index.ts';
import { errorAt, type Finding } from './finding.ts';
import { type Kind, kinds } from './kinds/kinds.ts';
import { notYetKeys } from './not-yet.ts';
import { descriptionAt, keysAt } from './schema-walk.ts';
import { didYouMean } from './suggest.ts';
import type { Path, PolicyDocument } from './yaml/read-document.ts';

/** What a schema dislikes about a document, as findings with a place and a way out. */
export function judgeDocument(
  kind: Kind,
  document: PolicyDocument,
  issues: readonly z.core.$ZodIssue[],
): readonly Finding[] {
  return issues.flatMap((issue) => findingsOf({ kind, document, issue }));
}

interface Case {
  readonly kind: Kind;
  readonly document: PolicyDocument;
  readonly issue: z.core.$ZodIssue;
}

function findingsOf(about: Case): readonly Finding[] {
  const { kind, document, issue } = about;
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(about, [...path, key]));
  }
  if (issue.code === 'invalid_key') {
    const problem = issue.issues[0]?.message ?? 'is not allowed here';
    return [invalid(document.placeOfKey(path), `${nameOf(path, kind)}: ${problem}`, about)];
  }
  if (valueAt(document.value, path) === undefined) {
    const key = String(path.at(-1));
    const parent = path.slice(0, -1);
    const at = parent.length === 0 ? document.placeOf([]) : document.placeOfKey(parent);
    return [invalid(at, `${nameOf(parent, kind)} needs "${key}"`, about)];
  }
  return [invalid(document.placeOf(path), problemOf(about, path), about)];
}

function unknownKey({ kind, document }: Case, path: Path): Finding {
  const at = document.placeOfKey(path);
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const where = parent.length === 0 ? kind : dotted(parent);
  const planned = notYetKeys[`${kind}.${dotted(path.filter((p) => typeof p === 'string'))}`];
  if (planned !== undefined) {
    const message = `"${key}" of ${where} is not available in this version`;
    return errorAt(at, 'NotYet', { message, fix: planned });
  }
  const possible = keysAt(kinds[kind].schema, parent);
  const fix = `${didYouMean(key, possible)}Keys here: ${possible.join(', ')}.`;
  return errorAt(at, 'PolicyUnknownKey', { message: `${where} has no key "${key}"`, fix });
}

function problemOf({ issue, document, kind }: Case, path: Path): string {
  const value = valueAt(document.value, path);
  const subject = nameOf(path, kind);
  if (issue.code === 'invalid_type') {
    const expected = shapeNames[issue.expected] ?? issue.expected;
    return `${subject}: expected ${expected}, found ${shapeOf(value)}`;
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    return `${subject}: expected ${values.join(', ')}, found ${quoted(value)}`;
  }
  const found = typeof value === 'string' ? `, found ${quoted(value)}` : '';
  return `${subject}: ${issue.message}${found}`;
}

function invalid(at: Place, message: string, { kind, issue, document }: Case): Finding {
  const path = pathOf(issue);
  const value = valueAt(document.value, path);
  const near =
    issue.code === 'invalid_value' && typeof value === 'string'
      ? didYouMean(value, issue.values.map(String))
      : '';
  const description = descriptionAt(kinds[kind].schema, path);
  return errorAt(at, 'PolicyInvalid', {
    message,
    fix: `${near}${description ?? `See \`sluice schema ${kind}\`.`}`,
  });
}

const pathOf = (issue: z.core.$ZodIssue): Path =>
  issue.path.map((part) => (typeof part === 'number' ? part : String(part)));

const nameOf = (path: Path, kind: Kind): string => (path.length === 0 ? kind : dotted(path));

/** `base[0].upstream` */
function dotted(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${part}`))
    .join('');
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part))
      return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

const shapeNames: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  array: 'a list',
};

function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === '') return 'nothing';
  return typeof value === 'string' ? `the text ${quoted(value)}` : 'a map of keys and values';
}

const quoted = (value: unknown): string => {
  const text = String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
};
