import { isUtf8 } from 'node:buffer';
import type { CommitId } from '../../model/index.ts';
import type { CommitInfo } from '../../ports.ts';
import { leaveToGit, looseOf } from './loose-objects.ts';

export interface LooseCommit {
  readonly tree: string;
  readonly info: CommitInfo;
}

/** So far is a line of commits followed here. */
const mostCommits = 1000;

const person = String.raw`((?:[^\s<>](?:[^<>\n]*[^\s<>])?)?) <((?:[^\s<>](?:[^<>\n]*[^\s<>])?)?)> (\d{1,12}) [+-]\d{4}`;
const commitHead = new RegExp(
  String.raw`^tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author ${person}\ncommitter ${person}\n`,
);
/** A subject of one line, as `git log` would print it. */
const plainSubject = /^([^\s](?:[^\n]*[^\s])?)(?:\n\n|\n?$)/;

/** A commit with ordinary headers, in UTF-8; every other one is left to git. */
export function looseCommit(directories: readonly string[], id: string): LooseCommit {
  const body = looseOf(directories, id, 'commit');
  const text = isUtf8(body) ? body.toString('utf8') : leaveToGit(id);
  const end = text.indexOf('\n\n');
  const found = commitHead.exec(text);
  const subject = plainSubject.exec(text.slice(end + 2))?.[1];
  if (found === null || end < 0 || subject === undefined) return leaveToGit(id);
  const [head, tree = '', parents = '', author = '', authorEmail = '', , , committerEmail = ''] =
    found;
  if (/^encoding /m.test(text.slice(head.length - 1, end)) || text.includes('\0')) leaveToGit(id);
  const info: CommitInfo = {
    id: id as CommitId,
    parents: parents.match(/[0-9a-f]{40}/g)?.map((p) => p as CommitId) ?? [],
    ...{ author, authorEmail, committerEmail, time: Number(found[8]), subject },
  };
  return { tree, info };
}

/** What a commit names, whatever else it says. */
export function commitLinks(
  directories: readonly string[],
  id: string,
): { readonly tree: string; readonly parents: readonly string[] } {
  const text = looseOf(directories, id, 'commit').toString('latin1');
  const found = /^tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author /.exec(text);
  const [, tree, parents = ''] = found ?? [];
  if (tree === undefined) return leaveToGit(id);
  return { tree, parents: parents.match(/[0-9a-f]{40}/g) ?? [] };
}

/** First-parent commits after `from` up to `to`, oldest first, where `from` is on that line; all of them without one. */
export function looseLine(
  directories: readonly string[],
  from: string | undefined,
  to: string,
): readonly CommitInfo[] {
  const line: CommitInfo[] = [];
  for (let at: string | undefined = to; at !== from; at = line.at(-1)?.parents[0]) {
    // The root, and `from` was not met: it may still be an ancestor by another way.
    if (at === undefined || line.length === mostCommits) return leaveToGit(to);
    line.push(looseCommit(directories, at).info);
  }
  return line.toReversed();
}
