import type { Floor, SnapshotTaken, Upstream, UpstreamSnapshot } from '../../model/index.ts';
import type { Ports } from '../../ports.ts';
import type { Keyring } from '../../rpm/index.ts';
import type { Codec, Store } from '../../store/index.ts';

export type MirrorPorts = Pick<
  Ports,
  'disk' | 'fetch' | 'decompress' | 'threads' | 'clock' | 'log' | 'specs'
>;

/** One upstream to bring into a snapshot, and what is known of it. */
export interface MirrorJob {
  readonly upstream: Upstream;
  /** The upstream's own pinned keys: paths in the policy repository and their armored text. */
  readonly keys: readonly { readonly path: string; readonly text: string }[];
  /** The last snapshot that was taken, and its content where it is at hand. */
  readonly previous?: SnapshotTaken;
  readonly previousSnapshot?: UpstreamSnapshot;
  /** How far the metadata had come; older is a rollback. */
  readonly floor?: Floor;
  /** How channels compress the metadata of what they take of this upstream. */
  readonly codecs?: readonly Codec[];
  /** An operator said that going back is right, this once. */
  readonly acknowledgedRollback?: boolean;
}

export interface Mirrored {
  readonly taken: SnapshotTaken;
  readonly snapshot: UpstreamSnapshot;
  /** The upstream offers what it offered before: only repomd.xml was transferred. */
  readonly unchanged: boolean;
}

/** What every part of one sync works with. */
export interface Sync {
  readonly ports: MirrorPorts;
  readonly store: Store;
  readonly job: MirrorJob;
  readonly upstream: Upstream;
  readonly keyring: Keyring;
  /** Seconds since 1970, the same for every judgement of this sync. */
  readonly now: number;
}

/** The part of a sync that examines packages, which may go on in a thread of its own. */
export interface Examining extends Pick<Sync, 'store' | 'upstream' | 'keyring' | 'now'> {
  readonly ports: Pick<Ports, 'disk' | 'fetch'>;
}
