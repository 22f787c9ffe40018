import type {
  BuildRecord,
  CommitId,
  FaultReport,
  Floor,
  GenerationRecord,
  Hold,
  PackageStateName,
  Sha256,
  SignedForm,
  SnapshotId,
  SnapshotTaken,
  SourceOrigin,
  Suspension,
} from '../model/index.ts';
import { type BuildBegun, type Builds, withBegun, withEnded, withRetry } from './build-memory.ts';

/** What the journal says happened, folded into what the next pass needs to know. */
export interface Memory {
  readonly acceptedHead: CommitId | undefined;
  /** The newest accepted commit whose policy files were all valid. */
  readonly desiredCommit: CommitId | undefined;
  readonly upstreams: ReadonlyMap<string, UpstreamMemory>;
  /** How far each upstream had come, also where only a generation record remembers it. */
  readonly floors: ReadonlyMap<string, Floor>;
  /** Oldest first, by channel. */
  readonly generations: ReadonlyMap<string, readonly GenerationRecord[]>;
  /** Deleted promotions up to this commit have their hold files. */
  readonly removalsHandled: CommitId | undefined;
  readonly suspensions: readonly Suspension[];
  /** Why the accepted head stays although the policy repository has moved. */
  readonly policyHold?: Hold | undefined;
  /** The newest policy commit that an operator acknowledged although history was rewritten. */
  readonly acknowledgedHead: CommitId | undefined;
  /** An operator said that the generation log of another installation is continued here. */
  readonly takesOverLog: boolean;
  /** Upstreams whose step backwards an operator acknowledged; forgotten once they were mirrored. */
  readonly acknowledgedUpstreams: ReadonlySet<string>;
  /** Promotions that an operator accepted although they differ from their review, by the digest of their content. */
  readonly acknowledgedPlans: ReadonlySet<Sha256>;
  /** Builds that were begun, by the digest of their inputs. */
  readonly builds: Builds;
  /** Packages in the form that a key of this site gave them, oldest first. */
  readonly signed: readonly SignedBatch[];
  /** The state that each update was seen in last. */
  readonly states: ReadonlyMap<string, PackageStateName>;
  /** Public paths that may end, and when an operator said so, seconds since 1970. */
  readonly retired: ReadonlyMap<string, number>;
  /** Comments that were answered, as `<number>/<id>`. */
  readonly answeredComments: ReadonlySet<string>;
  /** What was last said of each proposal, by its number: a digest of head and statuses. */
  readonly saidStatuses: ReadonlyMap<number, Sha256>;
  /** The latest wall clock that was recorded since an operator last confirmed it, seconds since 1970. */
  readonly lastTime: number;
}

/** One step of an update through the states of its packages. */
export interface Move {
  readonly update: string;
  /** Absent for the first state that was seen. */
  readonly from?: PackageStateName;
  readonly to: PackageStateName;
  /** Who wrote the commit that moved it, or `sluice`. */
  readonly by: string;
}

/** Packages that were signed together, and the channel and commit that they were signed for. */
export interface SignedBatch {
  /** Full fingerprint. */
  readonly key: string;
  readonly channel: string;
  readonly commit: CommitId;
  readonly packages: readonly (SignedForm & { readonly source: Sha256 })[];
}

export interface UpstreamMemory {
  readonly latest?: SnapshotTaken;
  /** Every snapshot that was ever the latest, oldest first: updates may name packages that only an old one holds. */
  readonly history?: readonly SnapshotId[];
  /** Of every source package that was ever packed from specs. */
  readonly origins?: ReadonlyMap<Sha256, SourceOrigin>;
  readonly checkedAt?: number;
  readonly fault?: FaultReport;
  /** When it last failed, seconds since 1970, and how often in a row. */
  readonly failedAt?: number;
  readonly failures?: number;
  /** Digest of the declaration that the last attempt followed. */
  readonly declared?: Sha256;
}

