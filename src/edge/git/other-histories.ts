import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const files = {
  grafts: ['info', 'grafts'],
  'a shallow mark': ['shallow'],
  alternates: ['objects', 'info', 'alternates'],
} as const;

/**
 * Means by which a bare repository could tell another history than its commits do. No git that is started here obeys
 * them, but nobody put them there by chance.
 */
export async function otherHistories(directory: string): Promise<readonly string[]> {
  const found = (await hasReplacements(directory)) ? ['replace refs'] : [];
  for (const [name, path] of Object.entries(files)) {
    if ((await textOf(join(directory, ...path))) !== undefined) found.push(name);
  }
  return found;
}

/** Read as files: a damaged repository, of which git says nothing, is looked at too. */
async function hasReplacements(directory: string): Promise<boolean> {
  const loose = await readdir(join(directory, 'refs', 'replace')).catch(() => []);
  const packed = (await textOf(join(directory, 'packed-refs'))) ?? '';
  return loose.length > 0 || packed.includes(' refs/replace/');
}

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'latin1').catch(() => undefined);
