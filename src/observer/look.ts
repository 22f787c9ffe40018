import {
  type Actual,
  type ChannelHistory,
  type ChannelSnapshot,
  type ChannelState,
  type CommitId,
  canonicalDigest,
  type Desired,
  type DigestSet,
  digestsOf,
  type Fact,
  Fault,
  type GenerationRecord,
  type Recorded,
  type Removal,
  type Sha256,
  type SnapshotId,
  type UpstreamSnapshot,
  type UpstreamState,
} from '../model/index.ts';
import type { Ports } from '../ports.ts';
import { readKeyring } from '../rpm/index.ts';
import type { SnapshotReader } from '../store/index.ts';
import { admissions } from './admissions.ts';
import { currentGeneration, type Memory, type UpstreamMemory } from './memory.ts';
import { hasTick } from './schedule.ts';
import { signedByKey } from './signed-forms.ts';

export interface LookOptions {
  readonly desired: Desired;
  readonly head: CommitId;
  readonly memory: Memory;
  readonly snapshots: SnapshotReader;
  readonly removals: readonly Removal[];
  readonly facts: ReadonlyMap<string, Fact>;
  readonly now: number;
  /** Every upstream is due, whatever its schedule says. */
  readonly syncAll: boolean;
}

/** Gathers everything that is, as values: the planner sees nothing else. */
export async function look(
  ports: Pick<Ports, 'forge' | 'signer'>,
  options: LookOptions,
): Promise<Actual> {
  const { memory, desired } = options;
  const recorded = await lookAtRecords(ports, options);
  const channels = await channelStates(options, recorded);
  return {
    ...recorded,
    snapshots: await namedSnapshots(options),
    channels,
    retained: await pinnedContents(options),
    proposals: await ports.forge.list(),
    removals: options.removals,
    facts: options.facts,
    acknowledgedPlans: memory.acknowledgedPlans,
    builds: memory.builds,
    signed: signedByKey(memory, desired),
  };
}

export type RecordsOptions = Pick<LookOptions, 'desired' | 'head' | 'memory' | 'now' | 'syncAll'>;

/** What journal and signer say; no content is read. */
export async function lookAtRecords(
  ports: Pick<Ports, 'signer'>,
  options: RecordsOptions,
): Promise<Recorded> {
  const { memory, desired, now } = options;
  return {
    acceptedHead: options.head,
    upstreams: new Map([...desired.upstreams.keys()].map((n) => [n, upstreamState(n, options)])),
    channels: new Map(
      [...memory.generations].flatMap(([name, records]) => historyOf(name, records)),
    ),
    suspensions: memory.suspensions.filter((s) => s.until === undefined || s.until > now),
    ...(await signingKeys(ports)),
  };
}

function historyOf(
  name: string,
  records: readonly GenerationRecord[],
): readonly (readonly [string, ChannelHistory])[] {
  const generation = records.at(-1);
  if (!generation) return [];
  const formerBases = basesOf(records);
  const formerKeys = keysOf(records.slice(-readGenerations));
  const asTheyCame = records.filter((r) => r.packageKey === undefined);
  const formerContents = new Set(asTheyCame.map((r) => r.content));
  return [[name, { name, generation, formerBases, formerKeys, formerContents }]];
}

/** A signer that is away stops what it would sign, and nothing else. */
async function signingKeys({
  signer,
}: Pick<Ports, 'signer'>): Promise<Pick<Actual, 'signingKeys' | 'keyEnds' | 'signerFault'>> {
  try {
    const keys = await signer.keys();
    const ends = new Map<string, number>();
    for (const key of keys) {
      const text = await signer.publicKey(key);
      const {
        keys: [found],
      } = await readKeyring([{ path: `key ${key}`, text }]);
      if (found?.primary.expires !== undefined) ends.set(key, found.primary.expires);
    }
    return { signingKeys: keys, keyEnds: ends };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'SignerUnavailable') throw error;
    return { signingKeys: [], signerFault: error.toJSON() };
  }
}

const firstRetrySeconds = 60;
const longestRetrySeconds = 3600;

function upstreamState(name: string, options: RecordsOptions): UpstreamState {
  const known = options.memory.upstreams.get(name) ?? {};
  const { latest, checkedAt, fault } = known;
  const schedule = options.desired.upstreams.get(name)?.schedule;
  // A declaration that was changed is followed at once: it may be what mends the last failure.
  const changed =
    known.declared !== undefined && known.declared !== declared(options.desired, name);
  const due = fault
    ? retryDue(known, options.now)
    : checkedAt === undefined ||
      (schedule !== undefined && hasTick(schedule, checkedAt, options.now));
  return {
    name,
    due: options.syncAll || changed || due,
    ...(latest ? { latest } : {}),
    ...(checkedAt === undefined ? {} : { checkedAt }),
    ...(fault ? { fault } : {}),
    ...(known.origins ? { origins: known.origins } : {}),
  };
}

/** What decides how an upstream is mirrored: its declaration and the texts of its keys. */
export function declared(desired: Desired, name: string): Sha256 {
  const upstream = desired.upstreams.get(name);
  const keys = upstream?.keys.map((path) => desired.keys.get(path));
  return canonicalDigest({ ...upstream, at: undefined, schedule: undefined, keys });
}

