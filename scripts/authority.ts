/** Each case of these two groups, by what is tried. */
const tried: Readonly<Record<string, string>> = {
  F01: 'an unsigned commit, where people sign',
  F02: 'an unknown, expired or revoked key, a copied signature',
  F03: 'a key that is in the repository and belongs to nobody',
  F04: 'a commit under the name of somebody else',
  F05: 'a force-push back to an older, well signed commit',
  F06: 'another history, a tag in place of the branch, no branch',
  F07: 'a revert as a decision of its own',
  F08: 'a fetch that is cut, damaged or cut cleanly',
  F09: 'a commit that is advertised and not sent',
  F10: 'a damaged local copy',
  F11: 'a push without a pull request',
  F12: 'an approval of an older head or of another delta',
  F13: 'approvals of the author, of bots, of strangers, taken back, on later pages',
  F14: "a forge's own signature",
  F15: 'a squash, a rebase, a merge with other files',
  F16: 'a forge that is away, refuses, or makes no sense',
  F17: 'a merge into another branch that is pushed on',
  F18: 'another repository under the same name',
  F19: 'links, submodules and odd names where policy stands',
  F20: 'files, folders and refs beyond measure',
  F21: 'replaced objects, grafts, alternates in the local copy',
  F22: 'a repository with sha256 names',
  F23: 'many merges at once, bad ones among them',
  F24: 'dates from 1970 and 2099',
  L01: 'a hook that is unsigned, wrongly signed, or has no secret',
  L02: 'a signature over other bytes than those that came',
  L03: 'a delivery that is repeated, or comes a week late',
  L04: 'hooks that are lost, out of order, or ten thousand a second',
  L05: 'a well signed lie about a merge',
};

/** docs/authority.md: how many of the cases about who decided were tried, out of the rows of docs/cases.md. */
export function authorityPage(cases: string): string {
  const rows = [...cases.matchAll(/^\| ([A-N]\d\d) \| .* \| ([^|]+) \|$/gm)];
  const results = Map.groupBy(rows, (row) => row[1] ?? '');
  const lines = Object.entries(tried).map(([id, what]) => {
    const counts = (results.get(id) ?? []).map((row) => countsOf(row[2] ?? ''));
    const sum = (kind: keyof Counts) => counts.reduce((n, c) => n + c[kind], 0);
    return { id, what, held: sum('passed'), failed: sum('failed') };
  });
  const figure = (group: string, name: string) => {
    const own = lines.filter((l) => l.id.startsWith(group));
    const done = own.filter((l) => l.held + l.failed > 0).length;
    const wrong = own.filter((l) => l.failed > 0).length;
    return `| ${name} | ${own.length} | ${done} | ${wrong} |`;
  };
  return `# Who decided, in figures

Written by \`npm run cases\` from [cases.md](cases.md); do not edit. Each case tries to get something decided, or something
published, that nobody who may has decided. A case is wrongly accepted when any of its tests fails.

| group | cases | tried | wrongly accepted |
|---|---|---|---|
${figure('F', 'policy history and authority (F)')}
${figure('L', 'webhooks (L01–L05)')}

| case | what is tried | tests that hold | that do not |
|---|---|---|---|
${lines.map((l) => `| ${l.id} | ${l.what} | ${l.held} | ${l.failed} |`).join('\n')}
`;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** `passed`, or where several share a row `11 passed, 1 failed`; what was skipped was not tried. */
function countsOf(result: string): Counts {
  const of = (name: string) => {
    const many = new RegExp(`(\\d+) ${name}`).exec(result)?.[1];
    return many === undefined ? Number(result.trim() === name) : Number(many);
  };
  return { passed: of('passed'), failed: of('failed') };
}
