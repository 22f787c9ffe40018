import type { CommitId } from '../model/index.ts';
import { readTrustRules, type TrustRules } from '../policy/index.ts';
import type { PolicyGit } from '../ports.ts';

type Reader = Pick<PolicyGit, 'firstParents' | 'files' | 'readText'>;

/** Rules of one commit, and the keys that its people have. */
export interface RulesAt extends TrustRules {
  readonly commit: CommitId;
  readonly keyFiles: readonly { readonly path: string; readonly text: string }[];
}

/** Before anybody said anything: whoever can push decides. */
const open = (commit: CommitId): RulesAt => ({ trust: 'open', commit, keyFiles: [] });

/** The rules of a commit, or of the newest ancestor whose rules can be read. */
export async function rulesAt(policyGit: Reader, commit: CommitId): Promise<RulesAt> {
  const own = await readRules(policyGit, commit);
  if ('rules' in own) return own.rules;
  const before = (await policyGit.firstParents(undefined, commit)).slice(0, -1).toReversed();
  for (const { id } of before) {
    const earlier = await readRules(policyGit, id);
    if ('rules' in earlier) return earlier.rules;
  }
  return open(commit);
}

/** The rules that a commit itself has, or what is wrong with them. */
export async function readRules(
  policyGit: Pick<PolicyGit, 'files' | 'readText'>,
  commit: CommitId,
): Promise<{ readonly rules: RulesAt } | { readonly problem: string }> {
  const paths = (await policyGit.files(commit))
    .filter((f) => f.mode.startsWith('100'))
    .map((f) => f.path)
    .filter((path) => /^(sluice\.yaml|access\.yaml|keys\/.*)$/.test(path));
  const files: { path: string; text: string }[] = [];
  for (const path of paths) {
    const text = await policyGit.readText(commit, path);
    if (text !== undefined) files.push({ path, text });
  }
  const read = readTrustRules(files);
  if ('findings' in read) {
    const [first] = read.findings;
    const problem = first ? `${first.at.file}:${first.at.line} ${first.message}` : 'no sluice.yaml';
    return { problem };
  }
  const used = accessKeys(read.rules);
  return { rules: { ...read.rules, commit, keyFiles: files.filter((f) => used.has(f.path)) } };
}

/** Paths of the key files that people have. */
export function accessKeys({ access }: TrustRules): ReadonlySet<string> {
  const people = [...(access?.people.values() ?? [])];
  return new Set(people.flatMap((p) => p.openpgp.map((k) => k.key)));
}
