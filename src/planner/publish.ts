import {
  type Channel,
  type ChannelHistory,
  type ChannelSnapshot,
  type ChannelState,
  type FaultReport,
  type Floor,
  type GenerationRecord,
  type Hold,
  packageDifference,
  type Reason,
  type Sha256,
  type SnapshotId,
  type Step,
} from '../model/index.ts';
import { type PackageSigning, packageKeyOf, packageSigning } from './package-signing.ts';
import { publishedKeys, type SigningKeys, signingKeysOf } from './signing-keys.ts';
import { stepOf } from './step.ts';
import { type Context, historyOf, type RecordedWorld, stateOf } from './world.ts';

/** What a channel is to serve next, and what that leaves waiting. */
export interface Publication {
  readonly channel: Channel;
  readonly content: ChannelSnapshot;
  readonly held: readonly Hold[];
  readonly why: Reason;
}

export interface Published {
  readonly steps: readonly Step[];
  readonly holds: readonly Hold[];
}

/** A channel gets a new generation when its content, its compression, its key or who may reach it is not as it is served. */
export function publishSteps(context: Context, publication: Publication): Published {
  const { channel, content } = publication;
  const state = stateOf(context, channel.name);
  return stepsFor(context, {
    ...publication,
    id: content.id,
    isEmpty: [...content.trees.values()].every((t) => t.packages.length === 0),
    signing: () => packageSigning(context, publication),
    entered: () => (state ? enteredDigests(state, content) : 'all'),
  });
}

/** The same for a content that the channel had as its packages came: all of it was admitted, and nothing needs a signature. */
export function publishAgain(
  world: RecordedWorld,
  again: Pick<Next, 'channel' | 'id' | 'why'>,
): Published {
  const signing = (): PackageSigning => ({ key: undefined, steps: [] });
  return stepsFor(world, { ...again, held: [], isEmpty: false, signing, entered: () => ({}) });
}

/** A publication by the digest of its content. */
interface Next {
  readonly channel: Channel;
  readonly id: SnapshotId;
  readonly isEmpty: boolean;
  /** Absent where it has been published before. */
  readonly content?: ChannelSnapshot;
  readonly held: readonly Hold[];
  readonly why: Reason;
  readonly signing: () => PackageSigning;
  readonly entered: () => GenerationRecord['entered'];
}

function stepsFor(world: RecordedWorld, next: Next): Published {
  const { channel, content, why } = next;
  const state = historyOf(world, channel.name);
  const { signingKeys, signerFault } = world.actual;
  const served = signerFault && state?.generation.keys[0];
  const key = channel.sign.metadata ?? signingKeys[0] ?? served;
  if (signerFault && !isDifferent(state, { ...next, key })) return { steps: [], holds: [] };
  if (signerFault) return { steps: [], holds: [awayHold(channel, signerFault)] };
  if (key === undefined || !signingKeys.includes(key)) {
    const different = isDifferent(state, { ...next, key });
    return { steps: [], holds: different ? [keyHold(channel, key)] : [] };
  }
  const keys = signingKeysOf(world, channel, key);
  if (keys.hold?.code === 'KeyExpired') return { steps: [], holds: [keys.hold, ...keys.notes] };
  if (!isDifferent(state, { ...next, key, keys })) return { steps: [], holds: keys.notes };
  if (keys.hold) return { steps: [], holds: [keys.hold, ...keys.notes] };
  const signing = next.signing();
  if (signing.hold) return { steps: [], holds: [signing.hold] };
  const record = recordOf(world, next, { keys, packageKey: signing.key });
  const { time: _, ...inputs } = record;
  const from = state?.generation.content;
  const about = { channel: channel.name, record, why } as const;
  const assemble = { kind: 'assemble', ...about, ...(content ? { content } : {}) } as const;
  const point = { kind: 'point', ...about } as const;
  return {
    steps: [
      ...signing.steps,
      stepOf(assemble, inputs),
      stepOf(from === undefined ? point : { ...point, from }, { ...inputs, from }),
    ],
    holds: keys.notes,
  };
}

function isDifferent(
  state: ChannelHistory | undefined,
  next: Pick<Next, 'channel' | 'id' | 'isEmpty'> & {
    readonly key: string | undefined;
    readonly keys?: SigningKeys;
  },
): boolean {
  if (!state) return !next.isEmpty;
  const { generation } = state;
  return (
    generation.content !== next.id ||
    generation.compression !== next.channel.compression ||
    generation.private !== next.channel.private ||
    generation.keys[0] !== next.key ||
    keysChanged(state, next) ||
    generation.packageKey !== packageKeyOf(next.channel) ||
    (generation.pinned === true) !== (next.channel.pin !== undefined)
  );
}

