import { expect, test } from 'vitest';
import {
  digestOf,
  type PackageEntry,
  packagesNamed,
  sortedPackages,
} from '../../src/model/index.ts';
import { heldIn } from '../../src/planner/content/held-contents.ts';
import { pkg } from '../support/world-packages.ts';

const offered = sortedPackages(['a-1-1.x86_64', 'b-1-1.x86_64', 'b-2-1.x86_64'].map((p) => pkg(p)));
const served = [pkg('c-1-1.x86_64')];
const held = () =>
  heldIn<PackageEntry>([[], offered], [served], (name) => (list) => packagesNamed(list, name));

test('what upstreams offer and what channels serve is found by its digest', () => {
  for (const p of [...offered, ...served]) expect(held().get(p.sha256)).toBe(p);
  expect(held().has(digestOf('another'))).toBe(false);
});

test('a label helps to find it, and a wrong one hides nothing', () => {
  for (const p of [...offered, ...served]) {
    for (const label of [p.name, 'a', 'nobody']) expect(held().get(p.sha256, label)).toBe(p);
  }
  expect(held().has(digestOf('another'), 'a')).toBe(false);
});

test('many questions get the answers of one', () => {
  const all = held();
  for (let n = 0; n < 600; n += 1) expect(all.has(digestOf(`another ${n}`), 'a')).toBe(false);
  for (const p of [...offered, ...served]) expect(all.get(p.sha256, 'a')).toBe(p);
});
