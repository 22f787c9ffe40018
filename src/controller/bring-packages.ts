import { createHash } from 'node:crypto';
import { Fault, nevraText, type PackageEntry } from '../model/index.ts';
import {
  keepPackages,
  missingPackages,
  packageLocation,
  type StagedPackage,
  stagePackage,
} from '../store/index.ts';
import type { Installation } from './installation.ts';

/** Packages that are flushed together, and transfers at a time. */
const together = 256;
const atOnce = 8;

/**
 * Copies package bytes that are missing here from another place, by digest: `from` is a URL or folder ending in a
 * slash, below which they are at `ab/<sha256>/<file name>`. Bytes with another digest are refused and not kept.
 */
export async function bringPackages(
  c: Installation,
  missing: readonly PackageEntry[],
  from: string,
): Promise<void> {
  let done = 0;
  const brought = (): void => {
    done += 1;
    const count = { done, total: missing.length, unit: 'packages' } as const;
    c.ports.log.emit({ kind: 'progress', task: 'packages', ...count });
  };
  for (let at = 0; at < missing.length; at += together) {
    const some = missing.slice(at, at + together);
    const absent = await missingPackages(c.store, some);
    for (let held = absent.length; held < some.length; held += 1) brought();
    await bringSome(c, absent, { from, brought });
  }
}

/** What came whole is kept, also where something else did not come. */
async function bringSome(
  c: Installation,
  entries: readonly PackageEntry[],
  { from, brought }: { readonly from: string; readonly brought: () => void },
): Promise<void> {
  const staged: StagedPackage[] = [];
  const queue = entries.values();
  let failed: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (const entry of queue) {
      if (failed !== undefined) return;
      try {
        staged.push({ path: await stageOne(c, entry, from), entry });
        brought();
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  await keepPackages(c.store, staged);
  if (failed !== undefined) throw failed.error;
}

/** The path of its staged bytes. */
async function stageOne(c: Installation, entry: PackageEntry, from: string): Promise<string> {
  const staged = await stagePackage(c.store);
  const hash = createHash('sha256');
  const limits = { maxBytes: entry.sizeBytes, sizeBytes: entry.sizeBytes };
  try {
    for await (const chunk of c.ports.fetch.open(from + packageLocation(entry), limits)) {
      hash.update(chunk);
      await staged.write(chunk);
    }
    refuseOther(entry, hash.digest('hex'));
    await staged.leave();
    return staged.path;
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

function refuseOther(entry: PackageEntry, found: string): void {
  if (found === entry.sha256) return;
  throw new Fault('ChecksumMismatch', {
    object: nevraText(entry),
    check: 'digest of the bytes that were offered',
    expected: `sha256 ${entry.sha256}`,
    found: `sha256 ${found}`,
    fix: 'Take the packages from another place; nothing was kept of this one.',
  });
}
