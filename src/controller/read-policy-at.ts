import type { CommitId, Desired } from '../model/index.ts';
import { type Finding, readPolicy } from '../policy/index.ts';
import type { Ports, TreeFile } from '../ports.ts';

export type ReadResult =
  | { readonly desired: Desired; readonly findings: readonly Finding[] }
  | { readonly desired: undefined; readonly findings: readonly Finding[] };

/** Reads every policy file of one commit; links and submodules are findings, never followed. */
export async function readPolicyAt(
  ports: Pick<Ports, 'policyGit'>,
  commit: CommitId,
): Promise<ReadResult> {
  const files = await ports.policyGit.files(commit);
  const info = await ports.policyGit.commit(commit);
  const regular = files.filter(isRegular);
  const texts: { path: string; text: string }[] = [];
  for (const file of regular) {
    const text = await ports.policyGit.readText(commit, file.path);
    if (text !== undefined) texts.push({ path: file.path, text });
  }
  const odd = files.filter((f) => !isRegular(f)).map(oddFile);
  const read = readPolicy(texts, { id: commit, time: info.time });
  if (odd.length > 0) return { desired: undefined, findings: [...odd, ...read.findings] };
  if (read.desired) return read;
  const lost = await lastVersions(ports, commit, read.findings);
  return lost.length === 0 ? read : readPolicy(texts, { id: commit, time: info.time }, lost);
}

/**
 * A deleted update that is still promoted elsewhere is read from its last version in the history of the commit; the
 * planner puts the file back.
 */
async function lastVersions(
  ports: Pick<Ports, 'policyGit'>,
  commit: CommitId,
  findings: readonly Finding[],
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const wanted = new Set(findings.flatMap((f) => (f.missing === undefined ? [] : [f.missing])));
  if (wanted.size === 0) return [];
  const found: { path: string; text: string }[] = [];
  for (const earlier of (await ports.policyGit.firstParents(undefined, commit)).toReversed()) {
    for (const path of wanted) {
      const text = await ports.policyGit.readText(earlier.id, path);
      if (text === undefined) continue;
      found.push({ path, text });
      wanted.delete(path);
    }
    if (wanted.size === 0) break;
  }
  return found;
}

const isRegular = (file: TreeFile): boolean => file.mode === '100644' || file.mode === '100755';

function oddFile(file: TreeFile): Finding {
  const what = file.mode === '120000' ? 'a symbolic link' : 'a submodule';
  return {
    code: 'PolicyUnreadable',
    severity: 'error',
    at: { file: file.path, line: 1, col: 1 },
    message: `${file.path} is ${what}`,
    fix: 'Put a regular file there: nothing in a policy repository is followed.',
  };
}
