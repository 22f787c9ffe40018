import { Fault, type Hold, placeText, type SnapshotId, type Step } from '../model/index.ts';
import { channelContent, currentGeneration } from '../observer/index.ts';
import type { ChannelRow, StatusView, UpstreamRow } from '../reporter/index.ts';
import { clockFault, type SnapshotReader } from '../store/index.ts';
import type { Installation } from './installation.ts';
import { isoTime } from './iso-time.ts';
import { planStage } from './pass.ts';
import { type ReadResult, readPolicyAt } from './read-policy-at.ts';
import { removalsSince } from './removals.ts';
import { servedByRevokedKeys } from './revoked-signers.ts';
import { withoutDecisions } from './withhold.ts';

/** How things stand, from the journal and a plan that is not carried out. */
export async function status(c: Installation): Promise<StatusView> {
  const memory = c.memory();
  const inForce = memory.desiredCommit ?? memory.acceptedHead;
  const newest = memory.acceptedHead ? await readPolicyAt(c.ports, memory.acceptedHead) : nothing;
  const read = newest.desired || !inForce ? newest : await readPolicyAt(c.ports, inForce);
  const { open, away } = await openProposals(c);
  // Without the forge nobody can tell what would be done next.
  const whole =
    read.desired && away.length === 0
      ? await planStage(c, read.desired, {
          removals: await removalsSince(c, read.desired.commit),
          syncAll: false,
        })
      : undefined;
  const planned = whole && !newest.desired ? withoutDecisions(whole) : whole;
  const busy = await busyHold(c, planned?.steps ?? []);
  const policyHold = memory.policyHold === undefined ? [] : [memory.policyHold];
  const holds = [
    ...clockHold(c),
    ...(read.desired ? await servedByRevokedKeys(c, read.desired) : []),
    ...policyHold,
    ...away,
    ...busy,
    ...(planned ? [...planned.holds, ...planned.notes] : []),
  ];
  return {
    site: read.desired?.site.name ?? '(no policy yet)',
    trust: read.desired?.site.trust ?? 'open',
    acceptedHead: memory.acceptedHead,
    policyInForce: read.desired?.commit,
    findings: newest.findings.map((f) => `${placeText(f.at)} ${f.code} ${f.message}`),
    upstreams: await upstreamRows(c, [...(read.desired?.upstreams.keys() ?? [])]),
    channels: await channelRows(c, read, (name) => holds.filter((h) => h.channel === name).length),
    proposals: open.map(({ number, title, branch, edited, identity }) => {
      const channel = identity.split('/')[1] ?? '';
      return { number, title, branch, edited, channel };
    }),
    holds,
    suspensions: memory.suspensions.filter(
      (s) => s.until === undefined || s.until > c.ports.clock.now(),
    ),
    pending: (planned?.steps ?? []).filter((s) => s.kind !== 'commit' || busy.length === 0).length,
  };
}

function clockHold(c: Installation): readonly Hold[] {
  const wrong = clockFault(c.memory().lastTime, c.ports.clock.now());
  if (!wrong) return [];
  return [{ code: wrong.code, subject: 'clock', text: wrong.message, awaits: wrong.fix }];
}

/** A commit that cannot be made now is no pending step but waits for whoever works in the policy repository. */
async function busyHold(c: Installation, steps: readonly Step[]): Promise<readonly Hold[]> {
  if (!steps.some((step) => step.kind === 'commit')) return [];
  try {
    await c.ports.policyGit.checkFree();
    return [];
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'TreeBusy') throw error;
    return [{ code: error.code, subject: 'policy', text: error.message, awaits: error.fix }];
  }
}

const nothing: ReadResult = { desired: undefined, findings: [] };

/** A forge that is away is told as what is waited for; everything else can be looked at all the same. */
async function openProposals(c: Installation) {
  const away: Hold[] = [];
  try {
    const open = (await c.ports.forge.list()).filter((p) => p.state === 'open');
    return { open, away };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'ForgeUnavailable') throw error;
    const { code, message, fix } = error;
    away.push({ code, subject: 'forge', text: message, awaits: fix });
    return { open: [], away };
  }
}

async function upstreamRows(c: Installation, names: readonly string[]): Promise<UpstreamRow[]> {
  const rows: UpstreamRow[] = [];
  for (const name of names) {
    const known = c.memory().upstreams.get(name);
    const latest = known?.latest;
    const snapshot = latest ? await c.snapshots.read(latest.snapshot) : undefined;
    rows.push({
      name,
      packages: snapshot?.kind === 'upstream' ? snapshot.packages.length : undefined,
      snapshot: latest?.snapshot,
      taken: latest ? isoTime(latest.takenAt) : undefined,
      refused: latest?.refused.length ?? 0,
      fault: known?.fault,
    });
  }
  return rows;
}

async function channelRows(
  c: Installation,
  read: ReadResult,
  waiting: (channel: string) => number,
): Promise<ChannelRow[]> {
  const rows: ChannelRow[] = [];
  for (const channel of read.desired?.channels.values() ?? []) {
    const record = currentGeneration(c.memory(), channel.name);
    const sizes = await generationSizes(c, channel.name);
    rows.push({
      name: channel.name,
      generation: record?.number,
      published: record ? isoTime(record.time) : undefined,
      packages: sizes.at(-1)?.packages ?? 0,
      commit: record?.commit,
      url: `${read.desired?.site.url ?? ''}/${channel.path}/${channel.name}.repo`,
      waiting: waiting(channel.name),
      sizes,
    });
  }
  return rows;
}

/** How many packages contents have, as long as their reader is alive: far fewer numbers than packages. */
const counts = new WeakMap<SnapshotReader, Map<SnapshotId, number>>();

/** The newest generations are enough for a plot; older contents are not read. */
async function generationSizes(c: Installation, channel: string): Promise<ChannelRow['sizes']> {
  const sizes: { generation: number; packages: number }[] = [];
  for (const record of (c.memory().generations.get(channel) ?? []).slice(-20)) {
    const packages = await packageCount(c.snapshots, record.content);
    if (packages !== undefined) sizes.push({ generation: record.number, packages });
  }
  return sizes;
}

async function packageCount(reader: SnapshotReader, id: SnapshotId): Promise<number | undefined> {
  const known = counts.get(reader) ?? new Map<SnapshotId, number>();
  counts.set(reader, known);
  const content = known.has(id) ? undefined : await channelContent(reader, id);
  if (!content) return known.get(id);
  const count = [...content.trees.values()].reduce((n, tree) => n + tree.packages.length, 0);
  known.set(id, count);
  return count;
}
