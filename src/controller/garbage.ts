import type { GenerationRecord, Sha256, SnapshotId } from '../model/index.ts';

/** Everything that decides what may go, as values. Times in seconds since 1970. */
export interface GarbageWorld {
  /** Whatever was in force at this time or later stays. */
  readonly since: number;
  /** The same for people: `the last 30 days`. */
  readonly recent: string;
  /** So many newest generations of each channel stay, however old. */
  readonly newest: number;
  /** Records by channel, oldest first. */
  readonly generations: ReadonlyMap<string, readonly GenerationRecord[]>;
  /** Channels that the policy no longer has and that serve nothing any more, with the time of their end. */
  readonly ended: ReadonlyMap<string, number>;
  /** `<channel>/<number>` of what channel names point at. */
  readonly served: ReadonlySet<string>;
  /** `<channel>/<number>` that the address `/snapshots/<id>/` of a content points at. */
  readonly addresses: ReadonlyMap<SnapshotId, string>;
  /** `<channel>/<number>` of generations that the log in git does not have yet. */
  readonly unlogged: ReadonlySet<string>;
  /** Digests that the policy names, and who names them. */
  readonly named: ReadonlyMap<string, string>;
  /** Snapshots of upstreams, oldest first. */
  readonly taken: readonly TakenSnapshot[];
  /** Numbers of open proposals. */
  readonly proposals: ReadonlySet<number>;
  /** An open proposal to whose branch a person committed: it may name anything. */
  readonly edited?: number;
  /** Snapshots that somebody reads at this moment. */
  readonly leased: ReadonlySet<SnapshotId>;
  /** Source digest → digests of the forms that keys of this site gave it. */
  readonly forms?: ReadonlyMap<Sha256, readonly Sha256[]>;
  readonly held: HeldHere;
}

export interface TakenSnapshot {
  readonly upstream: string;
  readonly id: SnapshotId;
  /** When another one took its place; absent for the newest. */
  readonly until?: number;
}

/** What lies in the state directory. */
export interface HeldHere {
  readonly snapshots: ReadonlyMap<SnapshotId, HeldSnapshot>;
  /** `<channel>/<number>`. */
  readonly generations: readonly string[];
  /** Names below `trials/`: `<proposal>-<digest>`; `shown` when the proposal's address points at it. */
  readonly trials: readonly { readonly name: string; readonly shown: boolean }[];
  readonly packages: readonly Sha256[];
  readonly objects: readonly Sha256[];
  readonly blocks: readonly Sha256[];
}

export interface HeldSnapshot {
  readonly packages: readonly Sha256[];
  readonly advisories: readonly Sha256[];
  /** Files that its manifest names. */
  readonly objects: readonly Sha256[];
  /** Keys of what is derived from its packages. */
  readonly blocks: readonly Sha256[];
}

/** Journal entries of a removal: what they name is what went. */
export const removalKinds = ['gc-begun', 'gc-removing', 'gc-ended'] as const;

export const garbageKinds = [
  'trial',
  'address',
  'generation',
  'snapshot',
  'object',
  'block',
  'package',
] as const;
export type GarbageKind = (typeof garbageKinds)[number];

/** One thing in the state directory, and why it stays; without a reason nothing names it. */
export interface GarbageJudgement {
  readonly kind: GarbageKind;
  readonly name: string;
  readonly keptBy?: string;
}

/** Reasons by name. The first reason stays: it is the one that people meet first. */
type Reasons<Name extends string = string> = Map<Name, string>;

/**
 * Judges everything that is held: what a channel serves, a recent commit, an open proposal, a retained generation or
 * the log still needs stays. In the order of removal: names before the bytes that they reach.
 */
export function garbage(world: GarbageWorld): readonly GarbageJudgement[] {
  const { held } = world;
  const generations = keptGenerations(world);
  const { whole, lists } = keptSnapshots(world, generations);
  for (const [id, name] of world.addresses) {
    if (whole.has(id)) keep(generations, name, `address of ${hex(id)}`);
  }
  const packages = keptPackages(world, whole);
  const objects: Reasons = new Map();
  const blocks: Reasons = new Map();
  for (const id of lists.keys()) {
    for (const digest of held.snapshots.get(id)?.objects ?? []) keep(objects, digest, hex(id));
  }
  for (const id of whole.keys()) {
    for (const key of held.snapshots.get(id)?.blocks ?? []) keep(blocks, key, hex(id));
  }
  // What is derived can be made again; for the rest the branch is given the benefit of the doubt.
  const doubt = world.edited === undefined ? undefined : `edited proposal #${world.edited}`;
  const judged = <N extends string>(kind: GarbageKind, names: Iterable<N>, reasons: Reasons<N>) =>
    [...names].map((name) =>
      judgement(kind, name, reasons.get(name) ?? (kind === 'block' ? undefined : doubt)),
    );
  const addresses: Reasons = new Map([...whole].map(([id, reason]) => [id.slice(7), reason]));
  return [
    ...held.trials.map((trial) => judgement('trial', trial.name, trialReason(world, trial))),
    ...judged(
      'address',
      [...world.addresses.keys()].map((id) => id.slice(7)),
      addresses,
    ),
    ...judged('generation', held.generations, generations),
    ...judged('snapshot', held.snapshots.keys(), lists),
    ...judged('object', held.objects, objects),
    ...judged('block', held.blocks, blocks),
    ...judged('package', held.packages, packages),
  ];
}

const judgement = (kind: GarbageKind, name: string, keptBy: string | undefined) => ({
  kind,
  name,
  ...(keptBy === undefined ? {} : { keptBy }),
});

