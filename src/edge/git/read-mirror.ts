import * as fs from 'node:fs';
import { type CommitId, Fault, type MirroredFile } from '../../model/index.ts';
import { largestFileBytes } from '../../policy/index.ts';
import type { CommitInfo } from '../../ports.ts';
import { looseCommit, looseLine } from './loose-commits.ts';
import { ifLoose, looseOf } from './loose-objects.ts';
import { differingPaths, looseFiles } from './loose-trees.ts';
import type { PolicyPlace } from './policy-place.ts';
import { refsOnDisk } from './refs-on-disk.ts';
import { objectName, objectNameIn } from './run-git.ts';

const keptTrees = 8;
const keptTextBytes = 64 * 1024 * 1024;

/** Reads of one tree repeat a lot within a pass; object names never change their meaning, so they can be kept. */
export function mirrorReader(place: PolicyPlace) {
  const trees = new Map<CommitId, Promise<ReadonlyMap<string, MirroredFile>>>();
  const texts = new Map<string, string>();
  let textBytes = 0;
  let cache = {};
  const tree = (commit: CommitId) => {
    const found = trees.get(commit) ?? listTree(place, commit);
    trees.delete(commit);
    trees.set(commit, found);
    found.catch(() => trees.delete(commit));
    const oldest = trees.keys().next().value;
    if (trees.size > keptTrees && oldest !== undefined) trees.delete(oldest);
    return found;
  };
  return {
    files: async (commit: CommitId): Promise<readonly MirroredFile[]> => [
      ...(await tree(commit)).values(),
    ],
    readText: async (commit: CommitId, path: string): Promise<string | undefined> => {
      const entry = (await tree(commit)).get(path);
      if (entry === undefined || !entry.mode.startsWith('100')) return undefined;
      const known = texts.get(entry.oid);
      if (known !== undefined) return known;
      if (entry.sizeBytes > largestFileBytes) throw tooLarge(entry);
      const text = new TextDecoder().decode(await readBlob(place, entry, cache));
      textBytes += text.length;
      if (textBytes <= keptTextBytes) texts.set(entry.oid, text);
      return text;
    },
    /** New packs arrive with a fetch; what was indexed before is read again. */
    forget: () => {
      cache = {};
      if (textBytes <= keptTextBytes) return;
      texts.clear();
      textBytes = 0;
    },
  };
}

const tooLarge = ({ path, sizeBytes }: MirroredFile): Fault =>
  new Fault('PolicyUnreadable', {
    object: path,
    check: 'a file of the policy has an ordinary size',
    expected: `at most ${largestFileBytes} bytes`,
    found: `${sizeBytes} bytes`,
    fix: 'Put what is large somewhere else, or below a folder that is no policy.',
  });

async function readBlob(
  place: PolicyPlace,
  entry: MirroredFile,
  cache: object,
): Promise<Uint8Array> {
  const { oid } = entry;
  const loose = ifLoose(() => looseOf([place.mirror], oid, 'blob'));
  if (loose !== undefined) return loose;
  try {
    const isomorphic = await import('isomorphic-git');
    return (await isomorphic.readBlob({ fs, gitdir: place.mirror, oid, cache })).blob;
  } catch (error) {
    throw new Fault('MirrorDamaged', {
      object: `${place.mirror} ${entry.path}`,
      check: 'an accepted file can be read from the mirror of the policy repository',
      found: error instanceof Error ? `${error.name}: ${error.message.slice(-200)}` : 'an error',
      fix: 'Run `sluice reconcile`: it fetches the mirror anew.',
      cause: error,
    });
  }
}

async function listTree(
  place: PolicyPlace,
  commit: CommitId,
): Promise<ReadonlyMap<string, MirroredFile>> {
  const here = [place.mirror];
  const loose = ifLoose(() => looseFiles(here, looseCommit(here, commit).tree));
  if (loose !== undefined) return new Map(loose.map((e) => [e.path, e] as const));
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', '--end-of-options', commit];
  const answer = await place.git({ directory: place.mirror, args });
  const lines = answer.stdout.toString('utf8').split('\0').filter(Boolean);
  return new Map(lines.map(treeEntry).map((e) => [e.path, e] as const));
}

function treeEntry(line: string): MirroredFile {
  const tab = line.indexOf('\t');
  const [mode = '', , oid = '', size = ''] = line.slice(0, tab).split(/ +/);
  const known = mode === '100755' || mode === '120000' || mode === '160000' ? mode : '100644';
  return { path: line.slice(tab + 1), mode: known, oid, sizeBytes: Number(size) || 0 };
}

const format = '%H%x1f%P%x1f%an%x1f%ae%x1f%ce%x1f%ct%x1f%s';

