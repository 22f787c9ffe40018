import { basename, join } from 'node:path';
import { Fault, type Sha256, type SnapshotId } from '../model/index.ts';
import type { Ports } from '../ports.ts';
import {
  hexOf,
  type Journal,
  leasedSnapshots,
  privatePlaces,
  publicPath,
  removeEndedLeases,
  type Store,
  stagingDirectory,
} from '../store/index.ts';
import { type GarbageKind, garbageKinds } from './garbage.ts';
import { type GarbageItem, placeOf } from './garbage-report.ts';

/** What a removal did. */
export interface Removed {
  readonly counts: Readonly<Record<GarbageKind, number>>;
  /** Bytes whose last name went. */
  readonly freedBytes: number;
}

/** Things that one journal line names; readers are looked for before each. */
const batchSize = 200;

/**
 * Removes what a report found to be named by nothing, names before the bytes that they reach. Each batch is in the
 * journal before it goes. Killed anywhere, a new report and removal end in the same state. A reader that came since the
 * report stops it: `PlanStale`.
 */
export async function removeGarbage(
  ports: Pick<Ports, 'log' | 'clock'>,
  { store, journal }: { readonly store: Store; readonly journal: Pick<Journal, 'append'> },
  items: readonly GarbageItem[],
): Promise<Removed> {
  const going = items.filter((i) => i.keptBy === undefined);
  const counts = Object.fromEntries(garbageKinds.map((k) => [k, 0])) as Record<GarbageKind, number>;
  await removeEndedLeases(store, ports.clock.now());
  if (going.length === 0) return { counts, freedBytes: 0 };
  await journal.append('gc-begun', { things: going.length });
  let [freedBytes, done] = [0, 0];
  for (const { kind, batch } of batchesOf(going)) {
    await refuseReaders(ports, store, going);
    await journal.append('gc-removing', { kind, names: batch.map((i) => i.name) });
    for (const item of batch) {
      freedBytes += await removeItem(store, item);
      counts[kind] += 1;
      done += 1;
      const unit = 'files' as const;
      ports.log.emit({ kind: 'progress', task: 'gc', done, total: going.length, unit });
    }
  }
  await journal.append('gc-ended', { counts, freedBytes });
  return { counts, freedBytes };
}

function batchesOf(
  items: readonly GarbageItem[],
): readonly { readonly kind: GarbageKind; readonly batch: readonly GarbageItem[] }[] {
  return garbageKinds.flatMap((kind) => {
    const of = items.filter((i) => i.kind === kind);
    const starts = of.map((_, i) => i).filter((i) => i % batchSize === 0);
    return starts.map((start) => ({ kind, batch: of.slice(start, start + batchSize) }));
  });
}

/** Whoever began to read what goes after the report was made is served first. */
async function refuseReaders(
  { clock }: Pick<Ports, 'clock'>,
  store: Store,
  going: readonly GarbageItem[],
): Promise<void> {
  const goes = new Set(going.filter((i) => i.kind !== 'object').map((i) => i.name));
  const leased = await leasedSnapshots(store, clock.now());
  const read = [...leased.keys()].find((id: SnapshotId) => goes.has(hexOf(id)) || goes.has(id));
  if (read === undefined) return;
  throw new Fault('PlanStale', {
    object: read,
    check: 'nobody reads what is removed',
    found: 'somebody began to read it',
    fix: 'Run `sluice gc` again: it keeps that one and removes the rest.',
  });
}

/** Folders with many files leave their place at once, so that nobody finds half of one. */
const asWhole: readonly GarbageKind[] = ['trial', 'generation', 'block'];

/** Returns the bytes that it frees. */
async function removeItem(store: Store, { kind, name }: GarbageItem): Promise<number> {
  const { disk, root } = store;
  const path = placeOf(store, { kind, name });
  if ((await disk.stat(path)) === undefined) return 0;
  if (kind === 'package') {
    for (const place of await privatePlaces(store, name as Sha256)) await disk.remove(place);
  }
  const freed = await lastNamesBytes(store, path);
  if (kind === 'trial') await removeTrialName(store, name);
  if (!asWhole.includes(kind)) await disk.remove(path);
  else {
    const aside = join(stagingDirectory(root), `gc-${kind}-${name.replaceAll('/', '-')}`);
    await disk.remove(aside);
    await disk.rename(path, aside);
    await disk.remove(aside);
  }
  return freed;
}

/** The public name of a proposal goes before the trial that it shows. */
async function removeTrialName({ disk, root }: Store, trial: string): Promise<void> {
  const path = publicPath(root, `proposals/${trial.split('-')[0]}`);
  const target = await disk.readLink(path);
  if (target !== undefined && basename(target) === trial) await disk.remove(path);
}

/** Bytes below a path that no other name reaches. */
async function lastNamesBytes(store: Store, path: string): Promise<number> {
  const found = await store.disk.stat(path);
  if (found?.kind === 'file') return found.links === 1 ? found.sizeBytes : 0;
  if (found?.kind !== 'directory') return 0;
  let sizeBytes = 0;
  for (const name of await store.disk.list(path)) {
    sizeBytes += await lastNamesBytes(store, join(path, name));
  }
  return sizeBytes;
}
