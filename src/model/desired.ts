import type { Access } from './access.ts';
import type { PolicyBuild, SourcePackage } from './build.ts';
import type { Place } from './fault.ts';
import type { Sha256 } from './package.ts';
import type { SnapshotId } from './snapshot.ts';

/** A git commit, 40 or 64 hex digits. */
export type CommitId = string & { readonly __brand: 'CommitId' };

/** What may happen without a person: `auto` does it, `ask` opens a proposal, `never` does nothing. */
export type Answer = 'auto' | 'ask' | 'never';

export interface Site {
  readonly name: string;
  /** Where machines find the published repositories, without a trailing slash. */
  readonly url: string;
  readonly trust: 'open' | 'keys' | 'forge';
  readonly at: Place;
}

/** Signature weaknesses that an upstream may be excused from, for a time and with a reason. */
export type Weakness =
  | 'sha1'
  | 'md5'
  | 'dsa'
  | 'short-rsa'
  | 'expired-key'
  | 'unsigned'
  | 'inline-metadata-signature';

export interface SignatureException {
  readonly allow: Weakness;
  /** Globs on names; absent = every package of the upstream. */
  readonly packages?: readonly string[];
  /** Last day it counts, `YYYY-MM-DD` (UTC). */
  readonly until: string;
  readonly reason: string;
}

export interface Upstream {
  readonly name: string;
  /** http(s) URL or absolute directory, ending in a slash; of a git repository without one, and also ssh. */
  readonly url: string;
  /** Other addresses of the same repository; the newest metadata that passes is taken, wherever it is. */
  readonly mirrors?: readonly string[];
  readonly tree: string;
  /** A plain directory of packages, or specs in a git repository; absent = a yum repository. */
  readonly layout?: 'inbox' | 'spec';
  /** Of layout `spec`. */
  readonly git?: SpecBranch;
  /** Paths in the policy repository; the text is in `Desired.keys`. */
  readonly keys: readonly string[];
  readonly require: { readonly metadataSignature: boolean; readonly packageSignatures: boolean };
  readonly exceptions: readonly SignatureException[];
  /** Cron expression in UTC; absent = only `--sync`. */
  readonly schedule?: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Header tag → accepted values. */
  readonly verifyTags: {
    readonly vendor?: readonly string[];
    readonly packager?: readonly string[];
  };
  readonly limits: { readonly maxAgeSeconds?: number; readonly maxPackageBytes: number };
  readonly at: Place;
}

/** Where in a git repository specs are, and whose word for them counts. */
export interface SpecBranch {
  /** `refs/heads/…` or `refs/tags/…`. */
  readonly ref: string;
  /** Folders of the specs, `.` is the top; empty = every folder that holds a spec. */
  readonly directories: readonly string[];
  /** SSH keys, `type base64`, that commits may be signed with besides the OpenPGP keys of the upstream. */
  readonly sshKeys: readonly string[];
  /** Address, ending in a slash, that files named in `sources` have below it, as in dist-git. */
  readonly lookaside?: string;
  /** Commits may be replaced by others that do not descend from them. */
  readonly rewrites: boolean;
}

export interface Policy {
  readonly name: string;
  readonly match: {
    readonly packages: readonly string[];
    readonly upstreams: readonly string[];
    readonly severity: readonly string[];
  };
  readonly priority: number;
  readonly action: 'copy' | 'rebuild' | 'replace' | 'hold' | 'skip';
  /** Of `rebuild` and `replace`. */
  readonly build?: PolicyBuild;
  /** Question (`start`, `build`, `sign`, or a channel's name) → answer. What is absent is `ask`. */
  readonly approvals: Readonly<Record<string, Answer>>;
  readonly comments?: string;
  readonly at: Place;
}

export interface BasePin {
  readonly upstream: string;
  /** Absent until the bootstrap proposal is merged: serves nothing. */
  readonly snapshot?: SnapshotId;
  /** ISO 8601, when the pinned snapshot was taken. */
  readonly taken?: string;
  readonly advance: 'updates' | 'snapshot';
  readonly at: Place;
}

/** Hours of some weekdays in a time zone; over midnight they belong to the day on which they begin. */
export interface ChangeWindow {
  /** As written, for people. */
  readonly text: string;
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes after midnight; `to` is at most 1440 and, where it is not after `from`, of the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name. */
  readonly zone: string;
}

/** Gates that a waiver or the expedite lane can open. */
export type PassableGate = 'soak' | 'window' | 'cadence' | 'freeze' | 'approvals';

/** One gate open for some content, for a time and with a reason. */
export interface Waiver {
  readonly gate: PassableGate;
  /** Of this update only. */
  readonly update?: string;
  /** Globs on names: everything judged has to match. */
  readonly packages?: readonly string[];
  /** Last day it counts, `YYYY-MM-DD` (UTC). */
  readonly until: string;
  readonly reason: string;
  readonly at: Place;
}

