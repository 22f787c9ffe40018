import { expect, test } from 'vitest';
import { authorisedSources, type SignerView } from '../../src/controller/signing/authorised.ts';
import { type Channel, type Desired, digestOf, type Update } from '../../src/model/index.ts';

const sha256 = digestOf('what was built');
const at = { file: 'updates/build-a.yaml', line: 1, col: 1 };

/** One update that is promoted to both channels, by hand to that of machines. */
async function authorised(channel: Partial<Channel>, unsigned: boolean): Promise<boolean> {
  const name = channel.name ?? '';
  const source = { nevra: 'a-1-1.src', sha256: digestOf('source'), upstream: 's' };
  const build = { source, wanted: true, results: { x86_64: digestOf('build') } };
  const update = {
    ...{ id: 'build:a-1-1', file: at.file, modules: [], requires: [], at },
    build: { ...build, ...(unsigned ? { unsigned } : {}) },
    packages: [{ nevra: 'a-1-1.x86_64', sha256, upstream: 's', tree: 'x86_64' }],
  } as Update;
  const promotions = [{ channel: name, update: update.id, file: '', at }];
  const desired = { commit: 'c', promotions, updates: new Map([[update.id, update]]) };
  const installation = {
    memory: () => ({ generations: new Map() }),
    snapshots: { read: async () => undefined },
  };
  const view = { installation, sources: new Map() } as unknown as SignerView;
  const known = await authorisedSources(
    view,
    desired as unknown as Desired,
    {
      ...{ base: [], ...channel },
    } as unknown as Channel,
  );
  return known.has(sha256);
}

test('[J02] results for later builds are signed for no channel of machines', async () => {
  const testing = { name: 'testing' };
  expect(await authorised(testing, false)).toBe(true);
  expect(await authorised(testing, true)).toBe(false);
  expect(await authorised({ name: 'experimental', takes: 'results' }, true)).toBe(true);
});