/** The kinds of journal entries that carry facts; others are notes for people. */
export interface JournalFacts {
  readonly accepted: { readonly head: CommitId; readonly from?: CommitId };
  readonly desired: { readonly commit: CommitId };
  readonly mirrored: {
    readonly taken: SnapshotTaken;
    readonly unchanged: boolean;
    readonly declared: Sha256;
  };
  readonly 'mirror-failed': {
    readonly upstream: string;
    readonly fault: FaultReport;
    readonly declared: Sha256;
  };
  readonly committed: { readonly record: GenerationRecord };
  readonly signed: SignedBatch;
  readonly 'removals-handled': { readonly commit: CommitId };
  readonly acknowledged: { readonly what: string; readonly by: string };
  /** A channel has a path again that an operator had allowed to end. */
  readonly 'declared-again': { readonly path: string };
  /** The log of another installation was continued; from now on only this one appends. */
  readonly 'log-taken-over': object;
  readonly 'comment-answered': {
    readonly number: number;
    readonly id: string;
    readonly by: string;
    /** First line of what was asked. */
    readonly asked: string;
    readonly outcome: 'done' | 'told' | 'refused';
  };
  readonly 'statuses-said': { readonly number: number; readonly digest: Sha256 };
  readonly 'policy-held': { readonly hold?: Hold };
  readonly suspended: { readonly suspension: Suspension; readonly by: string };
  readonly resumed: { readonly object: string; readonly by: string };
  /** Updates that came into another state. */
  readonly moved: { readonly commit: CommitId; readonly moves: readonly Move[] };
  readonly 'build-begun': BuildBegun;
  readonly 'build-ended': { readonly record: BuildRecord };
  /** An operator asked for another try. */
  readonly 'build-retried': { readonly key: Sha256; readonly by: string };
}
export type FactKind = keyof JournalFacts;

export interface FactEntry {
  readonly kind: string;
  readonly time: number;
  readonly data: unknown;
}

const empty: Memory = {
  acceptedHead: undefined,
  desiredCommit: undefined,
  upstreams: new Map(),
  floors: new Map(),
  generations: new Map(),
  removalsHandled: undefined,
  suspensions: [],
  acknowledgedHead: undefined,
  takesOverLog: false,
  acknowledgedUpstreams: new Set(),
  acknowledgedPlans: new Set(),
  builds: new Map(),
  signed: [],
  states: new Map(),
  retired: new Map(),
  answeredComments: new Set(),
  saidStatuses: new Map(),
  lastTime: 0,
};

/** Folds journal entries, oldest first; unknown kinds only move the clock. */
export function remember(entries: Iterable<FactEntry>, from: Memory = empty): Memory {
  let memory = from;
  for (const entry of entries) memory = after(memory, entry);
  return memory;
}

type Fold<K extends FactKind> = (m: Memory, data: JournalFacts[K], time: number) => Partial<Memory>;

