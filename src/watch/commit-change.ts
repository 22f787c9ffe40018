import type { CommitId } from '../model/index.ts';
import {
  alsoNeeded,
  type CommitChange,
  isReadAsPolicy,
  largestFileBytes,
} from '../policy/index.ts';
import type { PolicyGit } from '../ports.ts';

type Reader = Pick<PolicyGit, 'changedPaths' | 'files' | 'readText'>;

/** What a commit changes against its first parent, with the texts that tell what it means. */
export async function commitChange(
  policyGit: Reader,
  between: {
    readonly parent: CommitId;
    readonly commit: CommitId;
    readonly paths: readonly string[];
  },
  accessKeys: ReadonlySet<string>,
): Promise<CommitChange> {
  const { parent, commit, paths } = between;
  const wanted = [...new Set([...paths, ...alsoNeeded(paths)])].filter(isReadAsPolicy);
  const files = await policyGit.files(commit);
  return {
    paths,
    before: await textsOf(policyGit, parent, wanted),
    after: await textsOf(policyGit, commit, wanted),
    promotions: files.map((f) => f.path).filter((path) => path.startsWith('promotions/')),
    accessKeys,
  };
}

/** A path that policy is read from and that is too large, or no regular file any more: nothing is followed. */
export async function oddFile(
  policyGit: Reader,
  commit: CommitId,
  paths: readonly string[],
): Promise<string | undefined> {
  const changed = new Set(paths);
  const files = (await policyGit.files(commit)).filter((f) => changed.has(f.path));
  const large = files.find((f) => f.sizeBytes > largestFileBytes && isReadAsPolicy(f.path));
  if (large !== undefined) {
    return `${large.path} is ${large.sizeBytes} bytes large, and ${largestFileBytes} are read at most`;
  }
  const odd = files.find((f) => !f.mode.startsWith('100') && mayBePolicy(f.path));
  if (odd === undefined) return undefined;
  return `${odd.path} is ${odd.mode === '120000' ? 'a symbolic link' : 'a submodule'}; nothing in a policy repository is followed`;
}

/** A link may also stand for a whole folder: `promotions` itself. */
const mayBePolicy = (path: string): boolean =>
  isReadAsPolicy(path) || isReadAsPolicy(`${path}/x.yaml`) || isReadAsPolicy(`${path}/x/x.yaml`);

async function textsOf(
  policyGit: Reader,
  commit: CommitId,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const path of paths) {
    const text = await policyGit.readText(commit, path);
    if (text !== undefined) texts.set(path, text);
  }
  return texts;
}
