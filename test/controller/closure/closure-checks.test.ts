import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { closureChecks } from '../../../src/controller/closure/closure-checks.ts';
import {
  type ChannelSnapshot,
  type ClosureNeed,
  canonicalDigest,
  type Dependency,
  nevraText,
  type PackageDependencies,
} from '../../../src/model/index.ts';
import type { Disk } from '../../../src/ports.ts';
import { dependencyIndex, readPackageHead } from '../../../src/rpm/index.ts';
import type { Store } from '../../../src/store/index.ts';
import { contentOf, type HeldPackage, heldPackage, hold } from '../../support/held-packages.ts';
import { type MemoryDisk, memoryDisk } from '../../support/memory-disk.ts';
import { relatedPackage } from '../../support/related-package.ts';

const root = '/state';
/** Of each package there is another version, which is in its place. */
const count = 300;
const names = Array.from({ length: 200 }, (_, n) => `n${n}`);
const paths = Array.from({ length: 80 }, (_, n) => (n % 2 ? `/usr/bin/p${n}` : `/opt/p${n}`));

const name = fc.constantFrom(...names);
const plain = fc.record({
  name: fc.oneof({ weight: 3, arbitrary: name }, fc.constantFrom(...paths)),
});
const versioned = fc.record({
  name,
  flags: fc.constantFrom<NonNullable<Dependency['flags']>>('LT', 'LE', 'EQ', 'GE', 'GT'),
  version: fc.constantFrom('1', '2'),
});
const rich = fc
  .tuple(
    name,
    fc.constantFrom('and', 'or', 'if', 'unless', 'with', 'without'),
    fc.oneof(name, fc.constantFrom(...paths)),
  )
  .map(([left, operator, right]): Dependency => ({ name: `(${left} ${operator} ${right})` }));

const somePackage = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  arch: fc.constantFrom('noarch', 'x86_64', 'x86_64', 'i686', 'aarch64', 'src'),
  buildTime: fc.nat(500),
  provides: fc.array(fc.oneof(versioned, plain), { maxLength: 3 }),
  requires: fc.array(fc.oneof(versioned, plain, plain, rich), { maxLength: 3 }),
  files: fc.subarray([...paths], { maxLength: 2 }),
});

let pool: readonly HeldPackage[] = [];
let dependencies: ReadonlyMap<string, PackageDependencies> = new Map();
let disk: MemoryDisk;
beforeAll(async () => {
  const made = fc.sample(somePackage, { numRuns: count, seed: 7 });
  const differently = fc.sample(somePackage, { numRuns: count, seed: 8 });
  const next = made.map((parts, n): typeof parts => {
    const { arch = 'noarch', requires = [], provides = [], files = [] } = differently[n] ?? {};
    const changes = [{ arch }, { arch, requires }, { provides }, { files }, { requires, files }];
    return { ...parts, ...changes[n % changes.length], buildTime: parts.buildTime + 1 };
  });
  pool = [...made, ...next].map((parts, n) =>
    heldPackage(relatedPackage({ ...parts, buildTime: parts.buildTime * 1000 + n })),
  );
  dependencies = new Map(pool.map((p) => [p.entry.sha256, dependenciesOf(p)]));
  disk = memoryDisk();
  await hold({ disk, root }, pool);
});

function dependenciesOf({ bytes, entry }: HeldPackage): PackageDependencies {
  const detail = readPackageHead(bytes, entry);
  const { sha256, requires, provides } = detail;
  return { sha256, nevra: entry, requires, provides, files: detail.files.map((f) => f.path) };
}

const freshStore = (): Store => ({ disk: memoryDisk(new Map(disk.nodes)), root });

const needOf = (content: ChannelSnapshot, ...others: ChannelSnapshot[]): ClosureNeed => ({
  kind: 'closure',
  id: canonicalDigest({ content: content.id, with: others.map((o) => o.id) }),
  content,
  with: others,
});

/** What one index of everything says. */
function fromNothing(...contents: readonly ChannelSnapshot[]) {
  const index = dependencyIndex();
  const entries = contents.flatMap((c) => [...c.trees.values()].flatMap((t) => t.packages));
  const all = new Map(entries.map((p) => [p.sha256, dependencies.get(p.sha256)]));
  for (const one of all.values()) if (one) index.enter(one);
  for (const one of all.values()) if (one) index.addFiles(one.sha256, one.files);
  return index.findings();
}

