import {
  type CommitId,
  Fault,
  fileNameOf,
  nevraText,
  originText,
  type PackageEntry,
  type Sha256,
  type SnapshotId,
  type SnapshotTaken,
} from '../model/index.ts';
import { packageLocation, type Snapshot } from '../store/index.ts';
import type { Installation } from './installation.ts';
import { policyInForce } from './policy-in-force.ts';
import { type TracedDecision, tracedDecisions } from './trace-decisions.ts';
import { type TracedSignature, tracedSignature } from './trace-signature.ts';

/** One package, followed back to the upstream metadata that named it. */
export interface Trace {
  readonly nevra: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** Below `<state>/packages/sha256/`. */
  readonly file: string;
  readonly channels: readonly TracedChannel[];
  /** Oldest first. */
  readonly decisions: readonly TracedDecision[];
  readonly signature: TracedSignature;
  /** The files that keys of this site made of it, oldest first; channels that sign serve one of them instead. */
  readonly signedForms: readonly TracedForm[];
  /** Oldest first. */
  readonly snapshots: readonly TracedSnapshot[];
}

export interface TracedForm {
  /** Full fingerprint. */
  readonly key: string;
  readonly sha256: Sha256;
  /** Below `<state>/packages/sha256/`. */
  readonly file: string;
  /** What it was first signed for. */
  readonly channel: string;
  readonly commit: CommitId;
}

/** Where a channel serves or served it. */
export interface TracedChannel {
  readonly channel: string;
  readonly tree: string;
  /** Its newest generation has it. */
  readonly serves: boolean;
  /** First admission, seconds since 1970. */
  readonly admittedAt: number;
  /** Numbers of the generations that have it. */
  readonly generations: readonly number[];
  /** Generations whose content is no longer held here: whether they had it is not known. */
  readonly unknown: readonly number[];
}

export interface TracedSnapshot {
  readonly upstream: string;
  readonly snapshot: SnapshotId;
  /** As the policy says now; absent when the upstream is gone from it. */
  readonly url?: string;
  /** Absent where the journal was lost: only generation records name this snapshot. */
  readonly takenAt?: number;
  readonly repomd?: Sha256;
  readonly metadataSignedBy?: string;
  /** Repository and commit of a source package that was packed from a spec. */
  readonly packedFrom?: string;
  /** Weaknesses that a named exception let pass for this package. */
  readonly excused: readonly string[];
}

/** What `trace` is asked: which package, and of which channel only. */
export interface TraceQuestion {
  /** `name-[epoch:]version-release.arch` or a beginning of it that ends at a dash, a digest, or an address. */
  readonly text: string;
  readonly channel?: string;
}

/** One trace for each digest that goes by the name. Throws `NotFound`, and `Usage` when several names fit. */
export async function trace(c: Installation, question: TraceQuestion): Promise<readonly Trace[]> {
  const { text, channel } = question;
  if (channel !== undefined && !c.memory().generations.has(channel)) throw noChannel(c, channel);
  const traces: Trace[] = [];
  for (const entry of await packagesNamed(c, text)) {
    const snapshots = await tracedSnapshots(c, entry);
    const subject = {
      sha256: entry.sha256,
      snapshots: new Set(snapshots.map((s) => s.snapshot)),
    };
    const decisions = await tracedDecisions(c, subject);
    const upstreams = [...new Set(snapshots.map((s) => s.upstream))];
    traces.push({
      nevra: nevraText(entry),
      sha256: entry.sha256,
      sizeBytes: entry.sizeBytes,
      file: packageLocation(entry),
      channels: (await tracedChannels(c, entry)).filter(
        (t) => channel === undefined || t.channel === channel,
      ),
      decisions: decisions.filter(({ channel: of }) => !channel || !of || of === channel),
      signature: await tracedSignature(c, entry, upstreams),
      signedForms: formsOf(c, entry),
      snapshots: await withAddresses(c, snapshots),
    });
  }
  return traces;
}

async function packagesNamed(c: Installation, text: string): Promise<readonly PackageEntry[]> {
  const fits = fitting(sourceOf(c, text));
  const found = new Map<Sha256, PackageEntry>();
  for (const id of knownIds(c)) {
    const snapshot = await c.snapshots.read(id);
    for (const { entry } of snapshot ? entriesOf(snapshot) : []) {
      if (fits(entry)) found.set(entry.sha256, entry);
    }
  }
  const names = [...new Set([...found.values()].map(nevraText))].toSorted();
  if (names.length === 0) throw nothingNamed(text);
  if (names.length > 1) throw severalNamed(text, names);
  return [...found.values()];
}

function formsOf(c: Installation, entry: PackageEntry): readonly TracedForm[] {
  return c.memory().signed.flatMap(({ key, channel, commit, packages }) =>
    packages
      .filter((p) => p.source === entry.sha256)
      .map(({ sha256 }) => {
        const file = packageLocation({ ...entry, sha256 });
        return { key, sha256, file, channel, commit };
      }),
  );
}

/** What machines name is the signed form; everything else speaks of its source. */
function sourceOf(c: Installation, text: string): string {
  const digest = digestIn(text);
  const packages = c.memory().signed.flatMap((batch) => batch.packages);
  return packages.find((p) => p.sha256 === digest)?.source ?? text;
}

