import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { authorityPage } from './authority.ts';

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface CaseRow {
  /** `A01`. */
  readonly id: string;
  readonly file: string;
  /** The test's title without its case ids. */
  readonly title: string;
  /** `passed`, `failed`, `skipped`. */
  readonly result: string;
}

/** The case ids in a title: `[A01] …`. */
export function caseIds(title: string): readonly string[] {
  return [...title.matchAll(/\[([A-N]\d\d)\]/g)].map((match) => match[1] ?? '');
}

/** docs/cases.md: rows in order of the cases; many variants of a case in one file share a row. */
export function casesPage(rows: readonly CaseRow[]): string {
  const groups = Map.groupBy(
    rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)),
    (row) => `${row.id} ${row.file}`,
  );
  const lines = [...groups.values()].flatMap(together).map((row) => {
    return `| ${row.id} | \`${row.file}\` | ${plain(row.title)} | ${row.result} |`;
  });
  return `# Security cases and their tests

Written by \`npm run cases\` from the titles and results of the tests; do not edit. A case is an attack or an accident with
one expected outcome; the letter is its family.

| case | test | what it shows | result |
|---|---|---|---|
${lines.join('\n')}
`;
}

/** Titles quote hostile input; none of it may become markup. */
const plain = (title: string): string => title.replaceAll(/[\\`*_<>[\]|&]/g, '\\$&');

const key = (row: CaseRow): string => `${row.id} ${row.file} ${row.title}`;

function together(rows: readonly CaseRow[]): readonly CaseRow[] {
  const [first] = rows;
  if (first === undefined || rows.length <= 4) return rows;
  const counts = Map.groupBy(rows, (row) => row.result);
  const result = [...counts].map(([name, list]) => `${list.length} ${name}`).join(', ');
  return [{ ...first, title: `${first.title} … and ${rows.length - 1} more`, result }];
}

/** The rows of a JSON report. */
export function rowsOf(results: Results, root: string): readonly CaseRow[] {
  return results.testResults.flatMap((file) =>
    file.assertionResults.flatMap((test) => {
      const title = test.fullName.replaceAll(/\[[A-N]\d\d\],? */g, '').trim();
      const result = test.status === 'pending' ? 'skipped' : test.status;
      const path = relative(root, file.name);
      return [...new Set(caseIds(test.fullName))].map((id) => ({ id, file: path, title, result }));
    }),
  );
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  const [report] = process.argv.slice(2);
  if (report === undefined) throw new Error('usage: node scripts/cases.ts REPORT.json');
  const results = JSON.parse(readFileSync(report, 'utf8')) as Results;
  const page = casesPage(rowsOf(results, root));
  writeFileSync(join(root, 'docs/cases.md'), page);
  writeFileSync(join(root, 'docs/authority.md'), authorityPage(page));
}
