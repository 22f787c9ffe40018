import { randomBytes } from 'node:crypto';
import type { CommitId } from '../../model/index.ts';
import type { PathChange } from '../../ports.ts';
import { commitLinks } from './loose-commits.ts';
import { ifLoose } from './loose-objects.ts';
import type { PolicyPlace } from './policy-place.ts';
import { objectName } from './run-git.ts';

export interface CommitDraft {
  /** Where it is written; the commit keeps no ref there. */
  readonly directory: string;
  readonly parent: string | undefined;
  /** Further parents of a commit that keeps other commits reachable. */
  readonly also?: readonly string[];
  readonly message: string;
  readonly changes: Iterable<PathChange>;
  /** Seconds since 1970; now by default. */
  readonly time?: number;
}

/**
 * Writes a commit with `git fast-import`: any number of files in one stream, no working tree, no index. The same
 * draft at the same time gives the same commit id.
 */
export async function writeCommit(place: PolicyPlace, draft: CommitDraft): Promise<CommitId> {
  const ref = `refs/sluice/work/${randomBytes(8).toString('hex')}`;
  const { directory } = draft;
  const written = await place.git({
    directory,
    args: ['fast-import', '--quiet', '--done', '--date-format=raw'],
    input: stream(place, draft, ref),
  });
  return objectName(written, 'the new commit') as CommitId;
}

function* stream(place: PolicyPlace, draft: CommitDraft, ref: string): Generator<string> {
  const seconds = Math.floor(draft.time ?? place.clock.now());
  const { name, email } = place.identity;
  yield `commit ${ref}\nmark :1\ncommitter ${name.replace(/[<>\n]/g, '')} <${email}> ${seconds} +0000\n`;
  yield data(draft.message.endsWith('\n') ? draft.message : `${draft.message}\n`);
  if (draft.parent !== undefined) yield `from ${draft.parent}\n`;
  for (const parent of draft.also ?? []) yield `merge ${parent}\n`;
  for (const change of draft.changes) {
    if (change.text === undefined) yield `D ${quoted(change.path)}\n`;
    else yield `M 100644 inline ${quoted(change.path)}\n${data(change.text)}`;
  }
  // It answers with the name of the commit, and leaves no ref behind.
  yield `\nget-mark :1\nreset ${ref}\nfrom ${'0'.repeat(40)}\n\ndone\n`;
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

const quoted = (path: string): string =>
  `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;

export async function sameFiles(
  place: PolicyPlace,
  directory: string,
  commits: readonly [CommitId, CommitId],
): Promise<boolean> {
  const treeOf = (commit: CommitId) => commitLinks([directory, place.mirror], commit).tree;
  const same = ifLoose(() => treeOf(commits[0]) === treeOf(commits[1]));
  if (same !== undefined) return same;
  const args = ['diff-tree', '--quiet', '--end-of-options', ...commits];
  return (await place.git({ directory, args, allow: [1] })).exitCode === 0;
}
