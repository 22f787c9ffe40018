import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codes, type PackageStateName, packageStates, stateEntry } from '../src/model/index.ts';
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

/** docs/states.md: the states of a package as a table and as a diagram that forges draw. */
export function statesPage(): string {
  const names = Object.keys(packageStates) as PackageStateName[];
  const rows = names.map((name) => {
    const { means, awaits = '', reports = '' } = stateEntry(name);
    const event = reports === '' ? '' : `\`${reports}\``;
    return `| \`${name}\` | ${means} | ${awaits} | ${event} |`;
  });
  const id = (name: string) => name.replaceAll('-', '_');
  const named = names.filter((n) => n.includes('-')).map((n) => `    ${id(n)}: ${n}`);
  const arrows = names.flatMap((n) =>
    stateEntry(n).next.map((next) => `    ${id(n)} --> ${id(next)}`),
  );
  return `# States of a package

Written by \`npm run docs\` from \`src/model/package-state.ts\`; do not edit. States are worked out from facts each time
somebody asks and never stored; the journal notes when an update comes into another one, with time, commit and who decided.

\`\`\`sh
sluice get packages --state unsigned
\`\`\`

| state | what it means | ? awaits | ! reports |
|---|---|---|---|
${rows.join('\n')}

\`held\`, \`paused\`, \`rejected\`, \`withdrawn\` and \`superseded\` are Sluice's own. \`mirroring\` is a state of an upstream.
Also understood: \`being build\`, \`test failed\`, \`build failed\`, \`unsigned/pending\`, \`signed/untested\`.

\`\`\`mermaid
stateDiagram-v2
    [*] --> ready
${[...named, ...arrows].join('\n')}
\`\`\`
`;
}

if (import.meta.main) {
  const docs = join(resolve(import.meta.dirname, '..'), 'docs');
  writeFileSync(join(docs, 'codes.md'), codesPage());
  writeFileSync(join(docs, 'states.md'), statesPage());
  const policyFiles = join(docs, 'policy-files.md');
  writeFileSync(policyFiles, withFieldTables(readFileSync(policyFiles, 'utf8')));
}
