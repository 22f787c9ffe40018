import { createHash } from 'node:crypto';
import { Fault, nevraText, type PackageEntry } from '../model/index.ts';
import { holdsPackage, keepPackage, packageLocation, stagePackage } from '../store/index.ts';
import type { Installation } from './installation.ts';

/**
 * Copies package bytes that are missing here from another place, by digest: `from` is a URL or folder ending in a
 * slash, below which they are at `ab/<sha256>/<file name>`. Bytes with another digest are refused and not kept.
 */
export async function bringPackages(
  c: Installation,
  missing: readonly PackageEntry[],
  from: string,
): Promise<void> {
  for (const [done, entry] of missing.entries()) {
    c.ports.log.emit({
      kind: 'progress',
      task: 'packages',
      done: done + 1,
      total: missing.length,
      unit: 'packages',
    });
    if (!(await holdsPackage(c.store, entry))) await bringPackage(c, entry, from);
  }
}

async function bringPackage(c: Installation, entry: PackageEntry, from: string): Promise<void> {
  const staged = await stagePackage(c.store);
  const hash = createHash('sha256');
  const limits = { maxBytes: entry.sizeBytes, sizeBytes: entry.sizeBytes };
  try {
    for await (const chunk of c.ports.fetch.open(from + packageLocation(entry), limits)) {
      hash.update(chunk);
      await staged.write(chunk);
    }
    refuseOther(entry, hash.digest('hex'));
  } catch (error) {
    await staged.discard();
    throw error;
  }
  await keepPackage(c.store, staged, entry);
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