const folds: { readonly [K in FactKind]: Fold<K> } = {
  // An acknowledgement is used up by the next step forward: it must not let the branch come back to it later.
  accepted: (_, d) => ({ acceptedHead: d.head, acknowledgedHead: undefined }),
  desired: (_, d) => ({ desiredCommit: d.commit }),
  mirrored: (m, d, time) => ({
    upstreams: withUpstream(m, d.taken.upstream, {
      latest: d.taken,
      history: withSnapshot(m.upstreams.get(d.taken.upstream)?.history ?? [], d.taken.snapshot),
      checkedAt: time,
      declared: d.declared,
      ...withOrigins(m.upstreams.get(d.taken.upstream), d.taken),
    }),
    floors: new Map(m.floors).set(d.taken.upstream, d.taken.floor),
    acknowledgedUpstreams: without(m.acknowledgedUpstreams, d.taken.upstream),
  }),
  'mirror-failed': (m, d, failedAt) => {
    const before = m.upstreams.get(d.upstream);
    const failures = (before?.failures ?? 0) + 1;
    const { fault, declared } = d;
    const after = { ...before, fault, failedAt, failures, declared };
    return { upstreams: withUpstream(m, d.upstream, after) };
  },
  committed: (m, d) => ({
    generations: withGeneration(m, d.record),
    // The newest word counts, also where it is lower: a step backwards may have been acknowledged.
    floors: new Map([...m.floors, ...Object.entries(d.record.floors)]),
  }),
  signed: (m, d) => ({ signed: [...m.signed, d] }),
  'removals-handled': (_, d) => ({ removalsHandled: d.commit }),
  acknowledged: (m, d, time) => {
    if (d.what.startsWith('served/')) {
      return { retired: new Map([...m.retired, [d.what.slice('served/'.length), time]]) };
    }
    if (d.what === 'clock') return { lastTime: time };
    if (d.what === 'generations') return { takesOverLog: true };
    if (d.what.startsWith('plan/')) {
      return { acknowledgedPlans: new Set([...m.acknowledgedPlans, d.what.slice(5) as Sha256]) };
    }
    return d.what.startsWith('upstream/')
      ? { acknowledgedUpstreams: new Set([...m.acknowledgedUpstreams, d.what.slice(9)]) }
      : { acknowledgedHead: d.what as CommitId };
  },
  'declared-again': (m, d) => ({
    retired: new Map([...m.retired].filter(([path]) => path !== d.path)),
  }),
  'comment-answered': (m, d) => ({
    answeredComments: new Set([...m.answeredComments, `${d.number}/${d.id}`]),
  }),
  'statuses-said': (m, d) => ({
    saidStatuses: new Map(m.saidStatuses).set(d.number, d.digest),
  }),
  'policy-held': (_, d) => ({ policyHold: d.hold }),
  'log-taken-over': () => ({ takesOverLog: false }),
  suspended: (m, d) => ({
    suspensions: [...withoutObject(m, d.suspension.object), d.suspension],
  }),
  resumed: (m, d) => ({ suspensions: withoutObject(m, d.object) }),
  moved: (m, d) => ({
    states: new Map([...m.states, ...d.moves.map((x) => [x.update, x.to] as const)]),
  }),
  'build-begun': (m, d, time) => ({ builds: withBegun(m.builds, d, time) }),
  'build-ended': (m, d) => ({ builds: withEnded(m.builds, d.record) }),
  'build-retried': (m, d) => ({ builds: withRetry(m.builds, d.key) }),
};

function after(memory: Memory, entry: FactEntry): Memory {
  const change = isFact(entry.kind) ? apply(entry.kind, memory, entry) : {};
  return { ...memory, lastTime: Math.max(memory.lastTime, entry.time), ...change };
}

const isFact = (kind: string): kind is FactKind => Object.hasOwn(folds, kind);

function apply<K extends FactKind>(kind: K, memory: Memory, entry: FactEntry): Partial<Memory> {
  // The journal's hash chain vouches for the shape: only this program writes it.
  return folds[kind](memory, entry.data as JournalFacts[K], entry.time);
}

/** A package that was there before keeps the origin that it had. */
function withOrigins(before: UpstreamMemory | undefined, { specs }: SnapshotTaken) {
  const known = [...(before?.origins ?? [])];
  const origins = (specs?.origins ?? []).map((o) => [o.sha256, o] as const);
  const all = new Map([...origins, ...known]);
  return all.size === 0 ? {} : { origins: all };
}

const withSnapshot = (history: readonly SnapshotId[], id: SnapshotId) =>
  history.includes(id) ? history : [...history, id];

function withUpstream(memory: Memory, name: string, value: UpstreamMemory) {
  return new Map(memory.upstreams).set(name, value);
}

function withGeneration(memory: Memory, record: GenerationRecord) {
  const list = memory.generations.get(record.channel) ?? [];
  if (list.some((r) => r.number === record.number)) return memory.generations;
  return new Map(memory.generations).set(record.channel, [...list, record]);
}

const withoutObject = (memory: Memory, object: string) =>
  memory.suspensions.filter((s) => s.object !== object);

const without = (set: ReadonlySet<string>, item: string) =>
  new Set([...set].filter((x) => x !== item));

/** The generation that a channel serves. */
export function currentGeneration(memory: Memory, channel: string): GenerationRecord | undefined {
  return memory.generations.get(channel)?.at(-1);
}

/** Digests that entered by a record, where the record lists them. */
export function enteredBy(record: GenerationRecord): readonly Sha256[] {
  return record.entered === 'all' ? [] : Object.values(record.entered).flat();
}