export interface Gates {
  readonly soakSeconds: number;
  /** Something enters inside these hours only. */
  readonly window?: ChangeWindow;
  /** What the followed channel had by the end of a `take` day enters on an `admit` day. */
  readonly cadence?: { readonly take: ChangeWindow; readonly admit: ChangeWindow };
  /** So many of these people approved the proposal that brought it; `team:<name>` is everybody in a team. */
  readonly approvals?: { readonly count: number; readonly from: readonly string[] };
  /** Updates this severe need not pass these gates. */
  readonly expedite?: {
    readonly severity: readonly string[];
    readonly skip: readonly PassableGate[];
  };
  readonly closure: {
    readonly mode: 'enforce' | 'report' | 'off';
    readonly with: readonly string[];
  };
  /** Names of packages (name.arch globs) that may vanish are in `allow`. */
  readonly removals: {
    readonly max?: number;
    readonly percent?: number;
    readonly allow: readonly string[];
  };
}

export interface Channel {
  readonly name: string;
  /** Published at `<site>/<path>/<tree>/`. */
  readonly path: string;
  readonly trees: readonly string[];
  readonly base: readonly BasePin[];
  readonly follows?: string;
  /** What was built here is in it before anybody signs it: for later builds, and never for machines. */
  readonly takes?: 'results';
  readonly keep: number | 'all';
  readonly gates: Gates;
  readonly waivers?: readonly Waiver[];
  /**
   * `metadata`: full fingerprint, absent = the site's only key. `packages`: full fingerprint, `keep` (the vendors'
   * signatures) or `unsigned` (also what was built here, on purpose).
   */
  readonly sign: {
    readonly metadata?: string;
    readonly packages: string;
    /** Full fingerprint of the key that signs later; machines are told of it now. */
    readonly next?: string;
  };
  readonly compression: 'gz' | 'zst';
  /** Whoever may read it reaches its own packages and no others. */
  readonly private?: true;
  readonly pin?: { readonly generation: number; readonly digest: SnapshotId; readonly at: Place };
  readonly at: Place;
}

export interface UpdatePackage {
  /** As written; `parseNevra` reads it. */
  readonly nevra: string;
  readonly sha256: Sha256;
  readonly upstream: string;
  /** The digest that this re-issue of the same NEVRA takes the place of. */
  readonly replaces?: Sha256;
  /** Of a package that was built here: the tree it enters; `upstream` is where its source came from. */
  readonly tree?: string;
}

/** What a built update is made from, and what was answered about it so far. */
export interface UpdateBuild {
  readonly source: SourcePackage;
  /** The question whether to build it was answered with yes. */
  readonly wanted: boolean;
  /** Arch → `buildKey` of the build whose outputs are pinned; the answer to the question whether to sign them. */
  readonly results: Readonly<Record<string, Sha256>>;
  /** The results are pinned for later builds only; the question whether to sign them is open. */
  readonly unsigned?: true;
}

export interface Update {
  /** The truth; the file is named by its slug. */
  readonly id: string;
  readonly file: string;
  readonly advisory?: {
    readonly id: string;
    readonly sha256: Sha256;
    readonly severity?: string;
    readonly siteSeverity?: string;
    readonly reason?: string;
  };
  /** Only of an update that is built here: one for each source package. */
  readonly build?: UpdateBuild;
  readonly packages: readonly UpdatePackage[];
  readonly modules: readonly { readonly nsvca: string; readonly sha256: Sha256 }[];
  readonly requires: readonly string[];
  readonly at: Place;
}

export interface Promotion {
  readonly update: string;
  readonly channel: string;
  readonly file: string;
  readonly tested?: { readonly by: string; readonly at: string; readonly evidence?: string };
  readonly at: Place;
}

/** What must not come back by itself. */
export interface HoldFile {
  readonly channel: string;
  readonly file: string;
  /** The update that was rolled back, where it was one. */
  readonly update?: string;
  readonly reason: string;
  readonly packages: readonly { readonly nevra: string; readonly sha256: Sha256 }[];
  readonly at: Place;
}

/** Stops admissions to channels, never snapshots or rollbacks. Without a time it lasts until its file is deleted. */
export interface Freeze {
  readonly name: string;
  readonly file: string;
  /** Empty = all. */
  readonly channels: readonly string[];
  /** Seconds since 1970. */
  readonly from?: number;
  /** Seconds since 1970; the first moment that is free again. */
  readonly until?: number;
  /** Only in these hours. */
  readonly weekly?: ChangeWindow;
  /** Globs on package names: only while one of them wants to enter. */
  readonly triggers: readonly string[];
  readonly reason: string;
  readonly at: Place;
}

/** Everything the policy repository says at one commit, normalised: seconds, bytes, full lists. */
export interface Desired {
  /** Who may decide what, where the site says so. */
  readonly access?: Access;
  readonly commit: CommitId;
  /** Committer date of that commit, seconds since 1970. */
  readonly committedAt: number;
  readonly site: Site;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly policies: readonly Policy[];
  readonly channels: ReadonlyMap<string, Channel>;
  /** By id. */
  readonly updates: ReadonlyMap<string, Update>;
  readonly promotions: readonly Promotion[];
  readonly holds: readonly HoldFile[];
  readonly freezes?: readonly Freeze[];
  /** Path under `keys/` → armored text. */
  readonly keys: ReadonlyMap<string, string>;
  /** Path under `patches/` → digest of the file. */
  readonly patches?: ReadonlyMap<string, Sha256>;
  /** Paths of update files that were deleted while promotions still name them; to be put back. */
  readonly lost?: readonly string[];
}

/** The id with every character outside `[A-Za-z0-9._-]` turned into `-`. */
export function slugOf(id: string): string {
  return id.replace(/[^A-Za-z0-9._-]/g, '-');
}
