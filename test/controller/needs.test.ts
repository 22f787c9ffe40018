import { beforeAll, expect, test } from 'vitest';
import { corpusPackage } from '../../bench/corpus/package-file.ts';
import { closureChecks } from '../../src/controller/closure/closure-checks.ts';
import { obtain as obtainWith } from '../../src/controller/needs.ts';
import {
  type ChannelSnapshot,
  type ClosureNeed,
  canonicalDigest,
  channelSnapshot,
} from '../../src/model/index.ts';
import type { Disk } from '../../src/ports.ts';
import type { Store } from '../../src/store/index.ts';
import {
  contentOf,
  type HeldPackage,
  heldPackage,
  heldPackages,
  hold,
} from '../support/held-packages.ts';
import { memoryDisk } from '../support/memory-disk.ts';

let asking: HeldPackage;
let having: HeldPackage;
beforeAll(() => {
  const lines = ['Requires: /usr/share/having/data', 'Requires: /usr/bin/absent'];
  const built = heldPackages([{ name: 'asking', lines }, { name: 'having' }]);
  if (!built[0] || !built[1]) throw new Error('rpmbuild made no packages');
  [asking, having] = [built[0], built[1]];
});

const root = '/state';
/** A check that starts from nothing. */
const obtain = (store: Store, need: ClosureNeed) => obtainWith(store, closureChecks(), need);
const needOf = (content: ChannelSnapshot, ...others: ChannelSnapshot[]): ClosureNeed => ({
  kind: 'closure',
  id: canonicalDigest({ content: content.id, with: others.map((o) => o.id) }),
  content,
  with: others,
});

async function storeOf(packages: readonly HeldPackage[]) {
  const disk = memoryDisk();
  const store = { disk, root };
  await hold(store, packages);
  return store;
}

test('the closure of many blocks finds the one requirement that nobody meets', async () => {
  const packages = Array.from({ length: 500 }, (_, n) => heldPackage(corpusPackage(n, 1).bytes));
  const store = await storeOf(packages);
  const { findings } = await obtain(store, needOf(contentOf(packages)));
  const { identity } = corpusPackage(499, 1);
  expect(findings.map((f) => f.requirement)).toEqual([`missing-${identity.stem}`]);
  expect(findings[0]?.tree).toBe('x86_64');
});

test('a required path is found wherever it lies, in channels beside this one too', async () => {
  const store = await storeOf([asking, having]);
  const alone = await obtain(store, needOf(contentOf([asking])));
  expect(alone.findings.map((f) => f.requirement)).toEqual([
    '/usr/bin/absent',
    '/usr/share/having/data',
  ]);
  const together = await obtain(store, needOf(contentOf([asking, having])));
  expect(together.findings.map((f) => f.requirement)).toEqual(['/usr/bin/absent']);
  const beside = await obtain(store, needOf(contentOf([asking]), contentOf([having])));
  expect(beside.findings.map((f) => f.requirement)).toEqual(['/usr/bin/absent']);
});

test('sources ask for nothing that a machine must have', async () => {
  const store = await storeOf([asking]);
  const tree = contentOf([asking]).trees.get('x86_64');
  if (!tree) throw new Error('no tree');
  const content = channelSnapshot(new Map([['source', tree]]));
  expect((await obtain(store, needOf(content))).findings).toEqual([]);
});

test('what was found is kept, and made again when the copy is damaged', async () => {
  const store = await storeOf([asking, having]);
  const need = needOf(contentOf([asking, having]));
  const first = await obtain(store, need);
  const packagesGone: Disk = {
    ...store.disk,
    readRange: () => Promise.reject(new Error('packages are not read again')),
  };
  expect(await obtain({ disk: packagesGone, root }, need)).toEqual(first);
  for (const path of [...store.disk.nodes.keys()].filter((p) => p.includes('/derived/'))) {
    if (path.endsWith('.json')) await store.disk.replace(path, 'half a li');
  }
  await expect(obtain({ disk: packagesGone, root }, need)).rejects.toThrow('not read again');
  expect(await obtain(store, need)).toEqual(first);
});

test('a check that follows the change finds what one from nothing finds', async () => {
  const packages = Array.from({ length: 120 }, (_, n) => heldPackage(corpusPackage(n, 1).bytes));
  const more = [...packages, asking, having];
  const store = await storeOf(more);
  const indexes = closureChecks();
  const contents = [
    contentOf(packages),
    contentOf(more.slice(1)),
    contentOf(more.filter((_, n) => n !== 3)),
    contentOf(packages.slice(0, 60)),
    contentOf(more.slice(7, 115)),
    contentOf(more),
  ];
  for (const [at, content] of contents.entries()) {
    const beside = at % 2 === 0 ? [] : [contentOf(more.slice(0, 20))];
    const fresh = await closureChecks().findings(store, needOf(content, ...beside));
    expect(await indexes.findings(store, needOf(content, ...beside))).toEqual(fresh);
  }
});

test('after an error the next check starts from nothing', async () => {
  const store = await storeOf([having]);
  const indexes = closureChecks();
  const need = needOf(contentOf([asking, having]));
  await expect(indexes.findings(store, need)).rejects.toThrow();
  await hold(store, [asking]);
  const found = await indexes.findings(store, need);
  expect(found.map((f) => f.requirement)).toEqual(['/usr/bin/absent']);
});
