import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closureChecks } from '../src/controller/closure/closure-checks.ts';
import { realDisk, realSigner } from '../src/edge/index.ts';
import { contentAtHand, repositorySigning, writeRepository } from '../src/executor/index.ts';
import {
  type ChannelSnapshot,
  canonicalDigest,
  channelSnapshot,
  digestOf,
  packageDifference,
  type SnapshotId,
} from '../src/model/index.ts';
import {
  generationDirectory,
  type Store,
  snapshotReader,
  writeSnapshot,
} from '../src/store/index.ts';

/**
 * `node bench/warm.ts STATE CONTENT GENERATION`: the stages of a publication inside one process that has done them
 * before, as the running controller has. Ten packages, spread over the content, leave and come back in turn. Prints JSON.
 */
export interface WarmFigures {
  /** Milliseconds: median of the rounds. */
  readonly nextSnapshot: number;
  readonly difference: number;
  readonly closure: number;
  readonly publish: number;
  /** Resident memory of this process at its highest. */
  readonly peakBytes: number;
}

const rounds = 5;
const changed = 10;

if (import.meta.main) {
  const [state = '', content = '', generation = ''] = process.argv.slice(2);
  const figures = await warmFigures(state, content as SnapshotId, Number(generation));
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

async function warmFigures(
  root: string,
  content: SnapshotId,
  generation: number,
): Promise<WarmFigures> {
  const store: Store = { disk: realDisk(), root };
  const served = await snapshotReader(store).read(content);
  if (served?.kind !== 'channel') throw new Error(`${content} is no content of a channel`);
  const publisher = await publisherOf(store, generationDirectory(root, 'testing', generation));
  const indexes = closureChecks();
  const check = (wanted: ChannelSnapshot) =>
    indexes.findings(store, {
      kind: 'closure',
      id: digestOf(wanted.id),
      content: wanted,
      with: [],
    });
  await check(served);
  const times = { nextSnapshot: [0], difference: [0], closure: [0], publish: [0] };
  let before = served;
  // The first round is not warm yet.
  for (let round = 0; round <= rounds; round += 1) {
    const [next, nextSnapshot] = await timed(async () => {
      const made = channelSnapshot(changedTrees(served, round), before);
      await writeSnapshot(store, made);
      return made;
    });
    const [, difference] = await timed(async () => differenceOf(before, next));
    const [, closure] = await timed(() => check(next));
    const [, publish] = await timed(() => publisher(next, before));
    before = next;
    if (round === 0) continue;
    for (const [name, time] of Object.entries({ nextSnapshot, difference, closure, publish })) {
      times[name as keyof typeof times].push(time);
    }
  }
  const median = (list: readonly number[]) =>
    list.slice(1).toSorted((a, b) => a - b)[Math.floor((rounds - 1) / 2)] ?? Number.NaN;
  return {
    nextSnapshot: median(times.nextSnapshot),
    difference: median(times.difference),
    closure: median(times.closure),
    publish: median(times.publish),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

async function publisherOf(store: Store, earlier: string) {
  const signer = realSigner(join(store.root, 'keys'));
  const [key = ''] = await signer.keys();
  const clock = { now: () => Math.floor(Date.now() / 1000) };
  const revision = clock.now();
  const occasion = { kind: 'trial' as const, channel: 'testing', key, revision };
  const signing = await repositorySigning({ signer, clock }, occasion);
  const directory = join(store.root, 'staging', 'warm');
  return async (content: ChannelSnapshot, served: ChannelSnapshot): Promise<void> => {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await writeRepository(store, {
      directory,
      home: directory,
      content: contentAtHand(content),
      record: canonicalDigest({ warm: content.id }),
      revision,
      compression: 'gz',
      signing,
      earlier: [earlier],
      near: [...served.trees.values()].map((tree) => tree.packages),
      beside: [],
    });
  };
}

function changedTrees(content: ChannelSnapshot, round: number): ChannelSnapshot['trees'] {
  return new Map(
    [...content.trees].map(([name, tree]) => {
      const step = Math.floor(tree.packages.length / changed);
      const stays = (_: unknown, n: number): boolean => n % step !== (round * 97 + 5) % step;
      return [name, { ...tree, packages: tree.packages.filter(stays) }];
    }),
  );
}

function differenceOf(before: ChannelSnapshot, after: ChannelSnapshot): number {
  return [...after.trees].reduce((sum, [name, tree]) => {
    const { added, removed } = packageDifference(
      before.trees.get(name)?.packages ?? [],
      tree.packages,
    );
    return sum + added.length + removed.length;
  }, 0);
}

async function timed<T>(act: () => Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now();
  const value = await act();
  return [value, performance.now() - started];
}
