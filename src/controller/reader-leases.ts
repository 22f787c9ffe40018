import type { SnapshotId } from '../model/index.ts';
import { leaseSnapshot, manifestPath } from '../store/index.ts';
import type { Installation } from './installation.ts';

/** A client that stays away for so long has ended, or starts again from what is there. */
const leaseSeconds = 3600;

/**
 * Told every path below `/` that clients ask for; leases the snapshots that they read at their own address. What a
 * channel serves needs none: it stays for as long as old generations do.
 */
export function readerLeases(c: Installation): (path: string) => Promise<void> {
  const leases = new Map<SnapshotId, { readonly until: number; readonly written: Promise<void> }>();
  const written = async (id: SnapshotId): Promise<void> => {
    // Nothing is kept for names that only a client made up.
    if (await c.store.disk.stat(manifestPath(c.store.root, id))) await leaseForReading(c, id);
    else leases.delete(id);
  };
  return async (path) => {
    const hex = /^\/snapshots\/(?:store\/)?([0-9a-f]{64})[/.]/.exec(path)?.[1];
    if (hex === undefined) return;
    const id = `sha256:${hex}` as SnapshotId;
    const now = c.ports.clock.now();
    // Clients come many at once; the first one writes and the others wait for it.
    if ((leases.get(id)?.until ?? 0) <= now + leaseSeconds / 2) {
      const saved = written(id).catch((error) => {
        c.ports.log.emit({ kind: 'warning', text: `no lease for a reader: ${error}` });
      });
      leases.set(id, { until: now + leaseSeconds, written: saved });
    }
    await leases.get(id)?.written;
  };
}

/** The same for a program on this machine that is about to read what a snapshot reaches. */
export async function leaseForReading(c: Installation, id: SnapshotId): Promise<void> {
  await leaseSnapshot(c.store, id, c.ports.clock.now() + leaseSeconds);
}
