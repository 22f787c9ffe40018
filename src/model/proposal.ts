import type { PatchTrial, SourcePackage } from './build.ts';
import type { CommitId } from './desired.ts';
import type { Place } from './fault.ts';
import type { Sha256 } from './package.ts';
import type { SignedPayload } from './said.ts';
import type { SourceOrigin } from './source-origin.ts';

/** One edit of a policy file; the proposer turns it into bytes, keeping comments and formatting. */
export type FileEdit =
  | {
      readonly kind: 'create';
      readonly path: string;
      readonly document: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'delete'; readonly path: string }
  | {
      readonly kind: 'set';
      readonly path: string;
      /** Keys and list indexes from the root of the document. */
      readonly at: readonly (string | number)[];
      /** undefined removes the key. */
      readonly value: unknown;
    };

export type ProposalKind =
  | 'bootstrap'
  | 'errata'
  | 'packages'
  | 'promotion'
  | 'reissue'
  | 'unpin'
  | 'tidy'
  | 'built';

/** Questions about what is built here, before any channel is concerned. */
export type BuildQuestionKind = 'start' | 'build' | 'special-case' | 'sign' | 'rebase';

export interface PackageChange {
  readonly tree: string;
  readonly name: string;
  readonly arch: string;
  /** EVR text before; absent when the package is new. */
  readonly from?: string;
  /** EVR text after; absent when the package leaves. */
  readonly to?: string;
}

/** What a change does to one channel: the base of the delta digest and of the table in the body. */
export interface ChannelDelta {
  readonly channel: string;
  readonly trees: Readonly<
    Record<
      string,
      {
        readonly added: readonly Sha256[];
        readonly removed: readonly Sha256[];
        readonly advisoriesAdded: readonly Sha256[];
        readonly advisoriesRemoved: readonly Sha256[];
        readonly modulesAdded: readonly Sha256[];
        readonly modulesRemoved: readonly Sha256[];
      }
    >
  >;
  readonly changes: readonly PackageChange[];
  readonly downloadBytes: number;
}

export interface AdvisorySummary {
  readonly id: string;
  readonly type: string;
  readonly severity: string;
  readonly title: string;
  readonly cves: readonly string[];
  readonly issued: string;
  readonly rebootSuggested: boolean;
}

/** What a unit brings by itself, one line a package, advisory or module; equal lines are the same content. */
export type Brings = Readonly<Record<string, readonly string[]>>;

/** One person's word for a proposal as it was at that moment. */
export interface Approval {
  /** A name, or where a forge told it, the login there. */
  readonly person: string;
  readonly forge?: 'github' | 'gitea';
  /** The branch's head that was approved. */
  readonly head: CommitId;
  /** The delta digest that was approved. */
  readonly delta: Sha256;
  /** Seconds since 1970. */
  readonly at: number;
  /** Where no forge vouches for the person, a signature may. */
  readonly signed?: SignedPayload;
}

/** The same names on every forge, so that branch protection can ask for them. */
export type StatusName = 'closure' | 'approvals' | 'soak' | 'schedule';

/** One gate as it stands for a proposal's head, and who or what can open it. */
export interface ProposalStatus {
  /** Forges show it as `sluice/<name>`. */
  readonly name: StatusName;
  readonly state: 'success' | 'pending' | 'failure';
  /** At most 140 characters, without any time but fixed ones: an unchanged status stays the same text. */
  readonly text: string;
}

/**
 * How a proposal ended: its content is in the policy; it is no longer worth asking; a newer question took its place; a
 * person said no.
 */
export type ProposalEnd = 'merged' | 'withdrawn' | 'superseded' | 'rejected';

/** A question to people. `identity` is stable, so the same question is one pull request for ever. */
export interface Question {
  readonly kind: ProposalKind | BuildQuestionKind;
  /** `errata/testing/RHSA-2026-1234`; the branch is `sluice/<identity>`. */
  readonly identity: string;
  readonly title: string;
  /** What happens on merge, one sentence. */
  readonly effect: string;
  readonly edits: readonly FileEdit[];
  readonly advisories: readonly AdvisorySummary[];
  /** What a review is bound to: the digest of the delta, or of the edits where no channel changes. */
  readonly deltaDigest: Sha256;
  /** By unit, what the proposal itself brings: what is reviewed, whatever else changes meanwhile. */
  readonly brings?: Brings;
  /** Gates that are still closed, and who or what opens them. */
  readonly gates: readonly {
    readonly code: string;
    readonly text: string;
    readonly until?: number;
    /** Told only: a merge is not held by it. */
    readonly reported?: boolean;
  }[];
  /** So many questions came at once that the closure was not worked out. */
  readonly closureUnknown?: boolean;
  readonly why: string;
  readonly at?: Place;
}

/** A question about what a channel serves. */
export interface ProposalRequest extends Question {
  readonly kind: ProposalKind;
  readonly channel: string;
  readonly delta: ChannelDelta;
  /** The branch's head that all this tells of, where a person committed to it: its edits are not `edits` then. */
  readonly follows?: CommitId;
}

/** A question about what is built here. */
export interface BuildRequest extends Question {
  readonly kind: BuildQuestionKind;
  readonly build: BuildReview;
}

/** What people see of a build before they answer. */
export interface BuildReview {
  readonly source: SourcePackage;
  /** Of a source package that was packed from a spec. */
  readonly origin?: SourceOrigin;
  /** How it is built, one line each; `+ ` and `- ` against the last build of the package, where there is one. */
  readonly recipe: readonly string[];
  /** Builds that came to their end. */
  readonly builds: readonly {
    readonly arch: string;
    readonly key: Sha256;
    readonly attempt: number;
    readonly log?: Sha256;
    readonly provenance: Sha256;
  }[];
  /** How the patches of the recipe fit, where that was tried before the question. */
  readonly trial?: {
    readonly patches: readonly PatchTrial[];
    /** Why it came to no end. */
    readonly problem?: string;
    readonly key: Sha256;
    readonly attempt: number;
    readonly log?: Sha256;
  };
  readonly outputs: readonly {
    readonly tree: string;
    readonly nevra: string;
    readonly sha256: Sha256;
    readonly sizeBytes: number;
  }[];
}

/** A pull request as the forge knows it. */
export interface ProposalRecord {
  readonly number: number;
  readonly identity: string;
  readonly branch: string;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** Who closed it, where it is closed: content closed by a person is ignored. */
  readonly closedBy?: 'person' | 'controller';
  /** How, where somebody wrote it down. */
  readonly closedAs?: ProposalEnd;
  readonly deltaDigest: Sha256;
  readonly head: CommitId;
  /** As the request said; absent where the forge does not keep it. */
  readonly brings?: Brings;
  readonly approvals?: readonly Approval[];
  /** Approvals that cannot be read, by person: they never count. */
  readonly unreadableApprovals?: readonly string[];
  /** What was last said of the head; absent where the forge's page shows it. */
  readonly statuses?: readonly ProposalStatus[];
  /** Approvals that nothing proves to be of the person they name, with the reason: they never count. */
  readonly unprovenApprovals?: readonly string[];
  /** A person committed to the branch: it is left alone. */
  readonly edited: boolean;
  /** The branch no longer merges cleanly into the watched branch: it wants to be proposed anew. */
  readonly conflicts?: boolean;
  /** Seconds since 1970. */
  readonly openedAt: number;
  readonly updatedAt: number;
}
