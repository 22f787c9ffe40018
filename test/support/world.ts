import {
  type Actual,
  type BasePin,
  type BuildState,
  type Channel,
  type ChannelState,
  type CommitId,
  type Desired,
  digestOf,
  type Fact,
  type FaultReport,
  type HeldAdvisory,
  type HoldFile,
  type Module,
  nevraText,
  type PackageEntry,
  type Place,
  type Policy,
  type Promotion,
  type ProposalRecord,
  type RefusedPackage,
  type Removal,
  type Sha256,
  type SignedForm,
  type SnapshotId,
  type Suspension,
  slugOf,
  type Update,
  type UpdatePackage,
  type Upstream,
  type UpstreamSnapshot,
  type UpstreamState,
  upstreamSnapshot,
} from '../../src/model/index.ts';
import type { World } from '../../src/planner/index.ts';
import { pkg } from './world-packages.ts';

export const day = 86_400;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A policy repository and an installation in memory, told in a few lines and changed by applying plans. */
export interface ModelState {
  now: number;
  commits: number;
  desired: Mutable<Desired> & {
    upstreams: Map<string, Upstream>;
    channels: Map<string, Channel>;
    updates: Map<string, Update>;
    policies: Policy[];
    promotions: Promotion[];
    holds: HoldFile[];
  };
  upstreams: Map<string, UpstreamState>;
  snapshots: Map<SnapshotId, UpstreamSnapshot>;
  channels: Map<string, ChannelState>;
  retained: Map<string, Map<SnapshotId, ChannelState['content']>>;
  proposals: ProposalRecord[];
  removals: Removal[];
  facts: Map<string, Fact>;
  builds: Map<Sha256, BuildState>;
  suspensions: Suspension[];
  acknowledgedPlans?: ReadonlySet<Sha256>;
  signingKeys: string[];
  signerFault?: FaultReport;
  keyEnds?: ReadonlyMap<string, number>;
  signed?: ReadonlyMap<string, ReadonlyMap<Sha256, SignedForm>>;
  edited?: NonNullable<Actual['edited']>;
  trials?: ReadonlyMap<number, string>;
  /** Package name → names that it needs; what the closure of this world looks at. */
  requires: Map<string, readonly string[]>;
}

export interface ChannelOptions extends Partial<Omit<Channel, 'base' | 'gates'>> {
  readonly base?: readonly (string | (Partial<BasePin> & { readonly upstream: string }))[];
  readonly gates?: Partial<Channel['gates']>;
}

export interface Offer {
  readonly packages: readonly (string | PackageEntry)[];
  readonly advisories?: readonly HeldAdvisory[];
  readonly modules?: readonly Module[];
  readonly refused?: readonly RefusedPackage[];
}

export const place = (file: string, line = 1): Place => ({ file, line, col: 1 });
export const fingerprint = 'A'.repeat(40);

function emptyState(): ModelState {
  const catchAll: Policy = {
    name: 'default',
    match: { packages: ['*'], upstreams: [], severity: [] },
    ...{ priority: 0, action: 'copy', approvals: {}, at: place('policies/default.yaml') },
  };
  return {
    now: 1_700_000_000,
    commits: 0,
    desired: {
      ...{ commit: commitId(0), committedAt: 1_700_000_000 },
      site: { name: 't', url: 'https://t.example', trust: 'open', at: place('sluice.yaml') },
      ...{ upstreams: new Map(), policies: [catchAll], channels: new Map(), updates: new Map() },
      ...{ promotions: [], holds: [], keys: new Map() },
    },
    ...{ upstreams: new Map(), snapshots: new Map(), channels: new Map(), retained: new Map() },
    ...{
      proposals: [],
      removals: [],
      facts: new Map(),
      builds: new Map(),
      suspensions: [],
      requires: new Map(),
    },
    signingKeys: [fingerprint],
  };
}

export const commitId = (n: number): CommitId => digestOf(`commit ${n}`).slice(0, 40) as CommitId;

export class ModelWorld {
  readonly state = emptyState();

  /** What the planner sees. */
  value(): World {
    const { state } = this;
    const actual: Actual = { ...state, acceptedHead: state.desired.commit };
    return { desired: state.desired, actual, now: state.now };
  }

  later(seconds: number): this {
    this.state.now += seconds;
    return this;
  }

  upstream(name: string, more: Partial<Upstream> = {}): this {
    this.state.desired.upstreams.set(name, {
      ...{ name, url: `https://${name}.example/`, tree: 'x86_64', keys: [] },
      require: { metadataSignature: true, packageSignatures: true },
      ...{ exceptions: [], include: [], exclude: [], verifyTags: {} },
      limits: { maxPackageBytes: 1e9 },
      at: place(`upstreams/${name}.yaml`),
      ...more,
    });
    this.state.upstreams.set(name, { name, due: true });
    return this;
  }

