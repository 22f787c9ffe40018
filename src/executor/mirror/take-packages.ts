import {
  Fault,
  fileNameOf,
  nevraText,
  type PackageEntry,
  type RefusedPackage,
  type Sha256,
} from '../../model/index.ts';
import { missingPackages } from '../../store/index.ts';
import { bringMissing } from './bring-missing.ts';
import { examineHeld } from './download-package.ts';
import type { Sync } from './job.ts';
import type { Excuse } from './judge-package.ts';
import type { OfferedPackage } from './offered-package.ts';
import { refusedOf } from './take-order.ts';

export interface TakenPackages {
  readonly entries: readonly PackageEntry[];
  readonly refused: readonly RefusedPackage[];
  readonly excused: readonly Excuse[];
}

/** What an earlier sync under the same rules found out; empty when the rules have changed. */
export interface Known {
  readonly entries: ReadonlyMap<Sha256, PackageEntry>;
  readonly refused: ReadonlyMap<Sha256, RefusedPackage>;
  readonly excused: ReadonlyMap<Sha256, readonly Excuse[]>;
}

/** Every wanted package: taken over where it is known and held, judged where it is held, downloaded otherwise. */
export async function takePackages(
  sync: Sync,
  {
    addresses,
    wanted,
    known,
  }: {
    readonly addresses: readonly string[];
    readonly wanted: readonly OfferedPackage[];
    readonly known: Known;
  },
): Promise<TakenPackages> {
  const entries: PackageEntry[] = [];
  const refused: RefusedPackage[] = [];
  const excused: Excuse[] = [];
  const missing: OfferedPackage[] = [];
  const absent = await absentOf(sync, wanted, known);
  for (const offered of wanted) {
    const before = known.refused.get(offered.sha256);
    const entry = known.entries.get(offered.sha256);
    if (before !== undefined) refused.push(before);
    else if (absent.has(offered.sha256)) missing.push(offered);
    else if (entry !== undefined && nevraText(entry) === nevraText(offered.nevra)) {
      entries.push(entry);
      excused.push(...(known.excused.get(entry.sha256) ?? []));
    } else {
      const examined = await examineHeld(sync, offered);
      if (examined === undefined) missing.push(offered);
      else if (examined.judgement.kind === 'refused') refused.push(refusedOf(examined));
      else {
        entries.push(examined.entry);
        excused.push(...examined.judgement.excused);
      }
    }
  }
  await checkRoom(sync, missing);
  const brought = await bringMissing(sync, { addresses, wanted, missing });
  return {
    entries: [...entries, ...brought.entries],
    refused: [...refused, ...brought.refused],
    excused: [...excused, ...brought.excused],
  };
}

/** What the store does not have yet. */
async function absentOf(
  sync: Sync,
  wanted: readonly OfferedPackage[],
  { entries }: Known,
): Promise<ReadonlySet<Sha256>> {
  const files = wanted.map((one) => {
    const entry = entries.get(one.sha256);
    if (entry !== undefined && fileNameOf(entry) === fileNameOf(one.nevra)) return entry;
    return { ...one.nevra, sha256: one.sha256, sizeBytes: one.sizeBytes };
  });
  const missing = await missingPackages(sync.store, files);
  return new Set(missing.map((one) => one.sha256));
}

const reserveBytes = 64 << 20;

/** Better no beginning than a full disk at the end. */
async function checkRoom(sync: Sync, missing: readonly OfferedPackage[]): Promise<void> {
  if (missing.length === 0) return;
  const { disk, root } = sync.store;
  await disk.makeDirectory(root);
  const needed = missing.reduce((sum, p) => sum + p.sizeBytes, reserveBytes);
  const free = await disk.freeBytes(root);
  if (free >= needed) return;
  throw new Fault('DiskFull', {
    object: root,
    check: `room for ${missing.length} packages of ${sync.upstream.name}`,
    expected: `${needed} bytes`,
    found: `${free} bytes`,
    fix: 'Free some space there, or choose fewer packages with include and exclude.',
  });
}
