import {
  type BasePin,
  type Channel,
  digestsOf,
  type Module,
  type PackageEntry,
  packageDifference,
  packagesNamed,
  type Sha256,
  type UpstreamSnapshot,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import { isBuiltHere } from '../builds/built-here.ts';
import type { ChannelPlan } from '../channel.ts';
import { nameArch } from '../content/delta.ts';
import { treeFor } from '../content/units.ts';
import { frozenSince } from '../upstream-health.ts';
import { type Context, suspensionOf } from '../world.ts';
import { withReissues } from './reissues.ts';

/** A package that an upstream has and that is newer than the base of some channel taking updates. */
export interface Candidate {
  readonly entry: PackageEntry;
  readonly upstream: string;
  /** Channels for which it is news. */
  readonly channels: ReadonlySet<string>;
  /** The digest of the same NEVRA that the channels know. */
  readonly replaces?: Sha256;
}

/** What the channels that take updates could be offered now. */
export interface Offered {
  readonly channels: readonly Channel[];
  readonly latest: ReadonlyMap<string, UpstreamSnapshot>;
  readonly candidates: ReadonlyMap<Sha256, Candidate>;
}

/** Channels that follow none and advance by updates are where updates come from. */
export function offeredUpdates(context: Context, plans: readonly ChannelPlan[]): Offered {
  const channels = plans
    .filter((p) => !p.closed && p.channel.follows === undefined)
    .map((p) => p.channel);
  const latest = new Map<string, UpstreamSnapshot>();
  const found = new Map<Sha256, { candidate: Candidate; channels: Set<string> }>();
  for (const channel of channels) {
    for (const pin of channel.base) {
      const snapshot = takenFrom(context, channel, pin);
      const tree = treeFor(context, channel, pin.upstream);
      if (!snapshot || tree === undefined) continue;
      latest.set(pin.upstream, snapshot);
      const pinned = pin.snapshot && context.actual.snapshots.get(pin.snapshot);
      if (!pinned) continue;
      for (const entry of newsIn(snapshot, pinned, basesOf(context, channel, tree))) {
        if (context.policyOf(entry.name, pin.upstream)?.action === 'skip') continue;
        if (isBuiltHere(context, entry, { upstream: pin.upstream })) continue;
        const known = found.get(entry.sha256);
        if (known) known.channels.add(channel.name);
        else {
          const names = new Set([channel.name]);
          const candidate = { entry, upstream: pin.upstream, channels: names };
          found.set(entry.sha256, { candidate, channels: names });
        }
      }
    }
  }
  const candidates = new Map([...found].map(([digest, { candidate }]) => [digest, candidate]));
  return { channels, latest, candidates: withReissues(context, { channels, latest, candidates }) };
}

/** The newest snapshot of a pin that advances by updates, unless the upstream is frozen or suspended. */
function takenFrom(context: Context, channel: Channel, pin: BasePin): UpstreamSnapshot | undefined {
  if (pin.advance !== 'updates' || pin.snapshot === undefined) return undefined;
  if (!context.actual.snapshots.has(pin.snapshot)) return undefined;
  if (treeFor(context, channel, pin.upstream) === undefined) return undefined;
  if (frozenSince(context, pin.upstream) !== undefined) return undefined;
  if (suspensionOf(context, `upstream/${pin.upstream}`)) return undefined;
  const id = context.actual.upstreams.get(pin.upstream)?.latest?.snapshot;
  if (id === undefined || id === pin.snapshot) return undefined;
  return context.actual.snapshots.get(id);
}

/** A pinned snapshot, and the module streams of its packages. */
interface Base {
  readonly packages: readonly PackageEntry[];
  readonly streams: ReadonlyMap<string, string>;
}

function basesOf(context: Context, channel: Channel, tree: string): readonly Base[] {
  return channel.base.flatMap(({ upstream, snapshot: id }): Base[] => {
    if (treeFor(context, channel, upstream) !== tree || id === undefined) return [];
    const snapshot = context.actual.snapshots.get(id);
    if (!snapshot) return [];
    return [{ packages: snapshot.packages, streams: streamsOf(snapshot.modules) }];
  });
}

/** Of what a pinned snapshot does not have, what is newer than every base of the tree; by name, arch and stream. */
function* newsIn(
  snapshot: UpstreamSnapshot,
  pinned: UpstreamSnapshot,
  bases: readonly Base[],
): Iterable<PackageEntry> {
  const streams = streamsOf(snapshot.modules);
  for (const p of packageDifference(pinned.packages, snapshot.packages).added) {
    if (bases.some((base) => digestsOf(base.packages).has(p.sha256))) continue;
    const key = versionKey(p, streams);
    const isOlder = bases.some((base) =>
      packagesNamed(base.packages, p.name).some(
        (b) => versionKey(b, base.streams) === key && compareEvr(b, p) >= 0,
      ),
    );
    if (!isOlder) yield p;
  }
}

/** `name-epoch:version-release.arch` of a modular package → `name:stream`. */
function streamsOf(modules: readonly Module[]): ReadonlyMap<string, string> {
  const streams = new Map<string, string>();
  for (const m of modules) {
    const stream = m.nsvca.split(':').slice(0, 2).join(':');
    for (const artifact of m.artifacts) streams.set(artifact, stream);
  }
  return streams;
}

function versionKey(p: PackageEntry, streams: ReadonlyMap<string, string>): string {
  if (streams.size === 0) return nameArch(p);
  const full = `${p.name}-${p.epoch}:${p.version}-${p.release}.${p.arch}`;
  return `${nameArch(p)} ${streams.get(full) ?? ''}`;
}
