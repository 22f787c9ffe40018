import { canonicalDigest, Fault, type Sha256 } from '../model/index.ts';

export interface JournalEntry {
  readonly v: 1;
  /** Counts from 1 over all files. */
  readonly seq: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly kind: string;
  readonly data: unknown;
  /** `hash` of the entry before. */
  readonly prev: Sha256;
  /** SHA-256 over the canonical JSON of all the rest. */
  readonly hash: Sha256;
}

/** `prev` of the first entry. */
export const genesis = '0'.repeat(64) as Sha256;

/** One line of a journal file; undefined when it is not a whole entry with its own digest. */
export function parseLine(line: string): JournalEntry | undefined {
  try {
    const { hash, ...body } = JSON.parse(line) as JournalEntry;
    return body.v === 1 && canonicalDigest(body) === hash ? { ...body, hash } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A whole line of a later format is no damage: it must not be cut off, and an older program does not know what it
 * means. Throws `StateTooNew`.
 */
export function refuseNewer(line: string): void {
  const version = /^\{"v":(\d+),/.exec(line)?.[1];
  if (version === undefined || Number(version) <= 1) return;
  throw new Fault('StateTooNew', {
    object: 'journal',
    check: 'version of its entries',
    expected: '1',
    found: version,
    fix: 'Run the newer Sluice that wrote this state directory; nothing was changed.',
  });
}

export function verifyChain(before: JournalEntry | undefined, entry: JournalEntry): boolean {
  return entry.seq === (before?.seq ?? 0) + 1 && entry.prev === (before?.hash ?? genesis);
}
