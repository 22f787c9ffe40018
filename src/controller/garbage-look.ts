import { join } from 'node:path';
import type {
  CommitId,
  ProposalRecord,
  Sha256,
  SnapshotId,
  SnapshotTaken,
} from '../model/index.ts';
import { channelContent, signedForms } from '../observer/index.ts';
import {
  addressPath,
  cutBlocks,
  generationName,
  heldSnapshots,
  leasedSnapshots,
  pointedAt,
  publicPath,
  servedNames,
} from '../store/index.ts';
import { type GarbageWorld, type HeldHere, removalKinds, type TakenSnapshot } from './garbage.ts';
import type { Installation } from './installation.ts';
import { policyInForce } from './policy-in-force.ts';

/** What stays without being named: see `GarbageWorld`. */
export interface GarbageRules {
  readonly retentionSeconds: number;
  readonly newest: number;
  /** Head of the watched branch, also where it is not accepted yet: what it names stays as well. */
  readonly newestCommit?: CommitId;
}

/**
 * Gathers everything that decides what may go. Throws `ForgeUnavailable` and its kin: without the proposals nothing can
 * be judged.
 */
export async function garbageWorld(c: Installation, rules: GarbageRules): Promise<GarbageWorld> {
  const open = (await c.ports.forge.list()).filter((p) => p.state === 'open');
  const recent = recentTime(c.ports.clock.now(), rules, open);
  const named: Names = new Map();
  const head = c.memory().acceptedHead;
  for (const commit of new Set([head, rules.newestCommit])) {
    if (commit !== undefined) await namedByCommits(c, { head: commit, since: recent.since }, named);
  }
  for (const proposal of open) namedByProposal(proposal, named);
  namedByJournal(c, recent.since, named);
  namedByBuilds(c, named);
  const { generations } = c.memory();
  const edited = open.find((p) => p.edited);
  return {
    ...recent,
    newest: rules.newest,
    generations,
    ended: await endedChannels(c),
    served: await servedGenerations(c),
    addresses: await contentAddresses(c),
    unlogged: await unloggedGenerations(c),
    named,
    taken: takenSnapshots(c),
    proposals: new Set(open.map((p) => p.number)),
    ...(edited === undefined ? {} : { edited: edited.number }),
    leased: new Set((await leasedSnapshots(c.store, c.ports.clock.now())).keys()),
    forms: formsBySource(c),
    held: await withSignedBlocks(c, await heldHere(c)),
  };
}

/** An open proposal was made from what was there when it was opened, however long ago. */
function recentTime(
  now: number,
  { retentionSeconds }: GarbageRules,
  open: readonly ProposalRecord[],
): Pick<GarbageWorld, 'since' | 'recent'> {
  const since = now - retentionSeconds;
  const [oldest] = open.toSorted((a, b) => a.openedAt - b.openedAt);
  if (oldest === undefined || oldest.openedAt >= since) {
    return { since, recent: `the last ${Math.round(retentionSeconds / 86_400)} days` };
  }
  return { since: oldest.openedAt, recent: `the time of open proposal #${oldest.number}` };
}

function formsBySource(c: Installation): ReadonlyMap<Sha256, readonly Sha256[]> {
  const forms = new Map<Sha256, Sha256[]>();
  for (const { source, sha256 } of c.memory().signed.flatMap((batch) => batch.packages)) {
    const known = forms.get(source) ?? [];
    known.push(sha256);
    forms.set(source, known);
  }
  return forms;
}

/** The metadata of signed generations is derived from the signed forms. */
async function withSignedBlocks(c: Installation, held: HeldHere): Promise<HeldHere> {
  const snapshots = new Map(held.snapshots);
  for (const { content: id, packageKey } of [...c.memory().generations.values()].flat()) {
    const reach = snapshots.get(id);
    const content = packageKey === undefined ? undefined : await channelContent(c.snapshots, id);
    if (packageKey === undefined || !reach || !content) continue;
    const forms = signedForms(c.memory(), packageKey);
    const signed = [...content.trees.values()].map(({ packages }) =>
      packages.flatMap((p) => {
        const form = forms.get(p.sha256);
        return form ? [{ ...p, ...form }] : [];
      }),
    );
    const blocks = signed.flatMap((packages) => cutBlocks(packages).map((b) => b.key));
    snapshots.set(id, { ...reach, blocks: [...reach.blocks, ...blocks] });
  }
  return { ...held, snapshots };
}

type Names = Map<string, string>;

/** Whatever a policy file names by digest: packages, advisories, snapshots, pins. */
function addNames(named: Names, text: string, by: string): void {
  for (const [digest] of text.matchAll(/\b[0-9a-f]{64}\b/g)) {
    if (!named.has(digest)) named.set(digest, by);
  }
}

/** The newest commit, and what younger ones added or took away: a revert can name it again. */
async function namedByCommits(
  c: Installation,
  { head, since }: { readonly head: CommitId; readonly since: number },
  named: Names,
): Promise<void> {
  const { policyGit } = c.ports;
  const add = async (commit: CommitId, path: string, by: string) =>
    addNames(named, (await policyGit.readText(commit, path)) ?? '', by);
  for (const { path } of await policyGit.files(head)) await add(head, path, path);
  for (const { id, parents, time } of await policyGit.firstParents(undefined, head)) {
    const [parent] = parents;
    if (time <= since || parent === undefined) continue;
    for (const path of await policyGit.changedPaths(parent, id)) {
      await add(parent, path, `recent commit ${id.slice(0, 12)}`);
      await add(id, path, `recent commit ${id.slice(0, 12)}`);
    }
  }
}

