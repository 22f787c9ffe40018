import type { BuildState } from './build.ts';
import type { Code } from './codes.ts';
import type { CommitId, Desired, Update } from './desired.ts';
import type { FaultReport } from './fault.ts';
import type { Floor, GenerationRecord } from './generation.ts';
import type { Nevra, Sha256, SignedForm } from './package.ts';
import type { ProposalRecord } from './proposal.ts';
import type { ChannelSnapshot, SnapshotId, UpstreamSnapshot } from './snapshot.ts';
import type { SourceOrigin } from './source-origin.ts';

/** A package that was offered and not taken into the snapshot. */
export interface RefusedPackage {
  readonly nevra: Nevra;
  readonly sha256: Sha256;
  readonly fault: FaultReport;
}

/** How one snapshot of an upstream came to be; journaled, never part of the snapshot's identity. */
export interface SnapshotTaken {
  readonly upstream: string;
  readonly snapshot: SnapshotId;
  /** Seconds since 1970. */
  readonly takenAt: number;
  readonly repomd: Sha256;
  /** Digest of the keys, exceptions, globs and limits that it was taken under. */
  readonly rules?: Sha256;
  /** Full fingerprint of the key over repomd.xml, absent when none was required. */
  readonly signedBy?: string;
  readonly floor: Floor;
  readonly refused: readonly RefusedPackage[];
  /** Uses of named exceptions, for the report. */
  readonly excused: readonly { readonly sha256: Sha256; readonly weakness: string }[];
  /** Of specs in a git repository: the commit that was read, and where each package is from. */
  readonly specs?: {
    readonly url: string;
    readonly ref: string;
    readonly head: CommitId;
    readonly origins: readonly SourceOrigin[];
  };
}

export interface UpstreamState {
  readonly name: string;
  /** The newest snapshot that passed; its content is in `Actual.snapshots`. */
  readonly latest?: SnapshotTaken;
  /** A schedule's time has come, or nothing was ever mirrored, or `--sync` asks. */
  readonly due: boolean;
  /** When the last attempt ended well, seconds since 1970. */
  readonly checkedAt?: number;
  /** Why the last attempt did not end well. */
  readonly fault?: FaultReport;
  /** Source packages that were ever packed from specs here, and from which commit. */
  readonly origins?: ReadonlyMap<Sha256, SourceOrigin>;
}

/** First admission of each digest, seconds since 1970, over the whole history of a channel. */
export type Admitted = Pick<ReadonlyMap<Sha256, number>, 'get' | 'has'> & {
  /** The content of an early generation is not here, so it may be that something is served and not in this. */
  readonly incomplete?: true;
};

/** What the journal says of a channel that serves something. */
export interface ChannelHistory {
  readonly name: string;
  readonly generation: GenerationRecord;
  /** Keys of the newest generations, which clients may still be reading; newest first. */
  readonly formerKeys?: {
    readonly metadata: readonly string[];
    readonly packages: readonly string[];
  };
  /** Every snapshot that a generation of the channel was based on, by upstream: going back to one is a rollback. */
  readonly formerBases?: ReadonlyMap<string, ReadonlySet<SnapshotId>>;
  /** Every content that a generation of the channel served as its packages came, unsigned by this site. */
  readonly formerContents?: ReadonlySet<SnapshotId>;
}

export interface ChannelState extends ChannelHistory {
  readonly content: ChannelSnapshot;
  readonly admitted: Admitted;
}

/** A decision that accepted commits took back, and what was served before they did. */
export interface Removal {
  readonly channel: string;
  readonly commit: CommitId;
  /** The update as its last accepted version said. */
  readonly update: Update;
  /** The content of the generation in force before that commit. */
  readonly servedBefore: ChannelSnapshot;
  /** The content before the decision itself was made, where it is still held here. */
  readonly servedBeforeDecision?: ChannelSnapshot;
}

export interface ClosureFinding {
  readonly tree: string;
  readonly sha256: Sha256;
  readonly nevra: string;
  /** The requirement that nothing provides, or the conflict, as rpm writes it. */
  readonly requirement: string;
}

/** What a need came to. */
export interface ClosureFact {
  readonly kind: 'closure';
  readonly findings: readonly ClosureFinding[];
}
export type Fact = ClosureFact;

export interface Suspension {
  /** `upstream/<name>`, `channel/<name>` or `policy`. */
  readonly object: string;
  readonly reason: string;
  /** Seconds since 1970; absent = until resumed. */
  readonly until?: number;
}

/** The policy with a person's branch merged onto it. */
export interface EditedPolicy {
  /** undefined where it cannot be in force. */
  readonly desired: Desired | undefined;
  /** Why not: what is wrong, with the place where it is a finding. */
  readonly problems: readonly { readonly code: Code; readonly text: string }[];
}

/** What journal and signer say by themselves: for this no content is read, however large. */
export interface Recorded {
  readonly acceptedHead: CommitId;
  readonly upstreams: ReadonlyMap<string, UpstreamState>;
  readonly channels: ReadonlyMap<string, ChannelHistory>;
  readonly suspensions: readonly Suspension[];
  /** Fingerprints of the keys that this installation can sign with, the default one first. */
  readonly signingKeys: readonly string[];
  /** When those keys end, of those that do; seconds since 1970. */
  readonly keyEnds?: ReadonlyMap<string, number>;
  /** Why the signer cannot be asked; `signingKeys` is empty then. */
  readonly signerFault?: FaultReport;
}

/** Everything that is, gathered before a plan is made. */
export interface Actual extends Recorded {
  /** Every snapshot that a pin, a `latest` or an update names and that is whole here. */
  readonly snapshots: ReadonlyMap<SnapshotId, UpstreamSnapshot>;
  readonly channels: ReadonlyMap<string, ChannelState>;
  /** Retained generations that a `pin:` can name, by channel and digest. */
  readonly retained: ReadonlyMap<string, ReadonlyMap<SnapshotId, ChannelSnapshot>>;
  readonly proposals: readonly ProposalRecord[];
  readonly removals: readonly Removal[];
  readonly facts: ReadonlyMap<string, Fact>;
  /** By the number of an open proposal to whose branch a person committed; absent where nobody looked. */
  readonly edited?: ReadonlyMap<number, EditedPolicy>;
  /** Which trial is served for an open proposal, by its number; absent where nothing serves trials. */
  readonly trials?: ReadonlyMap<number, string>;
  /** Generations that clients get, as `<channel>/<number>` by path; absent where nobody looked. */
  readonly served?: ReadonlyMap<string, string>;
  /** Promotions that differ from their review and that an operator accepted so, by the digest of their content. */
  readonly acknowledgedPlans?: ReadonlySet<Sha256>;
  /** Builds that were tried or are under way, by `buildKey`. */
  readonly builds?: ReadonlyMap<Sha256, BuildState>;
  /** Key fingerprint → source digest → the file as that key signed it. */
  readonly signed?: ReadonlyMap<string, ReadonlyMap<Sha256, SignedForm>>;
}
