import { clockFault } from '../store/index.ts';
import type { GarbageRules } from './garbage-look.ts';
import { type GarbageItem, garbageReport } from './garbage-report.ts';
import type { Installation } from './installation.ts';
import { type Removed, removeGarbage } from './remove-garbage.ts';

export interface Collected {
  /** Everything that was judged; what has no reason to stay is gone now. */
  readonly items: readonly GarbageItem[];
  readonly removed: Removed;
}

/**
 * Removes what nothing names. The policy repository is asked for its newest commit first: it may name again what the
 * accepted one does not. Where it or the forge does not answer, nothing is removed.
 */
export async function collectGarbage(c: Installation, rules: GarbageRules): Promise<Collected> {
  const wrong = clockFault(c.memory().lastTime, c.ports.clock.now());
  if (wrong) throw wrong;
  const newestCommit = await c.ports.policyGit.fetch(c.memory().acceptedHead);
  const items = await garbageReport(c, { ...rules, newestCommit });
  return { items, removed: await removeGarbage(c.ports, c, items) };
}
