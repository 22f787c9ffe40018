import { join } from 'node:path';
import type { SnapshotId } from '../model/index.ts';
import { hexOf, type Store } from './paths.ts';

const leaseDirectory = (root: string): string => join(root, 'leases');

/**
 * Says that somebody reads a snapshot until then (seconds since 1970): nothing that it reaches is removed before. It
 * ends by the clock, so a reader that dies keeps nothing for ever.
 */
export async function leaseSnapshot(store: Store, id: SnapshotId, until: number): Promise<void> {
  const path = join(leaseDirectory(store.root), hexOf(id));
  // Lost with the power, as its reader is.
  await store.disk.replace(path, `${until}\n`, { durable: false });
}

/** Snapshots that are being read at this time, and until when. */
export async function leasedSnapshots(
  store: Store,
  now: number,
): Promise<ReadonlyMap<SnapshotId, number>> {
  const leased = new Map<SnapshotId, number>();
  for (const [name, until] of await allLeases(store)) {
    if (until > now) leased.set(`sha256:${name}` as SnapshotId, until);
  }
  return leased;
}

/** Clears away what has ended. */
export async function removeEndedLeases(store: Store, now: number): Promise<void> {
  for (const [name, until] of await allLeases(store)) {
    if (until <= now) await store.disk.remove(join(leaseDirectory(store.root), name));
  }
}

async function allLeases(store: Store): Promise<readonly (readonly [string, number])[]> {
  const leases: (readonly [string, number])[] = [];
  for (const name of await store.disk.list(leaseDirectory(store.root))) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const bytes = await store.disk.read(join(leaseDirectory(store.root), name));
    const until = Number(Buffer.from(bytes ?? []).toString());
    // One that cannot be read is over: it is made again by whoever still reads.
    leases.push([name, Number.isFinite(until) ? until : 0]);
  }
  return leases;
}
