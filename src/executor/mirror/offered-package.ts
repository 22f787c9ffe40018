import { Fault, type Nevra, type Sha256, sha256Of } from '../../model/index.ts';
import type { Checksum, PrimaryRecord } from '../../rpm/index.ts';

/** What primary says of a package, and no more than a sync needs: a repository may hold a hundred thousand. */
export interface OfferedPackage {
  readonly nevra: Nevra;
  readonly sha256: Sha256;
  readonly checksum: Checksum;
  readonly sizeBytes: number;
  readonly href: string;
  /** As primary says; only for what can be made again when it is wrong. */
  readonly buildTime: number;
}

/** Strings cut from a document keep all of it in memory; these live for the whole sync and must not. */
export function offeredPackage(record: PrimaryRecord, what: string): OfferedPackage {
  const { nevra, checksum, sizeBytes, buildTime } = record;
  const { name, epoch, version, release, arch } = nevra;
  const own = (text: string): string => Buffer.from(text).toString();
  const sha256 = sha256Of(own(packageDigest(record, what)));
  return {
    nevra: {
      name: own(name),
      epoch,
      version: own(version),
      release: own(release),
      arch: own(arch),
    },
    sha256,
    checksum: { type: checksum.type, hex: sha256 },
    sizeBytes,
    href: own(record.href),
    buildTime,
  };
}

function packageDigest({ checksum, href }: PrimaryRecord, what: string): Sha256 {
  if (checksum.type === 'sha256') return sha256Of(checksum.hex);
  throw new Fault('MetadataInvalid', {
    object: `${what}: ${href}`,
    check: 'packages are named by their SHA-256',
    expected: 'checksum type sha256',
    found: checksum.type,
    fix: 'Ask the upstream to make its metadata with `createrepo_c --checksum sha256`.',
  });
}
