import { type CommitId, slugOf } from '../model/index.ts';
import type { CommitInfo, PolicyGit } from '../ports.ts';

/** A decision file that an accepted commit deleted or changed, as it was before. */
export interface RemovedFile {
  readonly commit: CommitId;
  readonly parent: CommitId;
  readonly path: string;
  readonly kind: 'promotion' | 'hold' | 'channel';
  readonly change: 'deleted' | 'changed';
  /** The last accepted text. */
  readonly text: string;
  /** For promotions: the last accepted text of the update file with the same slug, even if that commit deleted it. */
  readonly updateText?: string;
}

type Reader = Pick<PolicyGit, 'firstParents' | 'changedPaths' | 'files' | 'readText'>;

const kinds = [
  [/^promotions\/[^/]+\/[^/]+\.ya?ml$/, 'promotion'],
  [/^holds\/[^/]+\/[^/]+\.ya?ml$/, 'hold'],
  [/^channels\/[^/]+\.ya?ml$/, 'channel'],
] as const;

/** What each first-parent commit after `from` up to `to` took back or changed, oldest first; the caller parses it. */
export async function removalsBetween(
  policyGit: Reader,
  from: CommitId,
  to: CommitId,
): Promise<readonly RemovedFile[]> {
  const removed: RemovedFile[] = [];
  for (const commit of await policyGit.firstParents(from, to)) {
    removed.push(...(await removedBy(policyGit, commit)));
  }
  return removed;
}

async function removedBy(policyGit: Reader, commit: CommitInfo): Promise<readonly RemovedFile[]> {
  const [parent] = commit.parents;
  if (parent === undefined) return [];
  const removed: RemovedFile[] = [];
  for (const path of await policyGit.changedPaths(parent, commit.id)) {
    const kind = kinds.find(([pattern]) => pattern.test(path))?.[1];
    const text = kind === undefined ? undefined : await policyGit.readText(parent, path);
    if (kind === undefined || text === undefined) continue;
    const after = await policyGit.readText(commit.id, path);
    const update = kind === 'promotion' ? await updateText(policyGit, parent, path) : undefined;
    removed.push({
      commit: commit.id,
      parent,
      path,
      kind,
      change: after === undefined ? 'deleted' : 'changed',
      text,
      ...(update === undefined ? {} : { updateText: update }),
    });
  }
  return removed;
}

async function updateText(
  policyGit: Reader,
  commit: CommitId,
  promotion: string,
): Promise<string | undefined> {
  const slug = slugOf(promotion.replace(/^.*\//, '').replace(/\.ya?ml$/, ''));
  return policyGit.readText(commit, `updates/${slug}.yaml`);
}
