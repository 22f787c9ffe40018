import type { Desired } from '../model/index.ts';
import { publicPath, servedNames } from '../store/index.ts';
import type { Installation } from './installation.ts';

/**
 * Ends what an operator allowed to end: public names that no channel has. A channel that takes such a path again is an
 * ordinary one from then on.
 */
export async function retireNames(c: Installation, desired: Desired): Promise<void> {
  if (c.memory().retired.size === 0) return;
  const declared = new Set([...desired.channels.values()].map((channel) => channel.path));
  const served = await servedNames(c.store);
  for (const path of c.memory().retired.keys()) {
    if (declared.has(path)) await c.note('declared-again', { path });
    else if (served.has(path)) await c.store.disk.remove(publicPath(c.store.root, path));
  }
}