  channel(name: string, more: ChannelOptions = {}): this {
    const file = `channels/${name}.yaml`;
    const { base = [], gates, ...rest } = more;
    this.state.desired.channels.set(name, {
      ...{ name, path: name, trees: ['x86_64'], keep: 2, compression: 'gz' },
      base: base.map((b, i) => {
        const pin = typeof b === 'string' ? { upstream: b } : b;
        return { advance: 'updates', at: place(file, 5 + i), ...pin };
      }),
      gates: {
        ...{ soakSeconds: 0, closure: { mode: 'off', with: [] }, removals: { allow: [] } },
        ...gates,
      },
      ...{ sign: { packages: 'keep' }, at: place(file), ...rest },
    });
    return this;
  }

  policy(name: string, more: Partial<Policy> = {}): this {
    const others = this.state.desired.policies.filter((p) => p.name !== name);
    this.state.desired.policies = [
      ...others,
      {
        ...{ name, match: { packages: ['*'], upstreams: [], severity: [] }, priority: 0 },
        ...{ action: 'copy', approvals: {}, at: place(`policies/${name}.yaml`), ...more },
      },
    ];
    return this.commit();
  }

  /** The answers of the catch-all policy. */
  approvals(answers: Policy['approvals']): this {
    return this.policy('default', { approvals: answers });
  }

  /** A finished sync: this is what the upstream has now. */
  offers(upstream: string, offer: Offer | readonly string[]): this {
    const given: Offer = 'packages' in offer ? offer : { packages: offer };
    const snapshot = upstreamSnapshot({
      packages: given.packages.map((p) => (typeof p === 'string' ? pkg(p) : p)),
      ...{ advisories: given.advisories ?? [], groups: [], modules: given.modules ?? [] },
    });
    this.state.snapshots.set(snapshot.id, snapshot);
    const { now } = this.state;
    this.state.upstreams.set(upstream, {
      ...{ name: upstream, due: false, checkedAt: now },
      latest: {
        ...{ upstream, snapshot: snapshot.id, takenAt: now, repomd: digestOf(snapshot.id) },
        ...{ floor: { revision: now, timestamp: now }, refused: given.refused ?? [], excused: [] },
      },
    });
    return this;
  }

  latest(upstream: string): SnapshotId {
    const id = this.state.upstreams.get(upstream)?.latest?.snapshot;
    if (!id) throw new Error(`${upstream} has no snapshot`);
    return id;
  }

  /** Pins a base entry, by default to the newest snapshot. */
  pin(channel: string, upstream: string, snapshot = this.latest(upstream)): this {
    return this.change(channel, (c) => ({
      ...c,
      base: c.base.map((b) => (b.upstream === upstream ? { ...b, snapshot } : b)),
    }));
  }

  change(channel: string, edit: (channel: Channel) => Channel): this {
    const before = this.state.desired.channels.get(channel);
    if (!before) throw new Error(`no channel ${channel}`);
    this.state.desired.channels.set(channel, edit(before));
    return this.commit();
  }

  update(
    id: string,
    packages: readonly (string | UpdatePackage)[],
    more: Partial<Update> = {},
  ): this {
    const file = `updates/${slugOf(id)}.yaml`;
    this.state.desired.updates.set(id, {
      ...{ id, file, modules: [], requires: [], at: place(file) },
      packages: packages.map((p) => (typeof p === 'string' ? updatePackage(p) : p)),
      ...more,
    });
    return this.commit();
  }

  promote(channel: string, ...updates: readonly string[]): this {
    for (const update of updates) {
      const file = `promotions/${channel}/${slugOf(update)}.yaml`;
      this.state.desired.promotions.push({ update, channel, file, at: place(file) });
    }
    return this.commit();
  }

  /** `git revert` of a promotion; with `andUpdate` the commit had added the update too. */
  revert(channel: string, id: string, andUpdate = false): this {
    const { state } = this;
    const update = state.desired.updates.get(id);
    const served = state.channels.get(channel)?.content;
    if (!update || !served) throw new Error(`${id} is not in ${channel}`);
    state.desired.promotions = state.desired.promotions.filter(
      (p) => p.update !== id || p.channel !== channel,
    );
    if (andUpdate) state.desired.updates.delete(id);
    this.commit();
    const { commit } = state.desired;
    state.removals.push({ channel, commit, update, servedBefore: served });
    return this;
  }

  commit(): this {
    this.state.commits += 1;
    this.state.desired.commit = commitId(this.state.commits);
    this.state.desired.committedAt = this.state.now;
    return this;
  }

  requires(name: string, ...needs: readonly string[]): this {
    this.state.requires.set(name, needs);
    return this;
  }

  /** NEVRAs that a channel serves, sorted. */
  serves(channel: string, tree = 'x86_64'): readonly string[] {
    const content = this.state.channels.get(channel)?.content.trees.get(tree);
    return (content?.packages ?? []).map(nevraText).toSorted();
  }

  content(channel: string): SnapshotId | undefined {
    return this.state.channels.get(channel)?.content.id;
  }
}

export const world = (): ModelWorld => new ModelWorld();

export function updatePackage(text: string, upstream = 'v'): UpdatePackage {
  const entry = pkg(text);
  return { nevra: nevraText(entry), sha256: entry.sha256, upstream };
}