/** What failed is tried again after a minute, then two, four …, at least once an hour. */
function retryDue(known: UpstreamMemory, now: number): boolean {
  const wait = firstRetrySeconds * 2 ** ((known.failures ?? 1) - 1);
  return now >= (known.failedAt ?? 0) + Math.min(wait, longestRetrySeconds);
}

async function channelStates(
  options: LookOptions,
  { channels }: Recorded,
): Promise<ReadonlyMap<string, ChannelState>> {
  const states = new Map<string, ChannelState>();
  for (const [name, history] of channels) {
    const content = await channelContent(options.snapshots, history.generation.content);
    if (!content) continue;
    const contentOf = (record: GenerationRecord) =>
      channelContent(options.snapshots, record.content);
    const admitted = await admissions(options.memory.generations.get(name) ?? [], contentOf);
    states.set(name, { ...history, content, admitted });
  }
  return states;
}

/** So many generations stay reachable for clients that are under way. */
const readGenerations = 3;

/** Of the metadata the one that signs first: others only sign along. */
function keysOf(records: readonly GenerationRecord[]): NonNullable<ChannelState['formerKeys']> {
  const newest = records.toReversed();
  return {
    metadata: [...new Set(newest.flatMap((r) => r.keys[0] ?? []))],
    packages: [...new Set(newest.flatMap((r) => r.packageKey ?? []))],
  };
}

/** Every snapshot that a channel was ever pinned to, by upstream: going back to one is a rollback. */
function basesOf(
  records: readonly GenerationRecord[],
): ReadonlyMap<string, ReadonlySet<SnapshotId>> {
  const bases = records.flatMap((r) => Object.entries(r.base));
  const byUpstream = Map.groupBy(bases, ([upstream]) => upstream);
  return new Map(
    [...byUpstream].map(([upstream, list]) => [upstream, new Set(list.map(([, id]) => id))]),
  );
}

async function namedSnapshots(
  options: LookOptions,
): Promise<ReadonlyMap<SnapshotId, UpstreamSnapshot>> {
  const pins = [...options.desired.channels.values()].flatMap((c) => c.base.map((b) => b.snapshot));
  const latest = [...options.memory.upstreams.values()].map((u) => u.latest?.snapshot);
  const served = [...options.memory.generations.keys()].flatMap((channel) =>
    Object.values(currentGeneration(options.memory, channel)?.base ?? {}),
  );
  const found = new Map<SnapshotId, UpstreamSnapshot>();
  for (const id of new Set([...pins, ...latest, ...served])) {
    const snapshot = id === undefined ? undefined : await options.snapshots.read(id);
    if (snapshot?.kind === 'upstream') found.set(snapshot.id, snapshot);
  }
  await addOlder(options, found);
  return found;
}

/** Loads older snapshots, newest first, only while an update names something that none of the newer ones holds. */
async function addOlder(
  options: LookOptions,
  found: Map<SnapshotId, UpstreamSnapshot>,
): Promise<void> {
  let wanted = wantedDigests(options.desired);
  const strike = (snapshots: Iterable<UpstreamSnapshot>) => {
    wanted = notIn(wanted, snapshots);
  };
  strike(found.values());
  const older = [...options.memory.upstreams.values()].flatMap((u) => u.history ?? []);
  for (const id of older.toReversed()) {
    if (wanted.length === 0) return;
    if (found.has(id)) continue;
    const snapshot = await options.snapshots.read(id);
    if (snapshot?.kind !== 'upstream') continue;
    found.set(id, snapshot);
    strike([snapshot]);
  }
}

/** Packages, then advisories: what is in one list stands together. */
/** What was built here is in no snapshot of an upstream; of what is still to be built, its source may be. */
function wantedDigests({ updates }: Desired): readonly Sha256[] {
  const wanted: Sha256[] = [];
  for (const { packages, build } of updates.values()) {
    if (build && packages.length === 0) wanted.push(build.source.sha256);
    if (!build) for (const p of packages) wanted.push(p.sha256);
  }
  for (const { advisory } of updates.values()) if (advisory) wanted.push(advisory.sha256);
  return wanted;
}

/** What stands together mostly comes from one upstream, so the last list that had something is tried first. */
function notIn(
  wanted: readonly Sha256[],
  snapshots: Iterable<UpstreamSnapshot>,
): readonly Sha256[] {
  const lists = [...snapshots].flatMap((s) => [digestsOf(s.packages), digestsOf(s.advisories)]);
  let lucky: DigestSet | undefined;
  return wanted.filter((digest) => {
    if (lucky?.has(digest)) return false;
    const list = lists.find((l) => l.has(digest));
    lucky = list ?? lucky;
    return list === undefined;
  });
}

async function pinnedContents(options: LookOptions): Promise<Actual['retained']> {
  const retained = new Map<string, ReadonlyMap<SnapshotId, ChannelSnapshot>>();
  for (const channel of options.desired.channels.values()) {
    if (!channel.pin) continue;
    const content = await channelContent(options.snapshots, channel.pin.digest);
    if (content) retained.set(channel.name, new Map([[content.id, content]]));
  }
  return retained;
}

/** A channel's content by its digest; undefined when it is not (or no longer) held here. */
export async function channelContent(
  snapshots: SnapshotReader,
  id: SnapshotId,
): Promise<ChannelSnapshot | undefined> {
  const snapshot = await snapshots.read(id);
  return snapshot?.kind === 'channel' ? snapshot : undefined;
}
