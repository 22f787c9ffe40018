import type { MirroredFile } from '../../model/index.ts';
import { leaveToGit, looseOf } from './loose-objects.ts';

export interface Entry {
  readonly name: string;
  readonly mode: string;
  readonly oid: string;
}

/** So many files are listed here; git is faster with more. */
const mostFiles = 500;

export const folder = '40000';
export const submodule = '160000';

/** Every file of a tree and of the folders in it, in git's order. Only where all of them are loose objects. */
export function looseFiles(directories: readonly string[], tree: string): readonly MirroredFile[] {
  const files: MirroredFile[] = [];
  const list = (oid: string, before: string) => {
    for (const entry of entriesOf(directories, oid)) {
      const path = `${before}${entry.name}`;
      if (entry.mode === folder) list(entry.oid, `${path}/`);
      else files.push({ path, mode: modeOf(entry), oid: entry.oid, sizeBytes: sizeOf(entry) });
      if (files.length > mostFiles) leaveToGit(tree);
    }
  };
  const sizeOf = ({ mode, oid }: Entry) =>
    mode === submodule ? 0 : looseOf(directories, oid, 'blob').length;
  list(tree, '');
  return files;
}

function modeOf({ mode }: Entry): MirroredFile['mode'] {
  return mode === '100755' || mode === '120000' || mode === submodule ? mode : '100644';
}

/** Paths below a folder of a tree, which itself need not be there. */
export function loosePaths(
  directories: readonly string[],
  tree: string,
  below: string,
): readonly string[] {
  const paths: string[] = [];
  const list = (oid: string, before: string) => {
    for (const { name, mode, oid: own } of entriesOf(directories, oid)) {
      if (mode === folder) list(own, `${before}${name}/`);
      else paths.push(`${before}${name}`);
    }
  };
  const found = below === '' ? { mode: folder, oid: tree } : entryAt(directories, tree, below);
  if (found?.mode === folder) list(found.oid, below === '' ? '' : `${below}/`);
  return paths;
}

/** The bytes of a file in a tree; undefined where there is none of that path. */
export function looseFile(
  directories: readonly string[],
  tree: string,
  path: string,
): Buffer | undefined {
  const found = entryAt(directories, tree, path);
  if (found === undefined) return undefined;
  return found.mode.startsWith('100') ? looseOf(directories, found.oid, 'blob') : leaveToGit(path);
}

function entryAt(directories: readonly string[], tree: string, path: string): Entry | undefined {
  let at: Entry | undefined = { name: '', mode: folder, oid: tree };
  for (const name of path.split('/')) {
    if (at?.mode !== folder) return undefined;
    at = entriesOf(directories, at.oid).find((e) => e.name === name);
  }
  return at;
}

/** Paths of files that differ between two trees, in git's order. */
export function differingPaths(
  directories: readonly string[],
  [one, other]: readonly [string, string],
): readonly string[] {
  const paths: string[] = [];
  const compare = (left: string | undefined, right: string | undefined, before: string) => {
    const was = keyed(directories, left);
    const is = keyed(directories, right);
    for (const key of [...new Set([...was.keys(), ...is.keys()])].toSorted(byBytes)) {
      const [a, b] = [was.get(key), is.get(key)];
      if (a?.oid === b?.oid && a?.mode === b?.mode) continue;
      if (key.endsWith('/')) compare(a?.oid, b?.oid, `${before}${key}`);
      else paths.push(`${before}${key}`);
    }
  };
  if (one !== other) compare(one, other, '');
  return paths;
}

/** Entries by the names that git orders them by: a folder ends in a slash. */
function keyed(directories: readonly string[], tree: string | undefined) {
  const entries = tree === undefined ? [] : entriesOf(directories, tree);
  return new Map(entries.map((e) => [e.mode === folder ? `${e.name}/` : e.name, e] as const));
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** `mode SP name NUL`, then the twenty bytes of a name, again and again. */
export function entriesOf(directories: readonly string[], oid: string): readonly Entry[] {
  const body = looseOf(directories, oid, 'tree');
  const entries: Entry[] = [];
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at);
    const end = body.indexOf(0, at);
    if (space < at || end < space || end + 21 > body.length) return leaveToGit(oid);
    const mode = body.toString('latin1', at, space);
    const name = body.toString('utf8', space + 1, end);
    entries.push({ name, mode, oid: body.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}
