import type {
  BuildAnswer,
  BuilderName,
  BuildLimits,
  BuildOrder,
  CommitId,
  CommitInfo,
  Digested,
  Event,
  FileFacts,
  FileKind,
  MergedFile,
  MergedProposal,
  MirroredFile,
  PackageCheckVerdict,
  PathChange,
  Piece,
  ProposalComment,
  ProposalEnd,
  ProposalRecord,
  ProposalStatus,
  Question,
  SignedPayload,
  SigningOrder,
  SshVerdict,
  TreeFile,
} from './model/index.ts';

export type {
  BuildAnswer,
  BuildOrder,
  BuildRepository,
  CommitInfo,
  Digested,
  Event,
  FileFacts,
  FileKind,
  FileRange,
  MergedFile,
  MergedProposal,
  PathChange,
  Piece,
  ProposalComment,
  SignedPayload,
  SshVerdict,
  TreeFile,
} from './model/index.ts';

/**
 * The few things the world can do for us. A function that needs the world takes the ports it uses, first, and no more.
 * Implemented in `src/edge`; every method throws `Fault` for what the world does wrong.
 */
export interface Ports {
  readonly disk: Disk;
  readonly fetch: Fetch;
  readonly decompress: Decompress;
  readonly policyGit: PolicyGit;
  readonly forge: Forge;
  readonly signer: Signer;
  readonly packageCheck: PackageCheck;
  readonly threads: Threads;
  /** Absent adapters are not set up on this machine. */
  readonly builders?: Readonly<Partial<Record<BuilderName, Builder>>>;
  readonly specs?: Specs;
  readonly clock: Clock;
  readonly log: Log;
}

/** Seconds since 1970. */
export interface Clock {
  now(): number;
}

/**
 * Files below the state directory. There is no plain write: everything is either exclusive, atomic or an append, and
 * on disk (fsync of the file and its folder) when the promise settles. Paths are absolute.
 */