/** First-parent commits that `to` has and `from` has not, oldest first. */
export async function firstParents(
  place: PolicyPlace,
  from: CommitId | undefined,
  to: CommitId,
): Promise<readonly CommitInfo[]> {
  const loose = ifLoose(() => looseLine([place.mirror], from, to));
  if (loose !== undefined) return loose;
  const known = from === undefined ? [] : [`^${from}`];
  const args = ['log', '-z', '--first-parent', '--reverse', '--no-mailmap', `--format=${format}`];
  const answer = await place.git({
    directory: place.mirror,
    args: [...args, '--end-of-options', to, ...known, '--'],
  });
  return answer.stdout.toString('utf8').split('\0').filter(Boolean).map(commitInfo);
}

/** A file's bytes, whole; its size is the caller's business. */
export async function readBytes(place: PolicyPlace, { oid }: MirroredFile): Promise<Uint8Array> {
  const args = ['cat-file', 'blob', objectNameIn(oid, 'a file')];
  return (await place.git({ directory: place.mirror, args })).stdout;
}

/** The newest commit on the first-parent line of `commit` that changed one of the paths, which are not patterns. */
export async function lastChange(
  place: PolicyPlace,
  commit: CommitId,
  paths: readonly string[],
): Promise<CommitInfo> {
  const args = ['log', '-z', '-1', '--first-parent', '--no-mailmap', `--format=${format}`];
  const answer = await place.git({
    directory: place.mirror,
    args: ['--literal-pathspecs', ...args, '--end-of-options', commit, '--', ...paths],
  });
  return commitInfo(answer.stdout.toString('utf8').replace(/\0$/, ''));
}

export async function oneCommit(place: PolicyPlace, id: CommitId): Promise<CommitInfo> {
  const loose = ifLoose(() => looseCommit([place.mirror], id).info);
  if (loose !== undefined) return loose;
  const args = ['log', '-z', '-1', '--no-mailmap', `--format=${format}`, '--end-of-options', id];
  const answer = await place.git({ directory: place.mirror, args: [...args, '--'] });
  return commitInfo(answer.stdout.toString('utf8').replace(/\0$/, ''));
}

function commitInfo(line: string): CommitInfo {
  const [id = '', parents = '', author = '', authorEmail = '', committerEmail = '', time, ...rest] =
    line.split('\u001f');
  return {
    id: id as CommitId,
    parents: parents.split(' ').filter(Boolean) as CommitId[],
    author,
    authorEmail,
    committerEmail,
    time: Number(time),
    subject: rest.join('\u001f'),
  };
}

export async function isAncestor(
  place: PolicyPlace,
  ancestor: CommitId,
  commit: CommitId,
): Promise<boolean> {
  if (isOnLine(place, ancestor, commit)) return true;
  const args = ['merge-base', '--is-ancestor', ancestor, commit];
  const answer = await place.git({ directory: place.mirror, args, allow: [1] });
  return answer.exitCode === 0;
}

/** A first parent of a first parent … of the commit, where all of them are loose; most ancestors that are asked for are. */
export function isOnLine(place: PolicyPlace, ancestor: string, commit: string): boolean {
  const line = () => looseLine([place.clone, place.mirror], ancestor, commit);
  return ifLoose(line) !== undefined;
}

export async function resolveRevision(
  place: PolicyPlace,
  revision: string,
): Promise<CommitId | undefined> {
  if (ifLoose(() => looseOf([place.mirror], revision, 'commit'))) return revision as CommitId;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const answer = await place.git({ directory: place.mirror, args, allow: [1, 128] });
  return answer.exitCode === 0 ? (objectName(answer, revision) as CommitId) : undefined;
}

export async function changedPaths(
  place: PolicyPlace,
  from: CommitId,
  to: CommitId,
): Promise<readonly string[]> {
  const here = [place.mirror];
  const treeOf = (commit: CommitId) => looseCommit(here, commit).tree;
  const loose = ifLoose(() => differingPaths(here, [treeOf(from), treeOf(to)]));
  if (loose !== undefined) return loose;
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--end-of-options'];
  const answer = await place.git({ directory: place.mirror, args: [...args, from, to] });
  return answer.stdout.toString('utf8').split('\0').filter(Boolean);
}

/** Ref name → object name, below a prefix. */
export async function refsOf(
  place: PolicyPlace,
  directory: string,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const read = await refsOnDisk(directory, [prefix.replace(/\/$/, '')]);
  if (read !== undefined) return read;
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', prefix];
  const answer = await place.git({ directory, args });
  const lines = answer.stdout.toString('utf8').split('\n').filter(Boolean);
  const space = (line: string) => line.indexOf(' ');
  return new Map(lines.map((l) => [l.slice(space(l) + 1), l.slice(0, space(l))] as const));
}