/** Its branch is not read: as we made it, it names nothing that came later than itself, so all since then stays. */
function namedByProposal({ number, body, brings }: ProposalRecord, named: Names): void {
  addNames(named, `${body}${JSON.stringify(brings ?? {})}`, `open proposal #${number}`);
}

/** What an import, a build or a sync of late brought and nothing else names yet. */
function namedByJournal(c: Installation, since: number, named: Names): void {
  for (const { kind, time, data } of c.journal.entries()) {
    if (time <= since || (removalKinds as readonly string[]).includes(kind)) continue;
    addNames(named, JSON.stringify(data), `recent journal entry ${kind}`);
  }
}

/** What was built of a source that something names: nobody may have answered yet whether it is to be signed. */
function namedByBuilds(c: Installation, named: Names): void {
  for (const { inputs, records } of c.memory().builds.values()) {
    const source = named.get(inputs.source.sha256);
    if (source === undefined) continue;
    for (const record of records) {
      if (record.outcome !== 'built') continue;
      for (const p of record.packages) {
        if (!named.has(p.sha256))
          named.set(p.sha256, `built from ${inputs.source.nevra}: ${source}`);
      }
    }
  }
}

async function servedGenerations(c: Installation): Promise<ReadonlySet<string>> {
  const served = new Set((await servedNames(c.store)).values());
  // Also where somebody removed the public name of a channel: it is brought back.
  for (const channel of (await policyInForce(c))?.channels.keys() ?? []) {
    const newest = c.memory().generations.get(channel)?.at(-1);
    if (newest) served.add(generationName(newest));
  }
  return served;
}

/** Each ended when the last name that an operator let go was, at the latest. */
async function endedChannels(c: Installation): Promise<ReadonlyMap<string, number>> {
  const { retired, generations } = c.memory();
  if (retired.size === 0) return new Map();
  const end = Math.max(...retired.values());
  const served = [...(await servedNames(c.store)).values()].map((name) => name.split('/')[0]);
  const alive = new Set([...((await policyInForce(c))?.channels.keys() ?? []), ...served]);
  return new Map([...generations.keys()].filter((n) => !alive.has(n)).map((n) => [n, end]));
}

async function contentAddresses(c: Installation): Promise<ReadonlyMap<SnapshotId, string>> {
  const addresses = new Map<SnapshotId, string>();
  for (const { content } of [...c.memory().generations.values()].flat()) {
    const pointed = await pointedAt(c.store, addressPath(content));
    if (pointed) addresses.set(content, generationName(pointed));
  }
  return addresses;
}

async function unloggedGenerations(c: Installation): Promise<ReadonlySet<string>> {
  const logged = new Set(await c.ports.policyGit.listLog('records/'));
  const records = [...c.memory().generations.values()].flat();
  return new Set(records.map(generationName).filter((name) => !logged.has(`records/${name}.json`)));
}

function takenSnapshots(c: Installation): readonly TakenSnapshot[] {
  const taken = new Map<string, TakenSnapshot>();
  const newest = new Map<string, string>();
  for (const { data, time } of c.journal.entries('mirrored')) {
    // The journal's hash chain vouches for the shape: only this program writes it.
    const { upstream, snapshot: id } = (data as { readonly taken: SnapshotTaken }).taken;
    const key = `${upstream} ${id}`;
    const before = newest.get(upstream);
    const replaced = before === undefined ? undefined : taken.get(before);
    if (before !== undefined && replaced && before !== key) {
      taken.set(before, { ...replaced, until: time });
    }
    newest.set(upstream, key);
    // One that came back is the newest again, and stands last.
    taken.delete(key);
    taken.set(key, { upstream, id });
  }
  return [...taken.values()];
}

async function heldHere(c: Installation): Promise<HeldHere> {
  const { disk, root } = c.store;
  const below = async (directory: string) => {
    const names: string[] = [];
    for (const first of await disk.list(join(root, directory))) {
      for (const second of await disk.list(join(root, directory, first))) {
        names.push(`${first}/${second}`);
      }
    }
    return names;
  };
  const digests = async (directory: string) =>
    (await below(directory)).flatMap((name) => name.match(/[0-9a-f]{64}/) ?? []) as Sha256[];
  return {
    snapshots: await heldSnapshots(c.store),
    generations: (await below('generations')).filter((name) => /^[^/]+\/\d+$/.test(name)),
    trials: await heldTrials(c),
    packages: await digests('packages/sha256'),
    objects: await digests('snapshots/objects'),
    blocks: await digests('derived/blocks'),
  };
}

async function heldTrials(c: Installation): Promise<HeldHere['trials']> {
  const { disk, root } = c.store;
  const shown = new Set<string>();
  for (const number of await disk.list(publicPath(root, 'proposals'))) {
    const target = await disk.readLink(publicPath(root, `proposals/${number}`));
    if (target !== undefined) shown.add(target.replace(/^.*\//, ''));
  }
  const names = await disk.list(join(root, 'trials'));
  return names.map((name) => ({ name, shown: shown.has(name) }));
}
