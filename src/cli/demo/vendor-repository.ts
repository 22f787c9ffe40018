import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { tool } from './tool.ts';
import type { VendorKey } from './vendor-key.ts';

/** Publishes these packages as a signed yum repository, all at once; its revision only grows. Gives the directory. */
export async function publishRepository(
  directory: string,
  files: readonly string[],
  more: { readonly key: VendorKey; readonly errata: readonly string[] },
): Promise<string> {
  const next = `${directory}.next`;
  await rm(next, { recursive: true, force: true });
  await mkdir(join(next, 'Packages'), { recursive: true });
  for (const file of files) await copyFile(file, join(next, 'Packages', basename(file)));
  const revision = String(await nextRevision(directory));
  const plain = ['--no-database', '--general-compress-type=gz', '--quiet'];
  await tool('createrepo_c', [...plain, '--revision', revision, next]);
  const repodata = join(next, 'repodata');
  if (more.errata.length > 0) {
    const file = join(next, 'updateinfo.xml');
    const text = `<?xml version="1.0"?>\n<updates>\n${more.errata.join('')}</updates>\n`;
    await writeFile(file, text);
    await tool('modifyrepo_c', ['--mdtype', 'updateinfo', '--compress-type=gz', file, repodata]);
    await rm(file);
  }
  await more.key.signDetached(join(repodata, 'repomd.xml'));
  await rm(directory, { recursive: true, force: true });
  await rename(next, directory);
  return directory;
}

async function nextRevision(directory: string): Promise<number> {
  const text = await readFile(join(directory, 'repodata/repomd.xml'), 'utf8').catch(() => '');
  const previous = Number(/<revision>(\d+)<\/revision>/.exec(text)?.[1] ?? 0);
  return Math.max(previous + 1, Math.floor(Date.now() / 1000));
}
