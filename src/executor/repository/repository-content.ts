import type { SnapshotId, TreeContent } from '../../model/index.ts';
import type { ServedContent } from './signed-content.ts';

/** What a repository is written of. Where another one has the same trees, its digest is enough and no tree is asked for. */
export interface RepositoryContent {
  readonly id: SnapshotId;
  /** By name. */
  readonly trees: ReadonlyMap<string, () => Promise<TreeContent>>;
  /** The trees hold signed forms. */
  readonly isSigned?: true;
}

/** A content that has been read already. */
export function contentAtHand({
  id,
  trees,
  isSigned,
}: Pick<ServedContent, 'id' | 'trees' | 'isSigned'>): RepositoryContent {
  const asked = new Map([...trees].map(([name, tree]) => [name, async () => tree]));
  return { id, trees: asked, ...(isSigned ? { isSigned } : {}) };
}
