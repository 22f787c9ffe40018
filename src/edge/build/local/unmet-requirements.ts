import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../../model/index.ts';
import { dependencyText, packageHeadLength, readPackageHead } from '../../../rpm/index.ts';
import { unmetIn } from './missing-requirements.ts';

/** `rpmbuild` ends so when something is not installed, also what `%generate_buildrequires` named; see its manual. */
const missingRequirements = 11;
const longestHeadBytes = 16 * 1024 * 1024;

/** What a build that ended wants to be installed before it is tried again; nothing where that is not why it ended. */
export async function unmetRequirements(
  exitCode: number | undefined,
  output: { readonly directory: string; readonly log: string },
): Promise<readonly string[]> {
  if (exitCode === 0) return [];
  const named = exitCode === missingRequirements ? await generated(output.directory) : [];
  return [...new Set([...unmetIn(output.log), ...named])];
}

/** rpmbuild writes them as the requirements of a package without sources. */
async function generated(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((n) => n.endsWith('.buildreqs.nosrc.rpm'));
  const found: string[] = [];
  for (const name of names) {
    const bytes = await readFile(join(directory, name));
    const length = packageHeadLength(bytes);
    if (length === undefined || length > longestHeadBytes) continue;
    const file = { sha256: '' as Sha256, sizeBytes: bytes.length };
    const { requires } = readPackageHead(bytes.subarray(0, length), file);
    found.push(...requires.map(dependencyText));
  }
  return found;
}
