import {
  type Actual,
  type Advisory,
  type BasePin,
  type Channel,
  type ChannelState,
  type CommitId,
  canonicalDigest,
  type Desired,
  digestOf,
  type Fact,
  type GenerationRecord,
  type HeldAdvisory,
  nevraText,
  type PackageEntry,
  type Place,
  type Promotion,
  type Sha256,
  slugOf,
  type Update,
  type Upstream,
  type UpstreamSnapshot,
  type UpstreamState,
  upstreamSnapshot,
} from '../src/model/index.ts';
import { contentOf, type World } from '../src/planner/index.ts';
import { corpusEntry, treeOf } from './warm-entries.ts';

/** How large a site is; updates are of all upstreams together. */
export interface WideSite {
  readonly upstreams: number;
  readonly stages: number;
  readonly packages: number;
  readonly updates: number;
}

export const wideSite: WideSite = { upstreams: 10, stages: 5, packages: 10_000, updates: 3000 };

const place = (file: string): Place => ({ file, line: 1, col: 1 });
const commit = digestOf('the only commit').slice(0, 40) as CommitId;
const start = 1_700_000_000;
const day = 86_400;
const fingerprint = 'A'.repeat(40);
/** Of the updates of an upstream so many are not in the last stage yet. */
const waiting = 10;
const packagesInUpdate = 3;

interface Line {
  readonly upstream: Upstream;
  readonly base: UpstreamSnapshot;
  readonly latest: UpstreamSnapshot;
  readonly updates: readonly Update[];
  readonly channels: readonly Channel[];
}

/**
 * A site of several distributions, each with channels that follow one another, in which everything that was promoted
 * is served and the newest updates wait for the last stage.
 */
export function wideWorld(site: WideSite): World {
  const lines = Array.from({ length: site.upstreams }, (_, n) => lineOf(site, n));
  const updates = lines.flatMap((l) => l.updates);
  const desired: Desired = {
    ...{ commit, committedAt: start },
    site: { name: 'wide', url: 'https://wide.example', trust: 'open', at: place('sluice.yaml') },
    upstreams: new Map(lines.map((l) => [l.upstream.name, l.upstream])),
    policies: [
      {
        name: 'default',
        match: { packages: ['*'], upstreams: [], severity: [] },
        ...{ priority: 0, action: 'copy', approvals: {}, at: place('policies/default.yaml') },
      },
    ],
    channels: new Map(lines.flatMap((l) => l.channels).map((c) => [c.name, c])),
    updates: new Map(updates.map((u) => [u.id, u])),
    promotions: lines.flatMap(promotionsOf),
    ...{ holds: [], keys: new Map() },
  };
  const actual = actualOf(desired, lines);
  return { desired, actual, now: start + 100 * day };
}

function lineOf(site: WideSite, number: number): Line {
  const name = `dist${number}`;
  const first = number * site.packages;
  const base = Array.from({ length: site.packages }, (_, n) => corpusEntry(first + n, 1));
  const count = Math.floor(site.updates / site.upstreams);
  const updates: Update[] = [];
  const packages: PackageEntry[] = [...base];
  const advisories: HeldAdvisory[] = [];
  for (let n = 0; n < count; n += 1) {
    const members = Array.from({ length: packagesInUpdate }, (_, m) =>
      corpusEntry(
        first + ((n * packagesInUpdate + m) % site.packages),
        2 + Math.floor((n * packagesInUpdate) / site.packages),
      ),
    );
    const advisory = advisoryOf(`EX-${number}-${n}`, members);
    updates.push(updateOf(name, advisory, members));
    packages.push(...members);
    advisories.push(advisory);
  }
  const tree = treeOf(packages);
  const latest = upstreamSnapshot({ ...tree, advisories });
  const pinned = upstreamSnapshot(treeOf(base));
  const channels = Array.from({ length: site.stages }, (_, stage) =>
    channelOf(name, stage, pinned),
  );
  return { upstream: upstreamOf(name), base: pinned, latest, updates, channels };
}

function advisoryOf(id: string, members: readonly PackageEntry[]): HeldAdvisory {
  const advisory: Advisory = {
    ...{
      id,
      from: 'vendor',
      type: 'security',
      status: 'final',
      version: '1',
      title: `${id} title`,
    },
    ...{ issued: '2026-01-01', updated: '', rights: '', release: '', pushcount: '1' },
    ...{ severity: 'Important', summary: '', description: 'words '.repeat(60), solution: '' },
    ...{ rebootSuggested: false, references: [] },
    collections: [
      {
        ...{ short: 'x', name: 'x' },
        packages: members.map(({ name, epoch, version, release, arch, sourceRpm = '' }) => ({
          ...{ name, epoch, version, release, arch, src: sourceRpm },
          filename: `${name}-${version}-${release}.${arch}.rpm`,
          ...{ rebootSuggested: false, restartSuggested: false, reloginSuggested: false },
        })),
      },
    ],
  };
  return { sha256: canonicalDigest(advisory), advisory };
}

