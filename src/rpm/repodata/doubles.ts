import { type Nevra, nevraText } from '../../model/index.ts';
import type { Checksum } from './checksum.ts';

interface Named {
  readonly nevra: Nevra;
  readonly checksum: Checksum;
  readonly href: string;
}

export interface Doubles<T> {
  /** One record per NEVRA and digest, in the order given; those of `clashes` are among them. */
  readonly unique: readonly T[];
  /** Records that only repeat a NEVRA and digest. */
  readonly repeated: readonly T[];
  /** One NEVRA with several digests: all of them. */
  readonly clashes: readonly (readonly T[])[];
  /** One location with several digests: all of them. */
  readonly sharedHrefs: readonly (readonly T[])[];
}

/** Finds packages that an upstream offers twice. */
export function findDoubles<T extends Named>(records: Iterable<T>): Doubles<T> {
  const byNevra = new Map<string, T[]>();
  const byHref = new Map<string, T[]>();
  const unique: T[] = [];
  const repeated: T[] = [];
  for (const record of records) {
    const twins = groupAt(byNevra, nevraText(record.nevra));
    const differs = (other: T) => other.checksum.hex !== record.checksum.hex;
    if (!twins.every(differs)) {
      repeated.push(record);
    } else {
      twins.push(record);
      unique.push(record);
    }
    const sharing = groupAt(byHref, record.href);
    if (sharing.every(differs)) sharing.push(record);
  }
  const several = (group: readonly T[]) => group.length > 1;
  return {
    unique,
    repeated,
    clashes: [...byNevra.values()].filter(several),
    sharedHrefs: [...byHref.values()].filter(several),
  };
}

function groupAt<T>(groups: Map<string, T[]>, key: string): T[] {
  const group = groups.get(key) ?? [];
  groups.set(key, group);
  return group;
}
