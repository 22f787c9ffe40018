import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { roomOf, rooms, target, worldly } from './rooms.ts';
import { dottedName, nameOf, nodes, root, type SourceFile, sourceFiles } from './source.ts';

const files = sourceFiles('src');
const everywhere = sourceFiles('src', 'test', 'scripts', 'bench');

test('every room is on the ladder', () => {
  const unknown = new Set(files.map((file) => roomOf(file.path)).filter((r) => !(r && rooms[r])));
  expect([...unknown]).toEqual([]);
});

test('nobody imports upwards, and a room is entered through its index.ts', () => {
  expect(files.flatMap((file) => file.imports.flatMap((i) => climbing(file, i)))).toEqual([]);
});

test('only wire.ts and tests import the edge', () => {
  const wrong = files
    .filter((file) => roomOf(file.path) !== 'edge' && file.path !== 'src/cli/wire.ts')
    .flatMap((file) =>
      file.imports
        .filter((i) => roomOf(target(file.path, i.specifier) ?? '') === 'edge')
        .map((i) => `${file.path}:${i.line}: take a port as an argument; wire.ts makes the edge`),
    );
  expect(wrong).toEqual([]);
});

test('pure rooms import only their own packages, orderly rooms nothing worldly', () => {
  const wrong = files.flatMap((file) => {
    const room = rooms[roomOf(file.path) ?? ''];
    return file.imports
      .filter((i) => !i.specifier.startsWith('.'))
      .filter((i) =>
        room?.manner === 'pure'
          ? !room.packages?.includes(i.specifier)
          : room?.manner === 'orderly' && worldly.test(i.specifier),
      )
      .map((i) => `${file.path}:${i.line}: imports ${i.specifier}; take the fact as an argument`);
  });
  expect(wrong).toEqual([]);
});

test('no clock, randomness, environment or output outside edge and cli', () => {
  const orderly = files.filter((file) => rooms[roomOf(file.path) ?? '']?.manner !== 'free');
  expect(orderly.flatMap(worldlyNames)).toEqual([]);
});

test('imports lead to files that exist', () => {
  const wrong = everywhere.flatMap((file) =>
    file.imports
      .filter((i) => {
        const path = target(file.path, i.specifier);
        return path !== undefined && !existsSync(join(root, path));
      })
      .map((i) => `${file.path}:${i.line}: ${i.specifier} does not exist`),
  );
  expect(wrong).toEqual([]);
});

test('no file needs itself through others', () => {
  expect(cycles()).toEqual([]);
});

test('every file is reached from the command line or a script', () => {
  const reached = new Set<string>();
  const byPath = new Map(everywhere.map((file) => [file.path, file]));
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    const file = byPath.get(path);
    for (const i of file?.imports ?? []) {
      const next = target(path, i.specifier);
      if (next) visit(next);
    }
  };
  const entries = everywhere.filter((file) => /^(src\/cli\/main\.ts|scripts\/)/.test(file.path));
  for (const entry of entries) visit(entry.path);
  const dead = files.filter((file) => !reached.has(file.path));
  expect(dead.map((file) => `${file.path}: nothing that runs imports it`)).toEqual([]);
});

function climbing(file: SourceFile, i: SourceFile['imports'][number]): readonly string[] {
  const from = roomOf(file.path) ?? '';
  const path = target(file.path, i.specifier);
  const to = path === undefined ? undefined : roomOf(path);
  if (path === undefined || to === from) return [];
  const place = `${file.path}:${i.line}`;
  if (to === undefined) return [`${place}: ${i.specifier} is outside src`];
  const found: string[] = [];
  if ((rooms[to]?.floor ?? 99) >= (rooms[from]?.floor ?? -1)) {
    found.push(`${place}: ${from} imports ${to}, which is not below it`);
  }
  if (path !== `src/${to}/index.ts` && path !== 'src/ports.ts') {
    found.push(`${place}: enter ${to} through its index.ts`);
  }
  return found;
}

function worldlyNames(file: SourceFile): readonly string[] {
  const found: string[] = [];
  const say = (start: number, what: string, instead: string) =>
    found.push(`${file.path}:${file.lineAt(start)}: ${what}; use ${instead}`);
  for (const node of nodes(file.program)) {
    const dotted = node.type === 'MemberExpression' ? dottedName(node) : undefined;
    if (dotted === 'Date.now') say(node.start, dotted, 'the clock port or an argument');
    if (dotted === 'Math.random') say(node.start, dotted, 'an argument');
    if (dotted?.startsWith('process.')) say(node.start, dotted, 'an argument');
    if (dotted?.startsWith('console.')) say(node.start, dotted, 'the log port');
    if (node.type === 'CallExpression' && nameOf(node.callee) === 'fetch') {
      say(node.start, 'fetch()', 'the fetch port');
    }
    const bare = Array.isArray(node.arguments) && node.arguments.length === 0;
    if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && bare) {
      say(node.start, 'new Date()', 'the clock port or an argument');
    }
  }
  for (const i of file.imports) {
    const random = i.names.filter((name) => /^random/.test(name));
    if (i.specifier === 'node:crypto' && random.length > 0) {
      found.push(`${file.path}:${i.line}: ${random.join(', ')}; use an argument`);
    }
  }
  return found;
}

/** Cycles of imports that remain when the code runs, each named once. */
function cycles(): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const i of byPath.get(path)?.imports ?? []) {
      const next = i.typeOnly ? undefined : target(path, i.specifier);
      if (next) visit(next, [...trail, path]);
    }
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return found;
}
