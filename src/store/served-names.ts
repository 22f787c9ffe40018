import { join } from 'node:path';
import { generationName } from './generations.ts';
import { publicPath, type Store } from './paths.ts';
import { pointedAt } from './pointer.ts';

/** Not channels: they have addresses of their own. */
const otherNames = ['proposals', 'snapshots'];

/** Every path below `public/` that serves a generation as a channel does: path → `<channel>/<number>`. */
export async function servedNames(store: Store): Promise<ReadonlyMap<string, string>> {
  const served = new Map<string, string>();
  const look = async (path: string): Promise<void> => {
    const found = await store.disk.stat(publicPath(store.root, path));
    if (found?.kind === 'symlink') {
      const pointed = await pointedAt(store, path);
      if (pointed) served.set(path, generationName(pointed));
    }
    if (found?.kind !== 'directory') return;
    for (const name of await store.disk.list(publicPath(store.root, path))) {
      if (path !== '' || !otherNames.includes(name)) await look(join(path, name));
    }
  };
  await look('');
  return served;
}