export interface Disk {
  /** undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Up to `length` bytes from `offset`. */
  readRange(path: string, offset: number, length: number): Promise<Uint8Array>;
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** Many small files, whole and in this order, each there until the next is asked for; undefined for an absent one. */
  readEach(paths: Iterable<string>): AsyncIterable<Uint8Array | undefined>;
  /**
   * SHA-256 over each of these lists of pieces, beside everything else where they are large. The lists are read side by
   * side: pieces of several lists in one file are best at the same place of their lists.
   */
  digest<const Lists extends readonly (readonly Piece[])[]>(
    lists: Lists,
  ): Promise<{ readonly [At in keyof Lists]: Digested }>;
  /** Sizes of many regular files, in this order; undefined for what is absent or something else. */
  sizes(paths: Iterable<string>): Promise<readonly (number | undefined)[]>;
  /**
   * Opens a file that somebody else made and may still change: through no link and without waiting for a pipe. What
   * it is is asked of the open file, so that it cannot become something else. undefined when there is none.
   */
  openUntrusted(path: string): Promise<OpenedFile | undefined>;
  /** Names in a directory, sorted; empty when it is absent. */
  list(path: string): Promise<readonly string[]>;
  /** Of the name itself: symlinks are not followed. */
  stat(path: string): Promise<FileFacts | undefined>;
  readLink(path: string): Promise<string | undefined>;
  /** Temporary file beside it, fsync, rename, fsync of the folder. */
  replace(
    path: string,
    bytes: Uint8Array | string,
    options?: {
      readonly mode?: number;
      /** false: no fsync, for what is made again when it is lost or damaged. Default true. */
      readonly durable?: boolean;
    },
  ): Promise<void>;
  /** One journal line; fsynced. */
  append(path: string, bytes: Uint8Array | string): Promise<void>;
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** A new file in a staging folder, invisible until it is kept. */
  stage(directory: string): Promise<Staged>;
  /**
   * Gives staged files that were left their final names, all of them on disk before the first has one: many are flushed
   * together. `already`: the name exists; that file stays where it was staged.
   */
  keepAll(
    files: readonly { readonly staged: string; readonly path: string }[],
  ): Promise<readonly ('kept' | 'already')[]>;
  makeDirectory(path: string): Promise<void>;
  /** Hard links, all of them on disk when the promise settles; names that exist stay what they are. */
  linkAll(links: readonly { readonly existing: string; readonly path: string }[]): Promise<void>;
  /** A hard link; fails with `DiskError` when the new name exists. */
  link(existing: string, path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** Atomic; fsyncs both folders. */
  rename(from: string, to: string): Promise<void>;
  /** fsyncs the folder and everything in it, deepest first. */
  syncTree(path: string): Promise<void>;
  /** A file or a whole folder; absent is fine. */
  remove(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;
}

export interface OpenedFile {
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** How many names it has. */
  readonly links: number;
  /** Of a regular file; once. */
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface Staged {
  readonly path: string;
  write(bytes: Uint8Array): Promise<void>;
  /** fsync beside everything else; nothing is written afterwards, and `keep` need not do it again. */
  flush(): Promise<void>;
  /** fsync, then the final name; `already` when that exists (the staged bytes are dropped). */
  keep(path: string): Promise<'kept' | 'already'>;
  /** Its bytes are complete; somebody else keeps or removes it. */
  leave(): Promise<void>;
  discard(): Promise<void>;
}

export interface FetchLimits {
  /** The transfer is cut at this many bytes: `TransferTooLarge`. */
  readonly maxBytes: number;
  /** Exactly this many bytes are expected. */
  readonly sizeBytes?: number;
  /** Whole transfer; default by size. */
  readonly deadlineSeconds?: number;
  /** The upstream's own directory, where it is one: no symlink leads out of it. */
  readonly within?: string;
  /** Ends the transfer; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Reads upstreams: http(s) URLs and absolute directories alike. */
export interface Fetch {
  /** The body as it is stored upstream, never decoded. Throws `UpstreamUnavailable` and its kin. */
  open(url: string, limits: FetchLimits): AsyncIterable<Uint8Array>;
}

/**
 * One of many equal pieces of work, done beside everything else. It tells whatever there is to tell on the way; when
 * the signal says so it ends early and puts away what it began.
 */
export type Work<Setup, Order, News> = (
  ports: Pick<Ports, 'disk' | 'fetch'>,
  job: {
    readonly setup: Setup;
    readonly order: Order;
    readonly signal: AbortSignal;
    tell(news: News): void;
  },
) => Promise<void>;

export interface Threads {
  /**
   * Has the `Work` that a module of this program exports as `work` do every order, on all processors at once. Orders
   * and news are copied. Settles when nothing runs any more; the first order that failed stops the others, and its
   * error is thrown.
   */
  run<Setup, Order, News>(task: {
    /** Address of the module's file. */
    readonly module: string;
    readonly setup: Setup;
    readonly orders: readonly Order[];
    told(news: News): void;
  }): Promise<void>;
}

export type Compression = 'none' | 'gz' | 'bz2' | 'xz' | 'zst';

export interface Decompress {
  /** Stops with `TransferTooLarge` when more than `maxBytes` come out. */
  open(
    compression: Compression,
    source: AsyncIterable<Uint8Array>,
    limits: { readonly maxBytes: number },
  ): AsyncIterable<Uint8Array>;
}

/** The policy repository: a verified bare mirror to read, and a private clone to write. */
export interface PolicyGit {
  /**
   * Fetches the watched branch into quarantine and checks every object; the mirror's refs do not move yet. A damaged
   * mirror is made anew, and must then hold the accepted head.
   */
  fetch(accepted?: CommitId): Promise<CommitId>;
  /** Makes a checked commit part of the mirror. */
  accept(commit: CommitId): Promise<void>;
  isAncestor(ancestor: CommitId, commit: CommitId): Promise<boolean>;
  /** First-parent commits after `from` up to `to`, oldest first. */
  firstParents(from: CommitId | undefined, to: CommitId): Promise<readonly CommitInfo[]>;
  commit(id: CommitId): Promise<CommitInfo>;
  /** `HEAD~2`, an abbreviated id, a branch: undefined when it names nothing. */
  resolve(revision: string): Promise<CommitId | undefined>;
  files(commit: CommitId): Promise<readonly TreeFile[]>;
  readText(commit: CommitId, path: string): Promise<string | undefined>;
  /** Paths that differ between two commits. */
  changedPaths(from: CommitId, to: CommitId): Promise<readonly string[]>;
  /** The signature in a commit and the bytes that it is over; undefined where there is none. Nothing is verified. */
  signedPayload(commit: CommitId): Promise<SignedPayload | undefined>;
  /** Which of these SSH public keys (`type base64`) made the signature, in the namespace `git`. */
  verifySsh(signed: SignedPayload, keys: readonly string[]): Promise<SshVerdict>;
  /** Throws `TreeBusy` where the next one would; changes nothing. */
  checkFree(): Promise<void>;
  /**
   * Commits on top of `parent` under the controller's identity and pushes to the watched branch. Throws `TreeBusy`
   * or `PushRejected` and has then changed nothing.
   */
  commitToWatched(
    parent: CommitId,
    message: string,
    changes: readonly PathChange[],
  ): Promise<CommitId>;
  /** The generation log, `refs/sluice/generations`: newest tree as path → text; empty when there is none. */
  readLog(path: string): Promise<string | undefined>;
  listLog(prefix: string): Promise<readonly string[]>;
  /**
   * Appends one commit with these files to the log and pushes it. Paths that exist already are left alone. Throws
   * `ForeignController` when another installation wrote it; `takeOver` continues what that one wrote.
   */
  appendLog(
    message: string,
    files: readonly { readonly path: string; readonly text: string }[],
    how?: { readonly takeOver: boolean },
  ): Promise<void>;
}

/** Pull requests. The local forge keeps them as git refs. */
export interface Forge {
  list(): Promise<readonly ProposalRecord[]>;
  /** Opens or updates in place: branch `sluice/<identity>`, title, body. Returns the number. */
  put(proposal: {
    readonly request: Question;
    readonly body: string;
    /** Message of the branch's commit. */
    readonly message: string;
    readonly base: CommitId;
    readonly changes: readonly PathChange[];
  }): Promise<{ readonly number: number; readonly outcome: 'opened' | 'updated' | 'unchanged' }>;
  close(number: number, by: 'person' | 'controller', as: ProposalEnd): Promise<void>;
  /** Merges into the watched branch as `git merge --no-ff` would; `by` stands in its message, as text that proves nothing. */
  merge(number: number, by?: string): Promise<CommitId>;
  /** `comment`: the id of a signed comment that says so; without a forge it is the proof. */
  approve(number: number, person: string, comment?: string): Promise<void>;
  /**
   * The policy files that merging a listed head into `onto`, an accepted commit, would change; undefined where the two
   * conflict. Nothing is merged.
   */
  mergeChanges(head: CommitId, onto: CommitId): Promise<readonly MergedFile[] | undefined>;
  /** Of the open proposals, oldest first; none by the controller itself or by bots. */
  comments(): Promise<readonly ProposalComment[]>;
  /** Writes as this person, where that is possible. */
  comment(
    number: number,
    comment: { readonly person: string; readonly text: string },
  ): Promise<void>;
  /** The controller's answer to a comment; there is never a second one. */
  answer(comment: Pick<ProposalComment, 'id' | 'number'>, text: string): Promise<void>;
  /** Says of this head how things stand; what says so already is left alone. */
  setStatuses(number: number, head: CommitId, statuses: readonly ProposalStatus[]): Promise<void>;
  /**
   * The pull request into the watched branch that this commit is the merge of. Absent where whoever can push could
   * write the answer too.
   */
  mergedBy?(commit: CommitId): Promise<MergedProposal | undefined>;
}

/** The site's signing keys. They never leave the adapter. */
export interface Signer {
  /** Full fingerprints, upper-case hex. */
  keys(): Promise<readonly string[]>;
  /** Armored public key block. */
  publicKey(fingerprint: string): Promise<string>;
  /** Detached, armored, unsalted. */
  sign(order: SigningOrder): Promise<string>;
  /** False where nothing is signed that nobody decided yet: trials of proposals then go out unsigned. */
  readonly signsTrials?: false;
}

/** A second opinion on packages: that of rpm itself. */
export interface PackageCheck {
  /** One verdict for each file, in their order; `key` is the armored public key that must have signed all of them. */
  check(
    key: { readonly fingerprint: string; readonly armored: string },
    paths: readonly string[],
  ): Promise<readonly PackageCheckVerdict[]>;
}

/**
 * Builds binary packages from a source package, isolated. Throws `Fault` for what this machine cannot do
 * (`CannotIsolate`, `ToolMissing`); never builds unisolated instead. Aborting the signal ends every process of it.
 */
export interface Builder {
  build(order: BuildOrder, signal: AbortSignal): Promise<BuildAnswer>;
}

/** Git repositories of specs, each with a verified bare mirror of its own. */
export interface Specs {
  /** `maxBytes` bounds every file that git writes for it. */
  repository(of: {
    readonly upstream: string;
    readonly url: string;
    /** `refs/heads/…` or `refs/tags/…`. */
    readonly ref: string;
    readonly maxBytes: number;
  }): SpecRepository;
  /**
   * Packs a spec and the files beside it into one source package, isolated as a build is: reading a spec runs it.
   * Throws `CannotIsolate` or `ToolMissing` for what this machine cannot do, and never packs unisolated instead.
   */
  pack(order: PackOrder): Promise<PackAnswer>;
}

type CheckedGit = 'fetch' | 'accept' | 'isAncestor' | 'firstParents' | 'signedPayload';

/** Faults name the upstream: `UpstreamUnavailable`, `SpecHistoryRewritten`. */
export interface SpecRepository extends Pick<PolicyGit, CheckedGit | 'verifySsh'> {
  files(commit: CommitId): Promise<readonly MirroredFile[]>;
  readBytes(file: MirroredFile): Promise<Uint8Array>;
  /** The newest commit on the first-parent line that changed one of these paths. */
  lastChange(commit: CommitId, paths: readonly string[]): Promise<CommitInfo>;
}

export interface PackedFile {
  readonly name: string;
  readonly executable: boolean;
  open(): Uint8Array | AsyncIterable<Uint8Array>;
}

export interface PackOrder {
  readonly spec: string;
  /** With plain names; the one that `spec` names among them. */
  readonly files: readonly PackedFile[];
  /** `SOURCE_DATE_EPOCH`, seconds since 1970: build time of the package and time of every file in it. */
  readonly sourceDateEpoch: number;
  /** An empty folder of its own; whatever is written is below it. Absolute. */
  readonly directory: string;
  readonly limits: BuildLimits;
}

export type PackAnswer =
  /** Where the source package is, below the order's directory; untrusted. */
  | { readonly kind: 'packed'; readonly outputDirectory: string }
  | { readonly kind: 'failed'; readonly check: string; readonly found: string };

export interface Log {
  emit(event: Event): void;
}