/** The next key has to get to machines, and so has the longer life of one that they have. */
function keysChanged(
  state: ChannelHistory,
  { channel, keys }: { readonly channel: Channel; readonly keys?: SigningKeys },
): boolean {
  const { next } = channel.sign;
  if (next !== undefined && !publishedKeys(state).includes(next)) return true;
  const { keys: signed, packageKey, keyEnds = {} } = state.generation;
  const used = [signed[0] ?? '', packageKey ?? ''];
  return keys !== undefined && used.some((key) => keyEnds[key] !== keys.ends[key]);
}

function awayHold(channel: Channel, fault: FaultReport): Hold {
  return {
    code: fault.code,
    subject: `channel:${channel.name}`,
    channel: channel.name,
    text: `${channel.name} cannot be signed: ${fault.check}: ${fault.found ?? 'no'}`,
    awaits: fault.fix,
    at: channel.at,
  };
}

function keyHold(channel: Channel, key: string | undefined): Hold {
  return {
    code: 'KeyMissing',
    subject: `channel:${channel.name}`,
    channel: channel.name,
    text: `${channel.name} cannot be signed: the key ${key ?? 'of this site'} is not here`,
    awaits: 'the key under keys/ of the state directory, or another sign.metadata',
    at: channel.at,
  };
}

function recordOf(
  world: RecordedWorld,
  next: Next,
  { keys, packageKey }: { readonly keys: SigningKeys; readonly packageKey: string | undefined },
): GenerationRecord {
  const { channel, held } = next;
  const { desired, actual, now } = world;
  const previous = historyOf(world, channel.name)?.generation;
  const base = channel.pin ? (previous?.base ?? {}) : basesOf(channel, held, previous);
  return {
    v: 1,
    channel: channel.name,
    number: (previous?.number ?? 0) + 1,
    commit: desired.commit,
    acceptedHead: actual.acceptedHead,
    revision: Math.max((previous?.revision ?? 0) + 1, desired.committedAt),
    time: now,
    content: next.id,
    compression: channel.compression,
    ...(channel.private ? { private: true as const } : {}),
    entered: next.entered(),
    held: held
      .map((h) => ({ unit: h.subject, code: h.code }))
      .toSorted((a, b) => (a.unit < b.unit ? -1 : 1)),
    base,
    floors: floorsOf(world, base),
    keys: keys.metadata,
    ...(packageKey === undefined ? {} : { packageKey }),
    ...(keys.offered.length === 0 ? {} : { offered: keys.offered }),
    ...(Object.keys(keys.ends).length === 0 ? {} : { keyEnds: keys.ends }),
    ...(channel.pin ? { pinned: true as const } : {}),
  };
}

/** A held pin leaves the base before it in force. */
function basesOf(
  channel: Channel,
  held: readonly Hold[],
  previous: GenerationRecord | undefined,
): Readonly<Record<string, SnapshotId>> {
  const base: Record<string, SnapshotId> = {};
  const names = new Set(held.map((h) => h.subject));
  const before = previous?.base ?? {};
  for (const pin of channel.base) {
    const id = names.has(`base:${pin.upstream}`) ? before[pin.upstream] : pin.snapshot;
    if (id !== undefined) base[pin.upstream] = id;
  }
  for (const [upstream, id] of Object.entries(before)) {
    if (names.has(`base:${upstream}`)) base[upstream] = id;
  }
  return base;
}

function enteredDigests(
  state: ChannelState,
  content: ChannelSnapshot,
): Readonly<Record<string, readonly Sha256[]>> {
  const entered: Record<string, readonly Sha256[]> = {};
  for (const [tree, { packages }] of content.trees) {
    const before = state.content.trees.get(tree)?.packages ?? [];
    // What is served was admitted.
    const news = state.admitted.incomplete ? packages : packageDifference(before, packages).added;
    const fresh = news.filter((p) => !state.admitted.has(p.sha256)).map((p) => p.sha256);
    if (fresh.length > 0) entered[tree] = fresh;
  }
  return entered;
}

function floorsOf(
  { actual }: RecordedWorld,
  base: Readonly<Record<string, SnapshotId>>,
): Readonly<Record<string, Floor>> {
  const floors: Record<string, Floor> = {};
  for (const upstream of Object.keys(base)) {
    const floor = actual.upstreams.get(upstream)?.latest?.floor;
    if (floor) floors[upstream] = floor;
  }
  return floors;
}
