import type { CommitId, FileEdit } from '../model/index.ts';
import type { PathChange, PolicyGit } from '../ports.ts';
import { applyEdits } from '../proposer/index.ts';

/** The edits as new file texts on top of a commit. */
export async function editTexts(
  policyGit: Pick<PolicyGit, 'readText'>,
  head: CommitId,
  edits: readonly FileEdit[],
): Promise<readonly PathChange[]> {
  const texts = new Map<string, string | undefined>();
  for (const path of new Set(['sluice.yaml', ...edits.map((e) => e.path)])) {
    texts.set(path, await policyGit.readText(head, path));
  }
  return applyEdits((path) => texts.get(path), edits);
}