const digestIn = (text: string): string | undefined =>
  /(?:^|[/:])([0-9a-f]{64})(?:$|\/)/.exec(text)?.[1];

/** A digest, an address with a digest or a file name in it, or a name as far as it was typed. */
function fitting(text: string): (entry: PackageEntry) => boolean {
  const digest = digestIn(text);
  if (digest !== undefined) return (entry) => entry.sha256 === digest;
  const name = text.replace(/^.*\//, '').replace(/\.rpm$/, '');
  const begins = (label: string) =>
    label === name || label.startsWith(`${name}-`) || label.startsWith(`${name}.`);
  return (entry) => {
    const labels = [nevraText(entry), fileNameOf(entry).replace(/\.rpm$/, '')];
    if (/^[0-9a-f]{8,63}$/.test(text) && entry.sha256.startsWith(text)) return true;
    // `hello` is a package of this name, never one of `hello-libs`.
    return labels.some(begins) && (name === entry.name || name.startsWith(`${entry.name}-`));
  };
}

function knownIds(c: Installation): ReadonlySet<SnapshotId> {
  const records = [...c.memory().generations.values()].flat();
  const histories = [...c.memory().upstreams.values()].flatMap((u) => u.history ?? []);
  return new Set([...records.flatMap((r) => [r.content, ...Object.values(r.base)]), ...histories]);
}

interface Placed {
  readonly tree: string;
  readonly entry: PackageEntry;
}

function entriesOf(snapshot: Snapshot): readonly Placed[] {
  if (snapshot.kind === 'upstream') {
    return snapshot.packages.map((entry) => ({ tree: '', entry }));
  }
  return [...snapshot.trees].flatMap(([tree, t]) => t.packages.map((entry) => ({ tree, entry })));
}

async function tracedChannels(
  c: Installation,
  { sha256 }: PackageEntry,
): Promise<readonly TracedChannel[]> {
  const traced: TracedChannel[] = [];
  for (const [channel, records] of c.memory().generations) {
    const having = new Map<string, { readonly number: number; readonly time: number }[]>();
    const unknown: number[] = [];
    for (const record of records) {
      const content = await c.snapshots.read(record.content);
      if (!content) unknown.push(record.number);
      for (const { tree, entry } of content ? entriesOf(content) : []) {
        if (entry.sha256 === sha256) having.set(tree, [...(having.get(tree) ?? []), record]);
      }
    }
    for (const [tree, list] of having) {
      const generations = list.map((r) => r.number);
      const serves = generations.includes(records.at(-1)?.number ?? 0);
      traced.push({ channel, tree, serves, admittedAt: list[0]?.time ?? 0, generations, unknown });
    }
  }
  return traced;
}

async function tracedSnapshots(
  c: Installation,
  { sha256 }: PackageEntry,
): Promise<readonly TracedSnapshot[]> {
  const found = new Map<string, TracedSnapshot>();
  const add = async (traced: TracedSnapshot) => {
    const key = `${traced.upstream} ${traced.snapshot}`;
    if (found.has(key)) return;
    const snapshot = await c.snapshots.read(traced.snapshot);
    const has = snapshot && entriesOf(snapshot).some(({ entry }) => entry.sha256 === sha256);
    if (has) found.set(key, traced);
  };
  for (const { data } of c.journal.entries('mirrored')) {
    // The journal's hash chain vouches for the shape: only this program writes it.
    const { taken } = data as { readonly taken: SnapshotTaken };
    const excused = taken.excused.filter((e) => e.sha256 === sha256).map((e) => e.weakness);
    const origin = taken.specs?.origins.find((o) => o.sha256 === sha256);
    await add({
      ...(origin === undefined ? {} : { packedFrom: originText(origin) }),
      upstream: taken.upstream,
      snapshot: taken.snapshot,
      takenAt: taken.takenAt,
      repomd: taken.repomd,
      ...(taken.signedBy === undefined ? {} : { metadataSignedBy: taken.signedBy }),
      excused,
    });
  }
  for (const record of [...c.memory().generations.values()].flat()) {
    for (const [upstream, snapshot] of Object.entries(record.base)) {
      await add({ upstream, snapshot, excused: [] });
    }
  }
  return [...found.values()];
}

async function withAddresses(
  c: Installation,
  snapshots: readonly TracedSnapshot[],
): Promise<readonly TracedSnapshot[]> {
  const desired = await policyInForce(c);
  return snapshots.map((s) => {
    const url = desired?.upstreams.get(s.upstream)?.url;
    return url === undefined ? s : { ...s, url };
  });
}

function nothingNamed(object: string): Fault {
  return new Fault('NotFound', {
    object,
    check: 'no snapshot or generation that is held here has such a package',
    fix: 'Run `sluice get packages --channel NAME` for the names and digests.',
  });
}

function severalNamed(object: string, names: readonly string[]): Fault {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return new Fault('Usage', {
    object,
    check: 'several packages are called like this',
    found: `${names.slice(0, 5).join(', ')}${more}`,
    fix: 'Give one of these names, or a digest.',
  });
}

function noChannel(c: Installation, object: string): Fault {
  return new Fault('NotFound', {
    object: `channel ${object}`,
    check: 'nothing was published under this name yet',
    found: [...c.memory().generations.keys()].join(', ') || 'no channels at all',
    fix: 'Give one of these with --channel.',
  });
}
