import type { CommitId } from './desired.ts';
import type { Sha256 } from './package.ts';
import type { SnapshotId } from './snapshot.ts';

/** How far an upstream's metadata had come; older is a rollback. */
export interface Floor {
  /** `<revision>` of repomd.xml as a number, 0 when it is not one. */
  readonly revision: number;
  /** Newest `<timestamp>` in repomd.xml, seconds since 1970. */
  readonly timestamp: number;
}

/**
 * One publication of a channel. With the policy commit and the snapshots it names, it determines every published
 * byte. Signed by the controller, journaled, and appended to `refs/sluice/generations`.
 */
export interface GenerationRecord {
  readonly v: 1;
  readonly channel: string;
  /** Counts from 1. */
  readonly number: number;
  /** The policy commit whose Desired this is. */
  readonly commit: CommitId;
  readonly acceptedHead: CommitId;
  /** `<revision>` and every timestamp in the metadata: max(previous + 1, commit time), seconds since 1970. */
  readonly revision: number;
  /** When it was decided, seconds since 1970; the admission time of everything in `entered`. */
  readonly time: number;
  readonly content: SnapshotId;
  readonly compression: 'gz' | 'zst';
  /** Its trees reach the packages of the channel only, and its content has no address of its own. */
  readonly private?: true;
  /** What entered the channel for the first time, by tree; `all` in the first generation. */
  readonly entered: 'all' | Readonly<Record<string, readonly Sha256[]>>;
  /** Units that the policy wants and a gate kept out: `promotion:<id>` or `base:<upstream>`, with the hold's code. */
  readonly held: readonly { readonly unit: string; readonly code: string }[];
  /** Snapshots whose content went in, by upstream. */
  readonly base: Readonly<Record<string, SnapshotId>>;
  /** The channel was pinned to this content; what returns afterwards is judged anew. */
  readonly pinned?: true;
  readonly floors: Readonly<Record<string, Floor>>;
  /** Fingerprints of the keys that sign the metadata; the first is the channel's. */
  readonly keys: readonly string[];
  /** Fingerprint of the key that signs the packages; absent: they are served as they came. */
  readonly packageKey?: string;
  /** Further keys that machines are told of: the next one, and those that earlier generations need. */
  readonly offered?: readonly string[];
  /** When keys of this generation end, of those that do; seconds since 1970. */
  readonly keyEnds?: Readonly<Record<string, number>>;
}
