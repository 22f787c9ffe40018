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
  const byNevra = groups<T>();
  const byHref = groups<T>();
  const unique: T[] = [];
  const repeated: T[] = [];
  for (const record of records) {
    if (byNevra.add(nevraText(record.nevra), record)) unique.push(record);
    else repeated.push(record);
    byHref.add(record.href, record);
  }
  return { unique, repeated, clashes: byNevra.several(), sharedHrefs: byHref.several() };
}

/** Records with different digests under one key. A list for each key would be made for nothing, nearly always. */
function groups<T extends Named>() {
  const first = new Map<string, T>();
  const more = new Map<string, T[]>();
  return {
    /** false: one of the key has its digest. */
    add: (key: string, record: T): boolean => {
      const before = first.get(key);
      if (before === undefined) {
        first.set(key, record);
        return true;
      }
      const group = more.get(key) ?? [before];
      if (group.some((other) => other.checksum.hex === record.checksum.hex)) return false;
      group.push(record);
      more.set(key, group);
      return true;
    },
    several: (): readonly (readonly T[])[] => [...more.values()],
  };
}
