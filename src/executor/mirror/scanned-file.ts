import { createHash } from 'node:crypto';
import { type PackageDetail, sha256Of } from '../../model/index.ts';
import { packageScanner } from '../../rpm/index.ts';
import type { OfferedPackage } from './offered-package.ts';

/** What the header of a file says, which no metadata told of. Throws `PackageInvalid`. */
export async function scannedFile(
  bytes: AsyncIterable<Uint8Array>,
  href: string,
): Promise<{ readonly offered: OfferedPackage; readonly detail: PackageDetail }> {
  const scanner = packageScanner();
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    scanner.push(chunk);
  }
  const { detail } = scanner.finish();
  const { name, epoch, version, release, arch, sizeBytes, buildTime } = detail;
  const sha256 = sha256Of(hash.digest('hex'));
  const nevra = { name, epoch, version, release, arch };
  const offered = {
    nevra,
    sha256,
    checksum: { type: 'sha256', hex: sha256 },
    sizeBytes,
    href,
    buildTime,
  } as const;
  return { offered, detail };
}
