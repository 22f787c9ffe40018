import { join } from 'node:path';
import { canonicalDigest, Fault } from '../model/index.ts';
import type { Clock, Disk } from '../ports.ts';
import { clockFault } from './journal-clock.ts';
import { genesis, type JournalEntry, parseLine, refuseNewer, verifyChain } from './journal-line.ts';

export type { JournalEntry } from './journal-line.ts';

/** Everything this installation did, in order. Only grows; every entry carries the digest of the one before. */
export interface Journal {
  /** What opening had to mend, for people: a torn last line. */
  readonly notes: readonly string[];
  /** On disk when the promise settles. Throws `ClockImplausible` and then has recorded nothing. */
  append(kind: string, data: object): Promise<JournalEntry>;
  /** Oldest first. */
  entries(kind?: string): readonly JournalEntry[];
}

const entriesPerFile = 1000;

/**
 * Opens and checks a journal. A torn or damaged last line is what a crash leaves: it is cut off and noted. Damage
 * anywhere else (also a missing or swapped file) throws `JournalDamaged`.
 */
export async function openJournal(disk: Disk, directory: string, clock: Clock): Promise<Journal> {
  const { entries, notes, lastFileBytes } = await readAll(disk, directory);
  const tail: Tail = { sizeBytes: lastFileBytes, state: 'clean' };
  let queue: Promise<unknown> = Promise.resolve();
  return {
    notes,
    entries: (kind) => (kind === undefined ? [...entries] : entries.filter((e) => e.kind === kind)),
    append: (kind, data) => {
      // One at a time: the digest of an entry enters the next one.
      const next = queue.then(() => {
        const time = clock.now();
        const wrong = setsClock(kind, data)
          ? undefined
          : clockFault(entries.at(-1)?.time ?? 0, time);
        if (wrong) throw wrong;
        const entry = entryAfter(entries.at(-1), kind, { data, time });
        return appendEntry({ disk, directory, tail, entries }, entry);
      });
      queue = next.catch(() => undefined);
      return next;
    },
  };
}

/** An operator's word that the clock is right: time counts from there. */
const setsClock = (kind: string, data: object): boolean =>
  kind === 'acknowledged' && 'what' in data && data.what === 'clock';

interface Tail {
  /** Bytes of the newest file that are known to be good. */
  sizeBytes: number;
  /** `dirty`: a half line may follow them; `broken`: an fsync failed, so nothing is known of the file any more. */
  state: 'clean' | 'dirty' | 'broken';
}

interface OpenJournal {
  readonly disk: Disk;
  readonly directory: string;
  readonly tail: Tail;
  readonly entries: JournalEntry[];
}

function entryAfter(
  last: JournalEntry | undefined,
  kind: string,
  { data, time }: { readonly data: object; readonly time: number },
): JournalEntry {
  const seq = (last?.seq ?? 0) + 1;
  const body = { v: 1, seq, time, kind, data, prev: last?.hash ?? genesis } as const;
  return { ...body, hash: canonicalDigest(body) };
}

async function appendEntry(journal: OpenJournal, entry: JournalEntry): Promise<JournalEntry> {
  const { disk, tail } = journal;
  const path = join(journal.directory, fileName(entry.seq));
  const line = `${JSON.stringify(entry)}\n`;
  if (tail.state === 'broken') throw unusable(path);
  const startsFile = entry.seq % entriesPerFile === 1;
  if (startsFile && tail.state === 'clean') tail.sizeBytes = 0;
  if (tail.state === 'dirty') await disk.truncate(path, tail.sizeBytes);
  tail.state = 'dirty';
  try {
    await disk.append(path, line);
  } catch (error) {
    // Without room the half line is cut off before the next entry; after any other error the file is left alone.
    if (!(error instanceof Fault && error.code === 'DiskFull')) tail.state = 'broken';
    else if ((await disk.stat(path)) === undefined) tail.state = 'clean';
    throw error;
  }
  tail.state = 'clean';
  tail.sizeBytes += Buffer.byteLength(line);
  journal.entries.push(entry);
  return entry;
}

function fileName(seq: number): string {
  return `${String(Math.ceil(seq / entriesPerFile)).padStart(6, '0')}.log`;
}

async function readAll(disk: Disk, directory: string) {
  const names = (await disk.list(directory)).filter((n) => /^\d{6,}\.log$/.test(n));
  const entries: JournalEntry[] = [];
  const notes: string[] = [];
  let lastFileBytes = 0;
  for (const [index, name] of names.entries()) {
    const path = join(directory, name);
    if (name !== fileName(index * entriesPerFile + 1))
      throw damage(path, 'a file before it is missing');
    const bytes = Buffer.from((await disk.read(path)) ?? []);
    const { good, goodBytes } = readFile(path, bytes, entries.at(-1));
    entries.push(...good);
    lastFileBytes = goodBytes;
    const isLast = index === names.length - 1;
    if (!isLast && good.length !== entriesPerFile)
      throw damage(path, `${good.length} whole entries`);
    if (goodBytes < bytes.length) {
      await cutTail(disk, path, { bytes, goodBytes });
      notes.push(`${name}: cut off ${bytes.length - goodBytes} bytes of an unfinished last entry`);
    }
  }
  return { entries, notes, lastFileBytes };
}

/** Entries up to the first bad line. */
function readFile(path: string, bytes: Buffer, before: JournalEntry | undefined) {
  const good: JournalEntry[] = [];
  let goodBytes = 0;
  while (goodBytes < bytes.length) {
    const end = bytes.indexOf(0x0a, goodBytes);
    const line = end < 0 ? '' : bytes.toString('utf8', goodBytes, end);
    const entry = parseLine(line);
    if (!entry) refuseNewer(line);
    if (!entry || !verifyChain(good.at(-1) ?? before, entry)) break;
    if (fileName(entry.seq) !== path.slice(path.lastIndexOf('/') + 1)) break;
    good.push(entry);
    goodBytes = end + 1;
  }
  return { good, goodBytes };
}

async function cutTail(
  disk: Disk,
  path: string,
  { bytes, goodBytes }: { readonly bytes: Buffer; readonly goodBytes: number },
): Promise<void> {
  const end = bytes.indexOf(0x0a, goodBytes);
  // Only the very last line can be the trace of a crash: every line before it was fsynced as a whole.
  if (end >= 0 && end !== bytes.length - 1) throw damage(path, `a bad line at byte ${goodBytes}`);
  await disk.truncate(path, goodBytes);
}

function damage(path: string, found: string): Fault {
  return new Fault('JournalDamaged', {
    object: path,
    check: 'hash chain of the journal',
    expected: 'entries in one unbroken chain from the first',
    found,
    fix: 'What is published stays as it is. Restore <state>/journal from a backup, or move the whole state directory aside and reconcile: it is rebuilt from the policy repository and the package bytes.',
  });
}

function unusable(path: string): Fault {
  return new Fault('DiskError', {
    object: path,
    check: 'appending to the journal',
    found: 'an earlier write to it failed',
    fix: 'Check the disk and start Sluice again; it reads the journal back and goes on from there.',
  });
}
