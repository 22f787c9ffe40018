import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codes } from '../src/model/index.ts';
import { withFieldTables } from './policy-fields.ts';

/** docs/codes.md: every error and hold code with its anchor, in alphabetical order. */
export function codesPage(): string {
  const entries = Object.entries(codes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rows = entries.map(
    ([code, { exit, means }]) => `## ${code}\n\n${means} Exit code ${exit}.\n`,
  );
  return `# Error and hold codes

Written by \`npm run docs\` from \`src/model/codes.ts\`; do not edit. Every message names its code, the object, what was
checked, what was expected and found, and the next step. Codes keep their meaning for ever. What the exit codes stand
for: [exit-codes.md](exit-codes.md).

${rows.join('\n')}`;
}

if (import.meta.main) {
  const docs = join(resolve(import.meta.dirname, '..'), 'docs');
  writeFileSync(join(docs, 'codes.md'), codesPage());
  const policyFiles = join(docs, 'policy-files.md');
  writeFileSync(policyFiles, withFieldTables(readFileSync(policyFiles, 'utf8')));
}