function some(numbers: Iterable<number>): ChannelSnapshot {
  const wanted = new Set(numbers);
  return contentOf(pool.filter((_, n) => wanted.has(n)));
}

describe('a check that follows the change', () => {
  it('finds what one from nothing finds, after any sequence of changes', async () => {
    const place = fc.nat(count - 1);
    const start = fc.uniqueArray(place, { minLength: 200, maxLength: 200 });
    // Which version of a package there is, or that there is none.
    const change = fc.array(fc.tuple(place, fc.constantFrom(0, 1, 1, undefined)), { minLength: 1 });
    const changes = fc.array(change, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(start, changes, fc.boolean(), async (first, sequence, hasBeside) => {
        const store = freshStore();
        const running = closureChecks();
        const versions = new Map<number, number | undefined>(first.map((n) => [n, 0]));
        const beside = hasBeside ? [some(first.slice(0, 80))] : [];
        for (const next of [[], ...sequence]) {
          for (const [n, version] of next) versions.set(n, version);
          const there = [...versions].flatMap(([n, v]) => (v === undefined ? [] : n + v * count));
          const content = some(there);
          const expected = fromNothing(content, ...beside);
          const need = needOf(content, ...beside);
          // Another process, which has nothing in memory, before or after the answer is kept.
          const other = closureChecks();
          const [one, two] = next.length % 2 === 0 ? [running, other] : [other, running];
          expect(await one.findings(store, need)).toEqual(expected);
          expect(await two.findings(store, need)).toEqual(expected);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('reads of what is derived only what the change touches', async () => {
    const chain = Array.from({ length: 600 }, (_, n) =>
      heldPackage(
        relatedPackage({
          ...{ name: `link${n}`, arch: 'noarch', buildTime: n, files: [`/opt/link${n}`] },
          provides: [{ name: `link${n}` }],
          requires: [{ name: `link${Math.max(0, n - 1)}` }],
        }),
      ),
    );
    const store: Store = { disk: memoryDisk(), root };
    await hold(store, chain);
    await closureChecks().findings(store, needOf(contentOf(chain)));
    const read: string[] = [];
    const readEach: Disk['readEach'] = (wanted) => {
      const list = [...wanted];
      read.push(...list);
      return store.disk.readEach(list);
    };
    const watched: Store = { disk: { ...store.disk, readEach }, root };
    const without = contentOf(chain.filter((_, n) => n !== 300));
    const found = await closureChecks().findings(watched, needOf(without));
    expect(found.map((f) => f.requirement)).toEqual(['link300']);
    const files = (name: string): number =>
      new Set(read.filter((path) => path.endsWith(`/${name}`))).size;
    // Of some twenty blocks.
    expect(files('dependencies')).toBeLessThan(8);
    expect(files('paths')).toBeLessThan(8);
  });

  it.each(['dependencies', 'names', 'paths', 'recent.json'])(
    'makes %s again where it is damaged, torn or gone, and finds the same',
    async (file) => {
      for (const damage of ['other', 'torn', 'gone']) {
        const store = freshStore();
        const numbers = new Set(pool.keys());
        await closureChecks().findings(store, needOf(some(numbers)));
        const { nodes } = store.disk as MemoryDisk;
        const damaged = [...nodes].filter(([path]) => path.endsWith(`/${file}`));
        expect(damaged.length).toBeGreaterThan(0);
        for (const [path, node] of damaged) {
          if (node.kind !== 'file') continue;
          const bytes = Buffer.from(node.inode.bytes);
          if (damage === 'other') bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
          if (damage === 'gone') nodes.delete(path);
          else node.inode = { bytes: damage === 'torn' ? bytes.subarray(0, -3) : bytes };
        }
        for (const n of [3, 300]) numbers.delete(n);
        const need = needOf(some(numbers));
        expect(await closureChecks().findings(store, need)).toEqual(fromNothing(some(numbers)));
      }
    },
  );
});

it('the pool has something of everything', () => {
  const found = fromNothing(some(pool.keys()));
  expect(found.length).toBeGreaterThan(20);
  expect(found.some((f) => f.requirement.startsWith('/opt/'))).toBe(true);
  expect(new Set(pool.map((p) => nevraText(p.entry))).size).toBeGreaterThan(20);
});
