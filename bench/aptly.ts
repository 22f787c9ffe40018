import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debPackage } from './corpus/deb-file.ts';
import { type Measurement, measure } from './measure.ts';

/** A published repository of Debian packages without signatures, whose snapshots can be switched. */
export interface AptlySite {
  /** Publishes what the repository has now, in the place of what was published. */
  readonly switchToNext: () => Promise<Measurement>;
  /** Publishes the snapshot before again. */
  readonly switchBack: () => Promise<Measurement>;
  readonly remove: () => Promise<void>;
}

/** aptly, the neighbour of another package format: `count` packages, ten of which change before the switch. */
export async function aptlySite(directory: string, count: number): Promise<AptlySite> {
  const home = join(directory, 'aptly');
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  const config = join(home, 'aptly.conf');
  await writeFile(
    config,
    JSON.stringify({ rootDir: join(home, 'root'), architectures: ['amd64'] }),
  );
  const aptly = (...args: readonly string[]) =>
    measure({ program: 'aptly', args: [`-config=${config}`, ...args] });
  const publish = ['-distribution=bench', '-skip-signing', '-skip-contents', '-batch'];
  const addDebs = async (indexes: readonly number[], revision: number) => {
    const folder = join(home, `revision-${revision}`);
    await mkdir(folder);
    for (const index of indexes) {
      const { fileName, bytes } = debPackage(index, revision);
      await writeFile(join(folder, fileName), bytes);
    }
    await aptly('repo', 'add', 'bench', folder);
  };
  await aptly('repo', 'create', 'bench');
  await addDebs([...Array(count).keys()], 1);
  await aptly('snapshot', 'create', 'first', 'from', 'repo', 'bench');
  await aptly('publish', 'snapshot', ...publish, 'first');
  const ten = Array.from({ length: 10 }, (_, n) => Math.floor((n + 0.4) * (count / 10)));
  const replaced = ten.map((index) => debPackage(index, 1).fileName.replace(/\.deb$/, ''));
  await aptly('repo', 'remove', 'bench', ...replaced);
  await addDebs(ten, 2);
  await aptly('snapshot', 'create', 'next', 'from', 'repo', 'bench');
  const switchTo = (snapshot: string) => () =>
    aptly('publish', 'switch', '-skip-signing', '-skip-contents', '-batch', 'bench', snapshot);
  return {
    switchToNext: switchTo('next'),
    switchBack: switchTo('first'),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
