import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { authorityPage } from '../../scripts/authority.ts';
import { caseIds } from '../../scripts/cases.ts';
import { codesPage, statesPage } from '../../scripts/docs.ts';
import { exits } from '../../src/model/index.ts';
import { rooms } from './rooms.ts';
import { dottedName, isNode, type Node, nameOf, nodes, root, sourceFiles } from './source.ts';

const page = (path: string): string => readFileSync(join(root, path), 'utf8');
const tests = sourceFiles('test').filter((file) => file.path.endsWith('.test.ts'));

describe('ARCHITECTURE.md', () => {
  test('its table lists the rooms of src, with their floors', () => {
    const rows = [...page('ARCHITECTURE.md').matchAll(/^\| `src\/([a-z.]+)` \| (\d) \|/gm)];
    const written = rows.map((row) => [row[1]?.replace(/\.ts$/, ''), Number(row[2])]);
    const actual = readdirSync(join(root, 'src'))
      .map((name) => name.replace(/\.ts$/, ''))
      .map((name) => [name, rooms[name]?.floor]);
    expect(written.toSorted()).toEqual(actual.toSorted());
  });

  test('every invariant names tests that exist', () => {
    const section = page('ARCHITECTURE.md').split('## What always holds')[1]?.split('\n## ')[0];
    const items = section?.split(/^\d+\. /m).slice(1) ?? [];
    expect(items).toHaveLength(12);
    const wrong = items.flatMap((item, index) => {
      const files = [...item.matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1] ?? '');
      if (files.length === 0) return [`${index + 1}: names no test`];
      const absent = files.filter((file) => !existsSync(join(root, file)));
      return absent.map((file) => `${index + 1}: ${file} does not exist`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('pages and the code agree', () => {
  test('docs/codes.md is what npm run docs writes', () => {
    expect(page('docs/codes.md')).toBe(codesPage());
    expect(page('docs/states.md')).toBe(statesPage());
  });

  test('docs/exit-codes.md lists every exit code', () => {
    const rows = [...page('docs/exit-codes.md').matchAll(/^\| (\d) \| (\w+) \|/gm)];
    const written = Object.fromEntries(rows.map((row) => [row[2], Number(row[1])]));
    expect(written).toEqual(exits);
  });

  test('docs/cases.md names the cases that the tests name (else: npm run cases)', () => {
    const rows = [...page('docs/cases.md').matchAll(/^\| ([A-N]\d\d) \| `([^`]+)`/gm)];
    const written = new Set(rows.map((row) => `${row[1]} ${row[2]}`));
    const named = new Set(
      tests.flatMap((file) =>
        titles(file.program)
          .flatMap(caseIds)
          .map((id) => `${id} ${file.path}`),
      ),
    );
    expect([...named.difference(written)].toSorted()).toEqual([]);
    // Titles may come from a table, so the other way round the file's text decides.
    const unfounded = rows.filter(([, id = '', path = '']) => !page(path).includes(`[${id}]`));
    expect(unfounded.map((row) => `${row[1]} ${row[2]}`)).toEqual([]);
  });

  test('docs/authority.md counts what docs/cases.md lists (else: npm run cases)', () => {
    expect(page('docs/authority.md')).toBe(authorityPage(page('docs/cases.md')));
  });

  test('links between pages lead somewhere', () => {
    const broken = markdownPages().flatMap((path) =>
      [...page(path).matchAll(/(?<!\\)\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] ?? '')
        .filter((to) => !existsSync(join(root, dirname(path), to)))
        .map((to) => `${path}: ${to}`),
    );
    expect(broken).toEqual([]);
  });

  test('files named in pages exist', () => {
    const absent = markdownPages().flatMap((path) =>
      [...page(path).matchAll(/`((?:src|test|scripts|docs|schemas|examples)\/[\w./-]+)`/g)]
        .map((match) => match[1] ?? '')
        .filter((named) => !existsSync(join(root, named)))
        .map((named) => `${path}: ${named}`),
    );
    expect(absent).toEqual([]);
  });

  test('commands shown in pages exist', () => {
    expect(markdownPages().flatMap(unknownCommands)).toEqual([]);
  });
});

function markdownPages(): readonly string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  return [...top, ...inDocs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
}

/** Lines of code blocks that start a script of ours, an npm script or a verb which is not there. */
function unknownCommands(path: string): readonly string[] {
  const blocks = [...page(path).matchAll(/^```(?:sh|console)?\n([\s\S]*?)^```/gm)];
  const lines = blocks.flatMap((block) => (block[1] ?? '').split('\n'));
  return lines
    .map((line) => line.replace(/^\$ /, '').trim())
    .flatMap((line) => {
      const [program = '', first = ''] = line.split(/\s+/);
      if (/^\.\/|^\.ci\//.test(program) && !existsSync(join(root, program)))
        return [`${path}: ${line}`];
      if (/^(\.\/)?sluice$/.test(program) && /^[a-z]/.test(first)) {
        const verb = join(root, 'src/cli/commands', `${first}.ts`);
        return existsSync(verb) ? [] : [`${path}: ${line}`];
      }
      const script = /^npm run ([a-z:]+)/.exec(line)?.[1];
      return script && !(script in packageScripts()) ? [`${path}: ${line}`] : [];
    });
}

function packageScripts(): Record<string, string> {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(page('package.json'));
  return scripts;
}

/** First arguments of test, it and describe, of their variants and of the local describes made from them. */
function titles(program: Node): readonly string[] {
  const found: string[] = [];
  for (const node of nodes(program)) {
    if (node.type !== 'CallExpression' || !Array.isArray(node.arguments)) continue;
    const callee = node.callee;
    const inner = isNode(callee) && callee.type === 'CallExpression' ? callee.callee : callee;
    const name = dottedName(inner) ?? nameOf(inner) ?? '';
    if (!/^(test|it|describe|with[A-Z]\w*)\b/.test(name)) continue;
    const [title] = node.arguments;
    if (!isNode(title)) continue;
    if (typeof title.value === 'string') found.push(title.value);
    const quasis = Array.isArray(title.quasis) ? title.quasis.filter(isNode) : [];
    for (const quasi of quasis) {
      const value = quasi.value;
      if (typeof value === 'object' && value !== null && 'raw' in value)
        found.push(String(value.raw));
    }
  }
  return found;
}
