import { join } from 'node:path';
import { buildDirectory, type Store } from '../../store/index.ts';

/** The log that one attempt at a build left, as it was kept: its control characters are visible text already. */
export async function buildLog(
  store: Store,
  key: string,
  attempt: number,
): Promise<string | undefined> {
  const bytes = await store.disk.read(join(buildDirectory(store.root, key, attempt), 'build.log'));
  return bytes && new TextDecoder().decode(bytes);
}
