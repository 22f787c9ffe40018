import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { aptlySite } from './aptly.ts';
import {
  packagePathIn,
  restorePackages,
  updatePackages,
  writeCorpus,
} from './corpus/write-corpus.ts';
import { type Measurement, measure } from './measure.ts';
import { createrepo, dnfClient, mergerepo, type Peer } from './peers.ts';
import { type BenchSite, benchSite } from './sluice-site.ts';
import type { WarmFigures } from './warm.ts';

export interface ScenarioOptions {
  /** Everything is made below it. */
  readonly directory: string;
  readonly count: number;
  readonly runs: number;
  readonly peers: ReadonlySet<Peer>;
  readonly nodeOptions: readonly string[];
  note(text: string): void;
}

/** Names of what is measured; a row of the report each. */
export type Task =
  | 'createrepo_c, everything'
  | 'createrepo_c --update, 10 changed'
  | 'createrepo_c --update, 1000 changed'
  | 'mergerepo_c, 10 added'
  | 'dnf repoclosure'
  | 'dnf reposync, nothing new'
  | 'aptly publish switch, 10 changed'
  | 'aptly publish switch, back'
  | 'sluice: mirror, verify and publish everything'
  | 'sluice: sync, 10 new packages'
  | 'sluice: publish, 10 changed'
  | 'sluice: publish, 1000 changed'
  | 'sluice: sync, nothing new'
  | 'sluice: rollback, the commit'
  | 'sluice: rollback, published'
  | 'sluice: rollback, in one command'
  | 'sluice: nothing to do';

export interface Results {
  readonly count: number;
  /** Of the packages, as files. */
  readonly bytes: number;
  readonly tasks: ReadonlyMap<Task, readonly Measurement[]>;
  /** Bytes of primary, filelists and other. */
  readonly metadataBytes: { readonly sluice: number; readonly createrepo: number };
  readonly warm: WarmFigures;
  readonly refreshes: number;
}

/** A policy that a person promotes by, an upstream that changes, and everything measured several times in turn. */
export async function scenario(options: ScenarioOptions): Promise<Results> {
  const { directory, count, runs, peers } = options;
  const upstream = join(directory, 'upstream');
  const bytes = await corpus(options, upstream);
  const tasks = new Map<Task, Measurement[]>();
  const take = async (task: Task, work: () => Promise<Measurement>): Promise<Measurement> => {
    const measured = await work();
    const { wallSeconds, cpuSeconds, peakBytes } = measured;
    const figures = `${wallSeconds} s, ${cpuSeconds.toFixed(2)} s of processor time`;
    options.note(`${task}: ${figures}, ${(peakBytes / 1e6).toFixed(0)} MB`);
    tasks.set(task, [...(tasks.get(task) ?? []), measured]);
    return measured;
  };
  await rm(join(upstream, 'repodata'), { recursive: true, force: true });
  await take('createrepo_c, everything', () => createrepo(upstream));
  const site = await benchSite(directory, upstream, options.nodeOptions);
  const replaced: number[] = [];
  try {
    await take('sluice: mirror, verify and publish everything', () => site.run('reconcile'));
    await expectServed(site, 1, count);
    const world: World = { options, upstream, site, take, replaced };
    for (let round = 1; round <= runs; round += 1) {
      options.note(`round ${round} of ${runs}`);
      await changeTen(world, round);
      await nothingNew(world);
      await rollBack(world);
    }
    if (count >= 10_000) await changeThousand(world, runs + 1);
    if (peers.has('dnf')) await closurePeer(world);
    if (peers.has('reposync')) await syncPeer(world);
    if (peers.has('aptly')) await neighbour(world);
    return {
      count,
      bytes,
      tasks,
      metadataBytes: {
        sluice: await metadataBytes(join(site.published, 'x86_64')),
        createrepo: await metadataBytes(upstream),
      },
      warm: await warm(site),
      refreshes: peers.has('dnf') ? await refreshing(world) : 0,
    };
  } finally {
    await restorePackages(upstream, replaced);
    await site.remove();
  }
}

interface World {
  readonly options: ScenarioOptions;
  readonly upstream: string;
  readonly site: BenchSite;
  readonly take: (task: Task, work: () => Promise<Measurement>) => Promise<Measurement>;
  /** Numbers of the packages that are at their second revision. */
  readonly replaced: number[];
}

/** Written once; a folder that is kept has it already. */
async function corpus({ count, note }: ScenarioOptions, upstream: string): Promise<number> {
  const mark = join(upstream, '..', 'corpus.json');
  const kept = await readFile(mark, 'utf8').catch(() => '{}');
  const known = JSON.parse(kept) as { readonly count?: number; readonly bytes?: number };
  if (known.count === count && known.bytes !== undefined) return known.bytes;
  note(`writing ${count} packages`);
  await mkdir(upstream, { recursive: true });
  const bytes = await writeCorpus(upstream, count);
  await writeFile(mark, JSON.stringify({ count, bytes }));
  return bytes;
}

/** Packages spread over all of them that were not replaced yet. */
function spread({ options, replaced }: World, some: number): readonly number[] {
  const taken = new Set(replaced);
  const step = options.count / some;
  return Array.from({ length: some }, (_, n) => {
    let index = Math.floor((n + 0.4) * step);
    while (taken.has(index)) index += 1;
    taken.add(index);
    return index;
  });
}