const hex = (id: SnapshotId): string => `snapshot ${id.slice(7, 19)}`;

function keep<Name extends string>(reasons: Reasons<Name>, name: Name, reason: string): void {
  if (!reasons.has(name)) reasons.set(name, reason);
}

function trialReason(
  { proposals }: GarbageWorld,
  trial: HeldHere['trials'][number],
): string | undefined {
  const number = Number(trial.name.split('-')[0]);
  return trial.shown && proposals.has(number) ? `open proposal #${number}` : undefined;
}

function keptGenerations(world: GarbageWorld): Reasons {
  const kept: Reasons = new Map();
  for (const [channel, records] of world.generations) {
    for (const [i, record] of records.entries()) {
      const name = `${channel}/${record.number}`;
      const reason = generationReason(world, record, records.length - i);
      // Until its successor came it was served, so that is its age.
      const until = records[i + 1]?.time ?? world.ended.get(channel);
      if (reason !== undefined) kept.set(name, reason);
      else if (until === undefined || until >= world.since) {
        kept.set(name, `served in ${world.recent}`);
      }
    }
  }
  for (const name of world.held.generations) keepUnpublished(world, kept, name);
  // A name may point at what the journal does not know: that is for recovery, never for us.
  for (const name of world.served) keep(kept, name, 'a channel serves it');
  return kept;
}

/** What was assembled and waits for its switch. */
function keepUnpublished({ generations }: GarbageWorld, kept: Reasons, name: string): void {
  const [channel = '', number] = name.split('/');
  const newest = generations.get(channel)?.at(-1)?.number ?? 0;
  if (Number(number) > newest) keep(kept, name, 'not published yet');
}

/** `age` counts from 1, the newest. */
function generationReason(
  world: GarbageWorld,
  record: GenerationRecord,
  age: number,
): string | undefined {
  const name = `${record.channel}/${record.number}`;
  if (world.served.has(name)) return 'a channel serves it';
  const over = (world.ended.get(record.channel) ?? world.since) < world.since;
  if (age <= world.newest && !over) return `one of the ${world.newest} newest of ${record.channel}`;
  if (world.unlogged.has(name)) return 'the log in git does not have it yet';
  return world.named.get(record.content.slice(7));
}

interface KeptSnapshots {
  /** Kept with the bytes of their packages. */
  readonly whole: Reasons<SnapshotId>;
  /** Kept at least as lists. */
  readonly lists: Reasons<SnapshotId>;
}

function keptSnapshots(world: GarbageWorld, generations: Reasons): KeptSnapshots {
  const whole: Reasons<SnapshotId> = new Map();
  const lists: Reasons<SnapshotId> = new Map();
  for (const [channel, records] of world.generations) {
    for (const record of records) {
      const name = `${channel}/${record.number}`;
      // The admissions of a first generation are nowhere else: soak clocks count from them.
      if (record.entered === 'all') keep(lists, record.content, `soak clocks of ${channel}`);
      if (!generations.has(name)) continue;
      keep(whole, record.content, `generation ${name}`);
      for (const id of Object.values(record.base)) keep(whole, id, `generation ${name}`);
    }
  }
  for (const id of world.leased) keep(whole, id, 'somebody reads it');
  for (const { upstream, id, until } of world.taken) {
    if (until === undefined) keep(whole, id, `newest of upstream ${upstream}`);
    else if (until >= world.since) keep(whole, id, `newest of ${upstream} in ${world.recent}`);
  }
  for (const id of world.held.snapshots.keys()) {
    const reason = world.named.get(id.slice(7));
    if (reason !== undefined) keep(whole, id, reason);
  }
  keepDescriptions(world, whole, lists);
  for (const [id, reason] of whole) lists.set(id, reason);
  return { whole, lists };
}

/** A package or advisory that an update names is described by some snapshot: the newest one that has it stays. */
function keepDescriptions(
  world: GarbageWorld,
  whole: Reasons<SnapshotId>,
  lists: Reasons<SnapshotId>,
): void {
  const described = new Set<string>();
  const digests = (id: SnapshotId): readonly Sha256[] => {
    const held = world.held.snapshots.get(id);
    return held ? [...held.packages, ...held.advisories] : [];
  };
  const isKept = (id: SnapshotId) => whole.has(id) || lists.has(id);
  // Only snapshots of upstreams are searched for them.
  for (const { id } of world.taken.filter((t) => isKept(t.id))) {
    for (const digest of digests(id)) described.add(digest);
  }
  for (const { id } of world.taken.toReversed()) {
    if (isKept(id)) continue;
    const wanted = digests(id).find((d) => world.named.has(d) && !described.has(d));
    if (wanted === undefined) continue;
    keep(lists, id, `describes what ${world.named.get(wanted)} names`);
    for (const digest of digests(id)) described.add(digest);
  }
}

function keptPackages(world: GarbageWorld, whole: Reasons<SnapshotId>): Reasons {
  const kept: Reasons = new Map();
  // A file that names it tells people more than a list that happens to have it.
  for (const digest of world.held.packages) {
    const reason = world.named.get(digest);
    if (reason !== undefined) keep(kept, digest, reason);
  }
  for (const [id, reason] of whole) {
    for (const digest of world.held.snapshots.get(id)?.packages ?? []) keep(kept, digest, reason);
  }
  for (const [source, forms] of world.forms ?? []) {
    const reason = kept.get(source);
    for (const form of reason === undefined ? [] : forms) keep(kept, form, `${reason} (signed)`);
  }
  return kept;
}
