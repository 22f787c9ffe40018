import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments } from 'yaml';
import type { Place } from '../../model/index.ts';
import { errorAt, type Finding } from '../finding.ts';
import { decode } from './decode.ts';
import { type PlaceOf, type ScanLimits, scan } from './scan.ts';

export type Path = readonly (string | number)[];

/** A policy file as maps, lists and the text that was written; nothing is converted. */
export interface PolicyDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where a value stands; of an absent one, where its nearest present parent does. */
  placeOf(path: Path): Place;
  /** Where a key stands; of an absent one, as `placeOf`. */
  placeOfKey(path: Path): Place;
}

/** Reads one file as the YAML that Sluice accepts, or says everything that is wrong with its form. */
export function readDocument(
  file: string,
  bytes: string | Uint8Array,
  limits: ScanLimits,
): { readonly document: PolicyDocument } | { readonly findings: readonly Finding[] } {
  const decoded = decode(file, bytes, limits.maxBytes);
  if ('finding' in decoded) return { findings: [decoded.finding] };
  const place = placesIn(file, decoded.text);
  const refused = scan(decoded.text, place, limits);
  if (refused !== undefined) return { findings: [refused] };
  const parsed = parse(decoded.text, place);
  if ('findings' in parsed) return parsed;
  const reading: Reading = { place, findings: [], values: new Map(), keys: new Map() };
  const value = valueFrom(parsed.root, [], reading);
  if (reading.findings.length > 0) return { findings: reading.findings };
  const at = (places: ReadonlyMap<string, Place>, path: Path) =>
    places.get(JSON.stringify(path)) ?? nearest(reading.values, path, { file, line: 1, col: 1 });
  return {
    document: {
      file,
      value,
      placeOf: (path) => at(reading.values, path),
      placeOfKey: (path) => at(reading.keys, path),
    },
  };
}

function placesIn(file: string, text: string): PlaceOf {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines.addNewLine(i + 1);
  return (offset) => ({ file, ...lines.linePos(offset) });
}

interface Reading {
  readonly place: PlaceOf;
  readonly findings: Finding[];
  /** JSON of the path → where the value starts. */
  readonly values: Map<string, Place>;
  readonly keys: Map<string, Place>;
}

function nearest(values: ReadonlyMap<string, Place>, path: Path, start: Place): Place {
  for (let length = path.length - 1; length >= 0; length--) {
    const place = values.get(JSON.stringify(path.slice(0, length)));
    if (place !== undefined) return place;
  }
  return start;
}

type Parsed = { readonly root: Node } | { readonly findings: readonly Finding[] };

function parse(text: string, place: PlaceOf): Parsed {
  const refuse = (offset: number, message: string, fix: string): Parsed => ({
    findings: [errorAt(place(offset), 'PolicyUnreadable', { message, fix })],
  });
  try {
    const documents = parseAllDocuments(text, {
      version: '1.2',
      schema: 'failsafe',
      strict: true,
      merge: false,
      // The library compares every key with every other; `valueFrom` keeps a set for each map instead.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (document === undefined || document.contents === null) {
      return refuse(0, 'the file says nothing', emptyFix);
    }
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) return refuse(problem.pos[0], problem.message, 'Mend the YAML.');
    if (second !== undefined) {
      const message = 'a second document starts here';
      return refuse(second.range?.[0] ?? 0, message, 'Put each document into a file of its own.');
    }
    if (!isMap(document.contents)) {
      const message = 'a policy file is a map of keys and values';
      return refuse(document.contents.range?.[0] ?? 0, message, emptyFix);
    }
    return { root: document.contents };
  } catch (error) {
    // The library throws on nesting that it cannot follow.
    const message = error instanceof Error ? error.message : String(error);
    return refuse(0, `the file cannot be parsed: ${message}`, 'Write it flatter.');
  }
}

const emptyFix =
  'Start it with "apiVersion: sluice/v1" and "kind:"; to remove something, delete the file.';

function valueFrom(node: unknown, path: Path, reading: Reading): unknown {
  const start = (node as Node | null)?.range?.[0];
  if (start !== undefined) reading.values.set(JSON.stringify(path), reading.place(start));
  if (isScalar(node)) return typeof node.value === 'string' ? node.value : String(node.value);
  if (isSeq(node)) return node.items.map((item, i) => valueFrom(item, [...path, i], reading));
  if (isMap(node)) {
    const seen = new Map<string, Place>();
    const entries: [string, unknown][] = [];
    for (const pair of node.items) {
      const key = keyOf(pair, seen, reading);
      if (key === undefined) continue;
      reading.keys.set(JSON.stringify([...path, key]), seen.get(key) ?? reading.place(0));
      entries.push([key, valueFrom(pair.value, [...path, key], reading)]);
    }
    return Object.fromEntries(entries);
  }
  return '';
}

/** Names that JavaScript objects answer to without having them. */
const forbiddenKeys = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
]) as ReadonlySet<string>;

function keyOf(pair: Pair, seen: Map<string, Place>, reading: Reading): string | undefined {
  const at = reading.place((pair.key as Node | null)?.range?.[0] ?? 0);
  const refuse = (message: string, fix: string) => {
    reading.findings.push(errorAt(at, 'PolicyUnreadable', { message, fix }));
    return undefined;
  };
  const key = isScalar(pair.key) ? pair.key.value : undefined;
  if (typeof key !== 'string' || key === '') {
    return refuse('a key must be a word', 'Write "key: value".');
  }
  if (forbiddenKeys.has(key)) return refuse(`"${key}" cannot be a key`, 'Choose another name.');
  const earlier = seen.get(key);
  if (earlier !== undefined) {
    const message = `"${key}" stands here and in line ${earlier.line}`;
    return refuse(message, `Keep one of lines ${earlier.line} and ${at.line}.`);
  }
  seen.set(key, at);
  return key;
}
