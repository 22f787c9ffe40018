import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realDisk } from '../src/edge/index.ts';
import { type ChannelSnapshot, channelSnapshot } from '../src/model/index.ts';
import { deltaOf } from '../src/planner/index.ts';
import { snapshotReader, writeSnapshot } from '../src/store/index.ts';
import { corpusEntries, spreadUpdates, treeOf, withUpdates } from './warm-entries.ts';
import { timed, type WarmRow } from './warm-timing.ts';

const changed = 10;

/** Naming, storing, reading and comparing snapshots of `count` packages of which ten changed. */
export async function snapshotRows(count: number, runs: number): Promise<readonly WarmRow[]> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-snapshots-'));
  const store = { disk: realDisk(), root };
  const reader = snapshotReader(store);
  const chain = snapshotChain(count);
  const about = `of ${count} packages, ${changed} changed`;
  try {
    await writeSnapshot(store, chain.current());
    await reader.read(chain.current().id);
    return [
      await timed(`next snapshot named, ${about}`, runs, {
        prepare: () => chain.change(),
        act: () => chain.name(),
      }),
      await timed(`next snapshot named and stored (fsync), ${about}`, runs, {
        prepare: () => chain.change(),
        act: async () => writeSnapshot(store, chain.name()),
      }),
      await timed(`next snapshot read, ${about}`, runs, {
        prepare: async () => {
          await reader.read(chain.current().id);
          chain.change();
          await writeSnapshot(store, chain.name());
        },
        act: async () => reader.read(chain.current().id),
      }),
      await timed(`difference of adjacent snapshots ${about}`, runs, {
        prepare: () => {
          chain.change();
          return { before: chain.current(), after: chain.name() };
        },
        act: ({ before, after }) => {
          const { changes } = deltaOf('bench', before, after);
          if (changes.length !== changed) throw new Error(`${changes.length} changes found`);
        },
      }),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Snapshots that follow one another, each with some packages in their next revision. */
function snapshotChain(count: number) {
  const named = (near?: ChannelSnapshot) =>
    channelSnapshot(new Map([['x86_64', treeOf(packages)]]), near);
  let packages = corpusEntries(count);
  let current = named();
  let revision = 1;
  packages = current.trees.get('x86_64')?.packages ?? [];
  return {
    current: () => current,
    change: () => {
      revision += 1;
      packages = withUpdates(packages, spreadUpdates(count, changed, revision));
    },
    name: () => {
      current = named(current);
      return current;
    },
  };
}
