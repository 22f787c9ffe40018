import {
  Fault,
  nevraText,
  type PackageEntry,
  type RefusedPackage,
  type Sha256,
} from '../../model/index.ts';
import { missingPackages } from '../../store/index.ts';
import { downloadPackage, type Examined, examineHeld } from './download-package.ts';
import type { Sync } from './job.ts';
import type { Excuse } from './judge-package.ts';
import { newBlocks } from './new-blocks.ts';
import type { OfferedPackage } from './offered-package.ts';
import { transferProgress } from './transfer-progress.ts';
import { upstreamFiles } from './upstream-files.ts';

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

const parallel = 8;

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
  const note = ({ entry, judgement }: Examined): void => {
    if (judgement.kind === 'accepted') {
      entries.push(entry);
      excused.push(...judgement.excused);
    } else {
      const { sha256, name, epoch, version, release, arch } = entry;
      const nevra = { name, epoch, version, release, arch };
      refused.push({ nevra, sha256, fault: judgement.fault.toJSON() });
    }
  };
  const absent = await absentOf(sync, wanted);
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
      else note(examined);
    }
  }
  const blocks = newBlocks(sync.store, wanted, missing);
  await downloadAll(sync, { addresses, missing: blocks.inOrder }, async (examined) => {
    note(examined);
    if (examined.judgement.kind === 'accepted') await blocks.add(examined.detail);
  });
  return { entries, refused, excused };
}

/** What the store does not have yet. */
async function absentOf(
  sync: Sync,
  wanted: readonly OfferedPackage[],
): Promise<ReadonlySet<Sha256>> {
  const files = wanted.map(({ nevra, sha256, sizeBytes }) => ({ ...nevra, sha256, sizeBytes }));
  const missing = await missingPackages(sync.store, files);
  return new Set(missing.map((one) => one.sha256));
}

/** The first thing that goes wrong ends every transfer; what was kept until then is held by its digest. */
async function downloadAll(
  sync: Sync,
  {
    addresses,
    missing,
  }: { readonly addresses: readonly string[]; readonly missing: readonly OfferedPackage[] },
  note: (examined: Examined) => Promise<void>,
): Promise<void> {
  await checkRoom(sync, missing);
  const stop = new AbortController();
  const progress = transferProgress(sync, missing);
  const from = { addresses, signal: stop.signal };
  const files = progress.watch(upstreamFiles(sync.ports, sync.upstream, from));
  const queue = missing.values();
  const work = async (): Promise<void> => {
    for (const offered of queue) {
      if (stop.signal.aborted) return;
      await note(await downloadPackage(sync, files, offered));
    }
  };
  const workers = Array.from({ length: Math.min(parallel, missing.length) }, () =>
    work().catch((error) => stop.abort(error)),
  );
  await Promise.all(workers);
  if (stop.signal.aborted) throw stop.signal.reason;
  progress.end();
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
