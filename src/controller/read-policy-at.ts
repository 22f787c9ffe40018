import type { CommitId, Desired } from '../model/index.ts';
import {
  type Finding,
  isReadAsPolicy,
  largestFileBytes,
  mostFiles,
  policyReader,
  type ReadPolicyFiles,
} from '../policy/index.ts';
import type { MergedFile, PolicyGit, Ports, TreeFile } from '../ports.ts';

export type ReadResult =
  | { readonly desired: Desired; readonly findings: readonly Finding[] }
  | { readonly desired: undefined; readonly findings: readonly Finding[] };

interface Known {
  readonly read: ReadPolicyFiles;
  readonly results: Map<string, ReadResult>;
  readonly merged: Map<string, ReadResult>;
}

/** What was read through each mirror: a commit says the same for ever, and the next one nearly the same. */
const known = new WeakMap<PolicyGit, Known>();
const mostResults = 4;
const mostMerged = 50;

/** Reads every policy file of one commit; links and submodules are findings, never followed. */
export async function readPolicyAt(
  ports: Pick<Ports, 'policyGit'>,
  commit: CommitId,
): Promise<ReadResult> {
  const { results, read } = memoryOf(ports);
  const result = results.get(commit) ?? (await readFiles(ports, read, { commit }));
  remember(results, { key: commit, result, most: mostResults });
  return result;
}

/** What a merge would make of an accepted commit. */
export interface Merge {
  readonly head: CommitId;
  readonly onto: CommitId;
  readonly changes: readonly MergedFile[];
}

/** The same for a commit with a branch merged onto it, of which the mirror knows nothing. */
export async function readMergedPolicy(
  ports: Pick<Ports, 'policyGit'>,
  { head, onto, changes }: Merge,
): Promise<ReadResult> {
  const { merged, read } = memoryOf(ports);
  const key = `${head} ${onto}`;
  const result = merged.get(key) ?? (await readFiles(ports, read, { commit: onto, head, changes }));
  remember(merged, { key, result, most: mostMerged });
  return result;
}

function memoryOf({ policyGit }: Pick<Ports, 'policyGit'>): Known {
  const memory = known.get(policyGit) ?? {
    ...{ read: policyReader(), results: new Map(), merged: new Map() },
  };
  known.set(policyGit, memory);
  return memory;
}

function remember(
  results: Map<string, ReadResult>,
  {
    key,
    result,
    most,
  }: { readonly key: string; readonly result: ReadResult; readonly most: number },
): void {
  results.delete(key);
  results.set(key, result);
  const [oldest] = results.keys();
  if (oldest !== undefined && results.size > most) results.delete(oldest);
}

interface Wanted {
  readonly commit: CommitId;
  /** What the policy is called, where files differ from those of the commit. */
  readonly head?: CommitId;
  readonly changes?: readonly MergedFile[];
}

async function readFiles(
  ports: Pick<Ports, 'policyGit'>,
  readPolicy: ReadPolicyFiles,
  { commit, head = commit, changes = [] }: Wanted,
): Promise<ReadResult> {
  const changed = new Map(changes.map((c) => [c.path, c]));
  const kept = (await ports.policyGit.files(commit)).filter((f) => !changed.has(f.path));
  // What is no policy belongs to the people, however large it is.
  const files = [...kept, ...changes.flatMap((c) => c.file ?? [])].filter((f) =>
    isReadAsPolicy(f.path),
  );
  const of = { id: head, time: (await ports.policyGit.commit(commit)).time };
  if (files.length > mostFiles) return { desired: undefined, findings: [tooMany(files.length)] };
  const regular = files.filter((f) => isRegular(f) && f.sizeBytes <= largestFileBytes);
  const texts: { path: string; text: string }[] = [];
  for (const file of regular) {
    const own = changed.get(file.path);
    const text = own ? own.text : await ports.policyGit.readText(commit, file.path);
    if (text !== undefined) texts.push({ path: file.path, text });
  }
  const usable = new Set(regular);
  const odd = files.filter((f) => !usable.has(f)).map(oddFile);
  const read = readPolicy(texts, of);
  if (odd.length > 0) return { desired: undefined, findings: [...odd, ...read.findings] };
  if (read.desired) return read;
  const lost = await lastVersions(ports, commit, read.findings);
  return lost.length === 0 ? read : readPolicy(texts, of, lost);
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

const isRegular = (file: TreeFile): boolean => file.mode.startsWith('100');

function oddFile(file: TreeFile): Finding {
  const link = file.mode === '120000' ? 'a symbolic link' : 'a submodule';
  const size = `${file.sizeBytes} bytes large, and ${largestFileBytes} are read at most`;
  return {
    code: 'PolicyUnreadable',
    severity: 'error',
    at: { file: file.path, line: 1, col: 1 },
    message: `${file.path} is ${isRegular(file) ? size : link}`,
    fix: 'Put a regular file of an ordinary size there: nothing in a policy repository is followed.',
  };
}

const tooMany = (count: number): Finding => ({
  code: 'PolicyUnreadable',
  severity: 'error',
  at: { file: 'sluice.yaml', line: 1, col: 1 },
  message: `the policy has ${count} files, and ${mostFiles} are read at most`,
  fix: 'Delete updates and promotions that base snapshots contain: `sluice pr list` may offer to tidy them.',
});
