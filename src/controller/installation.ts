import type { IsWhole } from '../executor/index.ts';
import type { Fact } from '../model/index.ts';
import { type FactKind, type JournalFacts, type Memory, remember } from '../observer/index.ts';
import type { Ports } from '../ports.ts';
import type { Journal, SnapshotReader, Store } from '../store/index.ts';
import type { BuildQueue } from './builds/build-queue.ts';
import { type ClosureChecks, closureChecks } from './closure/closure-checks.ts';

/** One state directory at work: its ports, its store, and what its journal says. */
export interface Installation {
  readonly ports: Ports;
  readonly store: Store;
  readonly snapshots: SnapshotReader;
  readonly journal: Journal;
  /** Needs that were obtained, by the digest of their inputs. */
  readonly facts: Map<string, Fact>;
  readonly closures: ClosureChecks;
  /** Where builds run beside the passes; absent in commands that end with their pass. */
  readonly builds?: BuildQueue;
  /** How metadata of earlier generations is read back, where a command has begun to. */
  readonly isWhole?: IsWhole;
  memory(): Memory;
  /** Journals a fact and remembers it. */
  note<K extends FactKind>(kind: K, data: JournalFacts[K]): Promise<void>;
  /** Journals something that only people read. */
  tell(kind: string, data: object): Promise<void>;
}

export function installation(parts: {
  readonly ports: Ports;
  readonly store: Store;
  readonly snapshots: SnapshotReader;
  readonly journal: Journal;
}): Installation {
  let memory = remember(parts.journal.entries());
  const append = async (kind: string, data: object) => {
    const entry = await parts.journal.append(kind, data);
    memory = remember([entry], memory);
    return entry;
  };
  // Whoever appends through this journal is remembered too.
  const journal: Journal = { ...parts.journal, append };
  const note = async (kind: string, data: object) => void (await append(kind, data));
  return {
    ...parts,
    journal,
    facts: new Map(),
    closures: closureChecks(),
    memory: () => memory,
    note,
    tell: note,
  };
}
