import type { BuildInputs, BuildLimits } from './build.ts';
import type { Code } from './codes.ts';
import type { CommitId } from './desired.ts';
import type { Place } from './fault.ts';
import type { GenerationRecord } from './generation.ts';
import type { PackageEntry, Sha256 } from './package.ts';
import type {
  BuildRequest,
  FileEdit,
  ProposalEnd,
  ProposalRequest,
  ProposalStatus,
} from './proposal.ts';
import type { ChannelSnapshot, SnapshotId } from './snapshot.ts';

/** Why a step is in the plan: for people, never read by the executor. */
export interface Reason {
  readonly text: string;
  readonly at?: Place;
  readonly commit?: CommitId;
}

interface StepBase {
  /** Digest of kind and inputs, never of the reason or the clock: the same work has one name in every plan. */
  readonly id: Sha256;
  readonly why: Reason;
}

export type Step = StepBase &
  (
    | { readonly kind: 'mirror'; readonly upstream: string }
    /** Runs beside the loop; how it ended is in the journal and in the next `Actual`. */
    | {
        readonly kind: 'build';
        readonly inputs: BuildInputs;
        /** `buildKey` of the inputs. */
        readonly key: Sha256;
        /** Counts from 1. */
        readonly attempt: number;
        /** Higher goes first. */
        readonly priority: number;
        readonly limits: BuildLimits;
        /** What asks for it: `update:<id>` or `policy:<name>`. */
        readonly subject: string;
      }
    /** Makes the signed form of packages that a channel is about to serve; what is signed already is not signed again. */
    | {
        readonly kind: 'sign';
        readonly channel: string;
        /** Full fingerprint. */
        readonly signingKey: string;
        readonly packages: readonly PackageEntry[];
        /** The commit whose policy puts them into the channel. */
        readonly commit: CommitId;
      }
    /** The controller's own decision: one commit per pass. */
    | { readonly kind: 'commit'; readonly subject: string; readonly edits: readonly FileEdit[] }
    /** Write a channel's content and its metadata under a name that no client knows. */
    | {
        readonly kind: 'assemble';
        readonly channel: string;
        /** Absent where the channel had it before: the record names it, and nobody has to read it. */
        readonly content?: ChannelSnapshot;
        readonly record: GenerationRecord;
      }
    /** The one visible effect: publish, promote, roll back. */
    | {
        readonly kind: 'point';
        readonly channel: string;
        readonly from?: SnapshotId;
        readonly record: GenerationRecord;
      }
    | {
        readonly kind: 'propose';
        readonly request: ProposalRequest;
        readonly trial: ChannelSnapshot;
        /** Names what the trial was worked out from; another one is another trial. */
        readonly trialKey: string;
      }
    /** A question about a build: no channel changes by its answer. */
    | { readonly kind: 'ask'; readonly request: BuildRequest }
    | {
        readonly kind: 'close';
        readonly number: number;
        readonly identity: string;
        readonly as: Exclude<ProposalEnd, 'rejected'>;
      }
  );

export type StepKind = Step['kind'];
export type StepOf<K extends StepKind> = Extract<Step, { readonly kind: K }>;
/** One function per kind of step: forgetting one does not compile. */
export type Handlers<R> = { readonly [K in StepKind]: (step: StepOf<K>) => R };

/** Something wanted that may not be done yet, and who or what can release it. */
export interface Hold {
  readonly code: Code;
  /** `promotion:<id>`, `base:<upstream>`, `upstream:<name>`, `update:<id>`, `channel:<name>`. */
  readonly subject: string;
  readonly channel?: string;
  readonly text: string;
  /** Who or what releases it. */
  readonly awaits: string;
  /** When time alone releases it, seconds since 1970. */
  readonly until?: number;
  readonly at?: Place;
}

/** A fact that the planner lacks and that immutable inputs determine. */
export interface ClosureNeed {
  readonly kind: 'closure';
  /** Digest of the inputs; the key in `Actual.facts`. */
  readonly id: Sha256;
  readonly content: ChannelSnapshot;
  /** Contents of the channels in `closure.with`. */
  readonly with: readonly ChannelSnapshot[];
}
export type Need = ClosureNeed;

/** What is to be said of the head of an open proposal. */
export interface ToldStatuses {
  readonly number: number;
  readonly head: CommitId;
  readonly statuses: readonly ProposalStatus[];
}

export interface Plan {
  readonly policy: CommitId;
  readonly steps: readonly Step[];
  readonly holds: readonly Hold[];
  readonly needs: readonly Need[];
  /** Worth telling although nothing waits: `StillPresent`, reported closure findings. */
  readonly notes: readonly Hold[];
  readonly statuses: readonly ToldStatuses[];
}

/** How one step ended, and so what the controller does next. */
export type Outcome =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'already' }
  | { readonly kind: 'waiting'; readonly hold: Hold };
