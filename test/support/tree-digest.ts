import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One digest over everything below a directory: paths, kinds, file bytes and symlink targets; not times or modes.
 * `follow` reads through symlinks, which is what a client of the published folder sees.
 */
export async function treeDigest(
  directory: string,
  options: { readonly follow?: boolean } = {},
): Promise<string> {
  const hash = createHash('sha256');
  for (const line of await treeLines(directory, '', options.follow ?? false)) hash.update(line);
  return hash.digest('hex');
}

/** The same as readable lines, `path kind digest`: compare these to see what differs. */
export async function treeLines(
  directory: string,
  below = '',
  follow = false,
): Promise<readonly string[]> {
  const names = (await readdir(join(directory, below))).toSorted();
  const lines = await Promise.all(
    names.map(async (name) => {
      const path = below === '' ? name : `${below}/${name}`;
      return entryLines(directory, path, follow);
    }),
  );
  return lines.flat();
}

async function entryLines(
  directory: string,
  path: string,
  follow: boolean,
): Promise<readonly string[]> {
  const full = join(directory, path);
  const stat = await lstat(full);
  if (stat.isSymbolicLink() && !follow) return [`${path} link ${await readlink(full)}\n`];
  if (stat.isFile()) return [`${path} file ${await fileDigest(full)}\n`];
  const asDirectory = stat.isDirectory() || (stat.isSymbolicLink() && (await isDirectory(full)));
  if (asDirectory) return [`${path} directory\n`, ...(await treeLines(directory, path, follow))];
  return [`${path} ${stat.isSymbolicLink() ? `file ${await fileDigest(full)}` : 'other'}\n`];
}

async function isDirectory(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}

async function fileDigest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
