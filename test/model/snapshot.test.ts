import { expect, test } from 'vitest';
import {
  channelSnapshot,
  digestOf,
  emptyTree,
  type PackageEntry,
  type TreeContent,
  upstreamSnapshot,
} from '../../src/model/index.ts';

const entry = (name: string, content = name): PackageEntry => ({
  name,
  epoch: 0,
  version: '1',
  release: '1',
  arch: 'noarch',
  sha256: digestOf(content),
  sizeBytes: 1,
  buildTime: 0,
});

const tree = (...packages: PackageEntry[]): TreeContent => ({ ...emptyTree, packages });
const channel = (trees: Record<string, TreeContent>) =>
  channelSnapshot(new Map(Object.entries(trees)));

test('a snapshot is named by its content, in whatever order it was gathered', () => {
  const one = upstreamSnapshot(tree(entry('a'), entry('b')));
  const two = upstreamSnapshot(tree(entry('b'), entry('a')));
  expect(two.id).toBe(one.id);
  expect(two.packages.map((p) => p.name)).toEqual(['a', 'b']);
  expect(one.id).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('other bytes under the same label are another snapshot', () => {
  const one = upstreamSnapshot(tree(entry('a')));
  expect(upstreamSnapshot(tree(entry('a', 'again'))).id).not.toBe(one.id);
});

test('the tree that a package is in counts, and so does an emptied tree', () => {
  const inX86 = channel({ x86_64: tree(entry('a')), source: emptyTree });
  const inSource = channel({ x86_64: emptyTree, source: tree(entry('a')) });
  const alone = channel({ x86_64: tree(entry('a')) });
  expect(new Set([inX86.id, inSource.id, alone.id]).size).toBe(3);
  expect(channel({ source: emptyTree, x86_64: tree(entry('a')) }).id).toBe(inX86.id);
});

test('an upstream and a channel with the same packages have different names', () => {
  const content = tree(entry('a'));
  expect(upstreamSnapshot(content).id).not.toBe(channel({ '': content }).id);
});