function updateOf(
  upstream: string,
  { sha256, advisory }: HeldAdvisory,
  members: readonly PackageEntry[],
): Update {
  const file = `updates/${slugOf(advisory.id)}.yaml`;
  return {
    ...{ id: advisory.id, file, modules: [], requires: [], at: place(file) },
    advisory: { id: advisory.id, sha256, severity: advisory.severity },
    packages: members.map((p) => ({ nevra: nevraText(p), sha256: p.sha256, upstream })),
  };
}

const upstreamOf = (name: string): Upstream => ({
  ...{ name, url: `https://${name}.example/`, tree: 'x86_64', keys: [] },
  require: { metadataSignature: true, packageSignatures: true },
  ...{ exceptions: [], include: [], exclude: [], verifyTags: {} },
  ...{ limits: { maxPackageBytes: 1e9 }, at: place(`upstreams/${name}.yaml`) },
});

function channelOf(upstream: string, stage: number, pinned: UpstreamSnapshot): Channel {
  const name = `${upstream}-${stage}`;
  const at = place(`channels/${name}.yaml`);
  const pin: BasePin = { upstream, snapshot: pinned.id, advance: 'updates', at };
  return {
    ...{ name, path: name, trees: ['x86_64'], base: [pin], keep: 2, compression: 'gz', at },
    ...(stage === 0 ? {} : { follows: `${upstream}-${stage - 1}` }),
    gates: {
      soakSeconds: stage === 0 ? 0 : day,
      closure: { mode: stage === 0 ? 'report' : 'enforce', with: [] },
      removals: { max: 5, allow: [] },
    },
    sign: { packages: 'keep' },
  };
}

function promotionsOf({ updates, channels }: Line): readonly Promotion[] {
  return channels.flatMap((channel, stage) => {
    const last = stage === channels.length - 1;
    return (last ? updates.slice(0, -waiting) : updates).map(({ id }) => {
      const file = `promotions/${channel.name}/${slugOf(id)}.yaml`;
      return { update: id, channel: channel.name, file, at: place(file) };
    });
  });
}

function actualOf(desired: Desired, lines: readonly Line[]): Actual {
  const snapshots = new Map(lines.flatMap((l) => [l.base, l.latest]).map((s) => [s.id, s]));
  const upstreams = new Map(lines.map((l) => [l.upstream.name, upstreamState(l)]));
  const nothing: Actual = {
    ...{ acceptedHead: desired.commit, upstreams, snapshots, channels: new Map() },
    ...{ retained: new Map(), proposals: [], removals: [], suspensions: [] },
    ...{ facts: new Map<string, Fact>(), signingKeys: [fingerprint] },
  };
  const channels = new Map<string, ChannelState>();
  for (const line of lines) {
    for (const channel of line.channels) {
      channels.set(channel.name, servedBy(desired, nothing, { channel, line }));
    }
  }
  return { ...nothing, channels };
}

function upstreamState({ upstream, latest }: Line): UpstreamState {
  const floor = { revision: 1, timestamp: start };
  const taken = { upstream: upstream.name, snapshot: latest.id, takenAt: start, floor };
  return {
    ...{ name: upstream.name, due: false, checkedAt: start },
    latest: { ...taken, repomd: digestOf(latest.id), refused: [], excused: [] },
  };
}

function servedBy(
  desired: Desired,
  actual: Actual,
  { channel, line }: { readonly channel: Channel; readonly line: Line },
): ChannelState {
  const content = contentOf({ desired, actual }, channel);
  const digests = [...content.trees.values()].flatMap((t) => t.packages.map((p) => p.sha256));
  const generation: GenerationRecord = {
    ...{ v: 1, channel: channel.name, number: 1, commit, acceptedHead: commit, revision: start },
    ...{ time: start, content: content.id, compression: 'gz', entered: 'all', held: [] },
    ...{ base: { [line.upstream.name]: line.base.id }, floors: {}, keys: [fingerprint] },
  };
  const admitted = new Map<Sha256, number>(digests.map((d) => [d, start]));
  return { name: channel.name, generation, content, admitted };
}
