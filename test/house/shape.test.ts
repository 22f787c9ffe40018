import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { rooms } from './rooms.ts';
import { isNode, type Node, nameOf, nodes, root, type SourceFile, sourceFiles } from './source.ts';

const sources = sourceFiles('src', 'scripts', 'bench');
const tests = sourceFiles('test');
const all = [...sources, ...tests];

const limits = { fileLines: 400, fileLinesAsked: 250, functionLines: 70, parameters: 3 };

test('files are short', () => {
  const long = all.filter((file) => file.lineCount > limits.fileLinesAsked);
  if (long.length > 0) {
    const list = long.map((file) => `  ${file.lineCount} ${file.path}`).join('\n');
    console.warn(`over ${limits.fileLinesAsked} lines, each needs a reason:\n${list}`);
  }
  const over = all.filter((file) => file.lineCount > limits.fileLines);
  expect(over.map((file) => `${file.path}: ${file.lineCount} lines, divide it`)).toEqual([]);
});

test('functions are short and take few parameters', () => {
  expect(sources.flatMap(oversized)).toEqual([]);
});

test('files are named in kebab-case for the one thing they do', () => {
  const form = /^[a-z0-9]+(-[a-z0-9]+)*(\.slow)?(\.test)?\.ts$/;
  const empty = new Set('utils util helpers helper common misc manager service base'.split(' '));
  const wrong = all.filter((file) => {
    const name = basename(file.path);
    return !form.test(name) || empty.has(name.replace(/(\.slow)?(\.test)?\.ts$/, ''));
  });
  expect(wrong.map((file) => `${file.path}: name it for what it does, in kebab-case`)).toEqual([]);
});

test('exports have names; there are no enums, and classes only where something is owned', () => {
  expect(sources.flatMap(forbiddenForms)).toEqual([]);
});

test('nothing changes at module level', () => {
  const wrong = sources.flatMap((file) =>
    (file.program.body as readonly Node[])
      .filter((node) => node.type === 'VariableDeclaration' && node.kind !== 'const')
      .map((node) => `${file.path}:${file.lineAt(node.start)}: state belongs to a caller`),
  );
  expect(wrong).toEqual([]);
});

test('every room opens its index.ts with what it is and what it never does', () => {
  const folders = Object.keys(rooms).filter((room) => existsSync(join(root, 'src', room)));
  const wrong = folders
    .filter((room) => room !== 'cli')
    .map((room) => `src/${room}/index.ts`)
    .filter((path) => {
      const text = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
      return (
        !text.startsWith('/**') ||
        !/\b(never|nothing|no|not|only)\b/i.test(text.split('*/')[0] ?? '')
      );
    });
  expect(wrong).toEqual([]);
});

test('tests lie where their source lies', () => {
  const folders = new Set([
    ...Object.keys(rooms),
    'journeys',
    'crash',
    'house',
    'support',
    'scripts',
    'bench',
  ]);
  const wrong = tests.filter((file) => {
    const folder = dirname(file.path).split('/')[1];
    return file.path.endsWith('.test.ts') && !(folder && folders.has(folder));
  });
  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('no file names a folder of this machine, a package host or unfinished work', () => {
  const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
  const host = /https?:\/\/registry\./;
  const wrong = trackedTexts().flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const found = [
        line.includes(`${root}/`) && 'a path of this machine',
        unfinished.test(line) && 'unfinished work',
        host.test(line) && 'a package host',
      ].filter((each) => each !== false);
      return found.map((what) => `${path}:${index + 1}: ${what}`);
    }),
  );
  expect(wrong).toEqual([]);
});

function oversized(file: SourceFile): readonly string[] {
  const found: string[] = [];
  for (const node of nodes(file.program)) {
    if (!/Function(Declaration|Expression)$/.test(node.type) || !isNode(node.body)) continue;
    const place = `${file.path}:${file.lineAt(node.start)}`;
    const lines = file.lineAt(node.end) - file.lineAt(node.start) + 1;
    if (lines > limits.functionLines) found.push(`${place}: function of ${lines} lines`);
    const parameters = Array.isArray(node.params) ? node.params.length : 0;
    if (parameters > limits.parameters) {
      found.push(`${place}: ${parameters} parameters, make them one object`);
    }
  }
  return found;
}

function forbiddenForms(file: SourceFile): readonly string[] {
  const found: string[] = [];
  const owns = /^src\/(edge\/|model\/fault\.ts$)/.test(file.path);
  for (const node of nodes(file.program)) {
    const place = `${file.path}:${file.lineAt(node.start)}`;
    if (node.type === 'ExportDefaultDeclaration') found.push(`${place}: give the export a name`);
    if (node.type === 'TSEnumDeclaration') found.push(`${place}: use a union of strings`);
    if (node.type === 'TSModuleDeclaration') found.push(`${place}: use a file`);
    if (node.type === 'ClassDeclaration' && !owns) {
      found.push(`${place}: class ${nameOf(node.id) ?? ''}; use functions and values`);
    }
  }
  return found;
}

/** Text files that git knows or would take; nothing when this is not a clone. */
function trackedTexts(): readonly { readonly path: string; readonly text: string }[] {
  if (!existsSync(join(root, '.git'))) return [];
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', listing, { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => /\.(ts|md|json|ya?ml|sh|spec|xml)$|^[^.]+$/.test(path))
    .filter((path) => existsSync(join(root, path)) && lstatSync(join(root, path)).isFile())
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
