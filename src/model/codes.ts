/** Exit codes of the command line; the contract is in docs/exit-codes.md. */
export const exits = {
  done: 0,
  pending: 1,
  usage: 2,
  refused: 3,
  verification: 4,
  unavailable: 5,
  local: 6,
  halted: 7,
  internal: 8,
} as const;

interface CodeEntry {
  readonly exit: number;
  readonly means: string;
}

/**
 * Every error and hold code, once: exit code and one sentence. Anchors in docs/codes.md are generated from this list.
 * Codes never change their meaning; a new situation gets a new code.
 */
export const codes = {
  // command line and policy files
  Usage: { exit: 2, means: 'The command line is not understood.' },
  PolicyUnreadable: {
    exit: 2,
    means: 'A policy file cannot be read as the YAML that Sluice accepts.',
  },
  PolicyUnknownKey: { exit: 2, means: 'A policy file has a key that its kind does not know.' },
  PolicyInvalid: { exit: 2, means: 'A value in a policy file is not what its kind expects.' },
  PolicyReference: { exit: 2, means: 'A policy file names something that does not exist.' },
  PolicyConflict: { exit: 2, means: 'Two declarations contradict each other.' },
  PolicyMissing: { exit: 2, means: 'Something that every policy repository needs is absent.' },
  NotYet: { exit: 2, means: 'A declared capability is not available in this version.' },
  ConfigInvalid: {
    exit: 2,
    means: 'controller.yaml or an environment variable is not understood.',
  },
  // authority and gates
  RemovesTooMuch: { exit: 3, means: 'A change would remove more than its gate allows.' },
  ChannelWouldEmpty: { exit: 3, means: 'A change would leave a channel empty or much smaller.' },
  ClosureBroken: { exit: 3, means: 'A change would bring new unresolvable dependencies.' },
  Soaking: { exit: 0, means: 'An update has not been long enough in the channel before.' },
  NotInFollowed: {
    exit: 0,
    means: 'An update is not served by the channel that this one follows.',
  },
  RequiresOther: { exit: 0, means: 'An update waits for another one that it requires.' },
  ProposalLimit: {
    exit: 0,
    means: 'Many proposals are open; more are opened when some of them are answered.',
  },
  AwaitsMerge: { exit: 0, means: 'A proposal is open; merging it is the answer.' },
  Rejected: { exit: 0, means: 'A person closed the proposal; its content is ignored.' },
  PolicyHold: { exit: 0, means: 'A policy holds or never delivers this package.' },
  HeldByFile: { exit: 0, means: 'A file under holds/ keeps this content out.' },
  Pinned: { exit: 0, means: 'The channel is pinned to a generation; nothing is admitted.' },
  Unpinned: { exit: 0, means: 'A base entry has no snapshot yet; it serves nothing.' },
  Suspended: { exit: 0, means: 'An operator suspended this object.' },
  AdvisoryIncomplete: { exit: 0, means: 'The upstream lacks packages that its advisory lists.' },
  StillPresent: {
    exit: 0,
    means: 'What was rolled back stays, because something else still brings it.',
  },
  Undeclared: {
    exit: 1,
    means: 'Something is still served although no channel of the policy declares it.',
  },
  OutsideWindow: { exit: 0, means: 'A channel admits changes at other hours.' },
  AwaitsCadence: { exit: 0, means: 'A channel takes this content on another day.' },
  Frozen: { exit: 0, means: 'A freeze stops admissions; snapshots and rollbacks go on.' },
  AwaitsApproval: { exit: 0, means: 'Content waits for people who may approve it.' },
  Waived: { exit: 0, means: 'A waiver opened a gate, for a time and with a reason.' },
  Expedited: { exit: 0, means: 'An update is severe enough to pass a gate at once.' },
  RollbackIncomplete: {
    exit: 3,
    means: 'A rollback would leave a served package without any version.',
  },
  Downgrade: { exit: 3, means: 'A change lowers or removes a version that is served.' },
  BuiltUnsigned: {
    exit: 3,
    means: 'A channel would serve packages that were built here and that nobody signs.',
  },
  CommitUnsigned: { exit: 3, means: 'A policy commit is not signed although it must be.' },
  CommitSignatureRefused: {
    exit: 3,
    means: 'The signature of a policy commit does not count: unknown, expired or revoked key.',
  },
  CommitNotMerged: {
    exit: 3,
    means: 'A policy commit is not the merge of a reviewed pull request although it must be.',
  },
  NotAllowed: { exit: 3, means: 'The access rules do not give this decision to who made it.' },
  // verification
  ChecksumMismatch: { exit: 4, means: 'Bytes do not have the promised digest or size.' },
  MetadataInvalid: { exit: 4, means: 'Repository metadata breaks its format.' },
  MetadataUnsigned: { exit: 4, means: 'Repository metadata is not signed although it must be.' },
  SignatureInvalid: { exit: 4, means: 'A signature does not verify.' },
  SignatureWeak: {
    exit: 4,
    means: 'A signature uses an algorithm that is too weak or not supported.',
  },
  KeyNotPinned: { exit: 4, means: 'A signature was made by a key that the upstream does not pin.' },
  KeyUnusable: { exit: 4, means: 'A key is expired, revoked or too weak.' },
  KeyFileInvalid: { exit: 4, means: 'A key file holds something other than public keys.' },
  PackageUnsigned: { exit: 4, means: 'A package has no signature that counts.' },
  PackageInvalid: { exit: 4, means: 'A file is not a complete, well-formed package.' },
  PackageMismatch: { exit: 4, means: 'A package is not what its metadata says.' },
  NotSignable: {
    exit: 4,
    means: 'A package is of a kind that a signature would not cover as a whole.',
  },
  SignatureDisputed: {
    exit: 4,
    means: 'A signature made here is refused by our own check or by that of rpm itself.',
  },
  RevokedKeyServed: {
    exit: 4,
    means: 'A channel serves packages signed by a key that its owner revoked as compromised.',
  },
  PackageTooLarge: { exit: 4, means: 'A package is larger than its upstream may bring.' },
  PackageTagRefused: { exit: 4, means: 'A header tag is not what the upstream may bring.' },
  NevraTwice: { exit: 4, means: 'One upstream offers two packages under one name.' },
  SpecCommitRefused: {
    exit: 4,
    means: 'A commit of a repository of specs is not signed by a key that its upstream pins.',
  },
  SpecHistoryRewritten: {
    exit: 7,
    means: 'The branch of a repository of specs no longer descends from the commit that was read.',
  },
  SpecRefused: {
    exit: 4,
    means: 'A folder of a repository of specs holds what no source package is packed from.',
  },
  SpecNotPacked: {
    exit: 4,
    means: 'rpmbuild made no source package of a spec, or another one than the spec may make.',
  },
  ReleaseNotRaised: {
    exit: 4,
    means: 'A commit changes a source package and neither its version nor its release.',
  },
  UpstreamRollback: { exit: 7, means: 'An upstream offers older metadata than it did before.' },
  UpstreamFrozen: { exit: 5, means: 'An upstream has offered the same metadata for too long.' },
  RevisionImplausible: { exit: 4, means: 'An upstream claims a revision from the future.' },
  SnapshotMissing: { exit: 4, means: 'A pinned snapshot or some of its bytes are not held here.' },
  SnapshotDamaged: { exit: 4, means: 'Stored bytes no longer have their digest.' },
  PlanStale: {
    exit: 1,
    means: 'The world moved while a plan was carried out; planning again decides.',
  },
  PlanDiverged: { exit: 3, means: 'What was merged is not what was reviewed.' },
  // builds
  SourceRefused: {
    exit: 4,
    means: 'A source package holds something other than plain files and one spec.',
  },
  BuildOutputRefused: {
    exit: 4,
    means: 'A build brought out something that its source may not make.',
  },
  BuildFailed: { exit: 1, means: 'A build ended without its packages; its log says why.' },
  BuildLimit: { exit: 1, means: 'A build needed more time, memory or room than it may have.' },
  BuildRequirements: {
    exit: 1,
    means: 'The repositories of a build root lack what the source package needs to be built.',
  },
  BuildInterrupted: { exit: 0, means: 'The controller ended before a build; it is tried again.' },
  BuildQueued: { exit: 0, means: 'A build is under way or waits for its turn.' },
  BuildNotStarted: {
    exit: 1,
    means: 'A build is due; `sluice run` or `sluice reconcile --wait` makes it.',
  },
  BuildWaits: { exit: 0, means: 'A build waits for an answer or for something to build with.' },
  BuildParked: {
    exit: 1,
    means: 'The controller ended several times while this was built; it is not tried again.',
  },
  BuildNotReproducible: {
    exit: 0,
    means: 'The same inputs were built into other bytes; what was built first counts.',
  },
  SourceMissing: {
    exit: 1,
    means: 'A policy builds a package whose source package no upstream offers.',
  },
  BuiltNameTaken: {
    exit: 3,
    means: "A built package would have the same name, version and release as the vendor's.",
  },
  NewerUpstream: { exit: 0, means: 'A replaced package is older than what the vendor offers.' },
  // upstream and forge
  UpstreamUnavailable: { exit: 5, means: 'An upstream cannot be reached or stopped answering.' },
  UpstreamFileMissing: { exit: 5, means: 'An upstream lacks a file that it should have.' },
  UpstreamChanged: { exit: 5, means: 'An upstream changed while it was mirrored.' },
  TransferTooLarge: { exit: 4, means: 'More data arrived than was promised.' },
  CertificateInvalid: { exit: 4, means: "A server's TLS certificate does not verify." },
  TransferRefused: { exit: 4, means: 'An address or redirect is not allowed.' },
  PolicyUnavailable: { exit: 5, means: 'The policy repository cannot be fetched.' },
  TreeBusy: {
    exit: 0,
    means: 'The policy repository is being edited; the controller does not push now.',
  },
  PushRejected: { exit: 5, means: 'The policy repository moved while the controller was writing.' },
  MergeConflict: { exit: 3, means: 'A proposal does not merge cleanly into the watched branch.' },
  ForgeUnavailable: { exit: 5, means: 'The forge cannot be reached, is busy or answers nonsense.' },
  ForgeRefused: { exit: 3, means: 'The forge does not do what it was asked.' },
  ProposalUnknown: { exit: 2, means: 'There is no such proposal.' },
  // local resources
  DiskFull: { exit: 6, means: 'A file system has no room left.' },
  DiskError: { exit: 6, means: 'The operating system refused a file operation.' },
  MirrorDamaged: { exit: 6, means: 'The local copy of the policy repository cannot be read.' },
  ToolMissing: { exit: 6, means: 'A program that is needed is not installed.' },
  ToolFailed: { exit: 6, means: 'A program failed or did not do what it should.' },
  BuilderUnavailable: {
    exit: 5,
    means: 'A build service cannot be reached, is busy or answers nonsense.',
  },
  BuilderUnsuitable: { exit: 6, means: 'A builder cannot make what a policy gives it.' },
  CannotIsolate: {
    exit: 6,
    means: 'This machine cannot keep a build apart from itself, so nothing is built.',
  },
  // operator
  KeyEnds: { exit: 0, means: 'A key of this site ends soon.' },
  KeyExpired: { exit: 7, means: 'A key of this site has ended; nothing is published with it.' },
  KeyNotAnnounced: {
    exit: 3,
    means: 'A key would sign before any published generation told machines of it.',
  },
  SigningRefused: {
    exit: 3,
    means: 'The signer was asked for what accepted commits do not say; nothing was signed.',
  },
  SignerUnavailable: {
    exit: 6,
    means: 'The signing process cannot be reached or does not answer.',
  },
  SignerBusy: { exit: 6, means: 'The signer has more to do than it may; it is asked again.' },
  KeyMissing: { exit: 7, means: "The site's signing key is not here." },
  ForgeMoved: {
    exit: 7,
    means: "The forge's repository is not the one that this installation met first.",
  },
  Locked: { exit: 7, means: 'Another controller uses this state directory.' },
  HistoryRewritten: {
    exit: 7,
    means: 'The policy branch no longer descends from the accepted head.',
  },
  ForeignController: { exit: 7, means: 'Another installation writes the generation log.' },
  JournalDamaged: { exit: 7, means: 'The journal is damaged before its end.' },
  StateTooNew: { exit: 7, means: 'The state directory was written by a newer Sluice.' },
  ClockImplausible: { exit: 7, means: 'The clock differs from what was last recorded.' },
  NotFound: { exit: 2, means: 'What the command names does not exist.' },
  Internal: { exit: 8, means: 'A mistake in Sluice itself.' },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof codes;