async function changeTen(world: World, round: number): Promise<void> {
  const { options, upstream, site, take } = world;
  const indexes = spread(world, 10);
  await site.leaveToPeople();
  const updated = await updatePackages(upstream, indexes);
  world.replaced.push(...indexes);
  await take('createrepo_c --update, 10 changed', () => createrepo(upstream, '--update'));
  if (options.peers.has('mergerepo_c')) {
    const paths = updated.map((one) => packagePathIn(upstream, one));
    await take('mergerepo_c, 10 added', () => mergerepo(options.directory, upstream, paths));
  }
  await take('sluice: sync, 10 new packages', () => site.run('reconcile', '--sync'));
  await site.promote(`ten-${round}`, updated);
  const before = await site.served();
  await take('sluice: publish, 10 changed', () => site.run('reconcile'));
  await expectServed(site, before.generation + 1, before.packages + 10);
  await take('sluice: nothing to do', () => site.run('reconcile'));
}

async function changeThousand(world: World, round: number): Promise<void> {
  const { upstream, site, take } = world;
  const indexes = spread(world, 1000);
  await site.leaveToPeople();
  const updated = await updatePackages(upstream, indexes);
  world.replaced.push(...indexes);
  await take('createrepo_c --update, 1000 changed', () => createrepo(upstream, '--update'));
  await site.run('reconcile', '--sync');
  await site.promote(`thousand-${round}`, updated);
  const before = await site.served();
  await take('sluice: publish, 1000 changed', () => site.run('reconcile'));
  await expectServed(site, before.generation + 1, before.packages + 1000);
}

async function nothingNew({ site, take }: World): Promise<void> {
  await take('sluice: sync, nothing new', () => site.run('reconcile', '--sync'));
}

/** To the generation before, and back by taking the commit back; first in two commands, then in one. */
async function rollBack(world: World): Promise<void> {
  const { site, take } = world;
  const { generation } = await site.served();
  const to = ['rollback', 'testing', '--to', String(generation - 1)];
  await take('sluice: rollback, the commit', () => site.run(...to));
  await take('sluice: rollback, published', () => site.run('reconcile'));
  await comeBack(world, generation + 1);
  await take('sluice: rollback, in one command', () => site.run(...to, '--now'));
  await comeBack(world, generation + 3);
}

async function comeBack({ site }: World, rolledBack: number): Promise<void> {
  await expectServed(site, rolledBack, undefined);
  await site.revertLast();
  await site.run('reconcile');
  await expectServed(site, rolledBack + 1, undefined);
}

async function closurePeer({ options, upstream, take }: World): Promise<void> {
  const client = await dnfClient(options.directory, `file://${upstream}`);
  try {
    await client.refresh();
    await take('dnf repoclosure', client.repoclosure);
  } finally {
    await client.remove();
  }
}

async function syncPeer({ options, upstream, take }: World): Promise<void> {
  const client = await dnfClient(options.directory, `file://${upstream}`);
  try {
    options.note('dnf reposync, the first time');
    await client.bring(upstream);
    await client.reposync();
    await take('dnf reposync, nothing new', client.reposync);
  } finally {
    await client.remove();
  }
}

async function neighbour({ options, take }: World): Promise<void> {
  options.note('aptly takes its packages in');
  const aptly = await aptlySite(options.directory, options.count);
  try {
    for (let round = 1; round <= options.runs; round += 1) {
      await take('aptly publish switch, 10 changed', aptly.switchToNext);
      await take('aptly publish switch, back', aptly.switchBack);
    }
  } finally {
    await aptly.remove();
  }
}

/** A client that refreshes in a loop while the channel is switched to and fro; every answer has to be whole. */
async function refreshing({ options, site }: World): Promise<number> {
  options.note('a client refreshes while the channel is switched');
  const client = await dnfClient(options.directory, `file://${site.published}/x86_64`);
  let switching = true;
  let refreshes = 0;
  const loop = async (): Promise<void> => {
    while (switching) {
      const found = await client.refresh();
      if (found < options.count) throw new Error(`a client saw ${found} packages`);
      refreshes += 1;
    }
  };
  const looping = loop();
  try {
    const { generation } = await site.served();
    for (const to of [generation - 1, generation]) {
      await site.run('rollback', 'testing', '--to', String(to));
      await site.run('reconcile');
    }
  } finally {
    switching = false;
    await looping;
    await client.remove();
  }
  return refreshes;
}

async function warm(site: BenchSite): Promise<WarmFigures> {
  const { generation } = await site.served();
  const manifest = join(site.state, 'generations/testing', String(generation), 'manifest.json');
  const { content } = JSON.parse(await readFile(manifest, 'utf8')) as { content: string };
  const args = [resolve(import.meta.dirname, 'warm.ts'), site.state, content, String(generation)];
  const { stdout } = await measure({ program: process.execPath, args });
  return JSON.parse(stdout) as WarmFigures;
}

/** Of what repomd.xml names now; earlier files lie beside it. */
async function metadataBytes(repository: string): Promise<number> {
  const repomd = await readFile(join(repository, 'repodata/repomd.xml'), 'utf8');
  let bytes = 0;
  for (const name of await readdir(join(repository, 'repodata'))) {
    if (!/-(primary|filelists|other)\.xml\.gz$/.test(name) || !repomd.includes(name)) continue;
    bytes += (await readFile(join(repository, 'repodata', name))).length;
  }
  return bytes;
}

/** A fast run that did something else would be no measurement. */
async function expectServed(
  site: BenchSite,
  generation: number,
  packages: number | undefined,
): Promise<void> {
  const served = await site.served();
  const isRight = packages === undefined || served.packages === packages;
  if (served.generation === generation && isRight) return;
  const found = `generation ${served.generation} with ${served.packages} packages`;
  throw new Error(`expected generation ${generation} with ${packages}, served is ${found}`);
}
