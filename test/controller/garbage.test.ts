import { describe, expect, test } from 'vitest';
import { type GarbageWorld, garbage } from '../../src/controller/garbage.ts';
import type { CommitId, GenerationRecord, Sha256, SnapshotId } from '../../src/model/index.ts';

const day = 86_400;
const now = 1_000 * day;
const digest = (letter: string) => letter.repeat(64) as Sha256;
const id = (letter: string) => `sha256:${digest(letter)}` as SnapshotId;
const commit = 'c'.repeat(40) as CommitId;

/** Generation 1 has everything for the first time; `content` is one letter. */
function generation(number: number, ageDays: number, content: string): GenerationRecord {
  return {
    v: 1,
    channel: 'testing',
    number,
    commit,
    acceptedHead: commit,
    revision: number,
    time: now - ageDays * day,
    content: id(content),
    compression: 'gz',
    entered: number === 1 ? 'all' : {},
    held: [],
    base: {},
    floors: {},
    keys: [],
  };
}

/** Every snapshot has one package, one object and one block of its own, named by its letter. */
function world(
  records: readonly GenerationRecord[],
  more: Partial<GarbageWorld> & { readonly snapshots?: readonly string[] } = {},
): GarbageWorld {
  const letters = [
    ...new Set([...records.map((r) => r.content[7] ?? ''), ...(more.snapshots ?? [])]),
  ];
  const one = (letter: string) => [digest(letter)];
  return {
    since: now - 30 * day,
    recent: 'the last 30 days',
    newest: 1,
    generations: new Map([['testing', records]]),
    ended: new Map(),
    served: new Set([`testing/${records.at(-1)?.number}`]),
    addresses: new Map(),
    unlogged: new Set(),
    named: new Map(),
    taken: [],
    proposals: new Set(),
    leased: new Set(),
    held: {
      snapshots: new Map(
        letters.map((letter) => [
          id(letter),
          {
            packages: one(letter),
            advisories: [],
            objects: one(letter),
            blocks: one(letter),
          },
        ]),
      ),
      generations: records.map((r) => `testing/${r.number}`),
      trials: [],
      packages: letters.map(digest),
      objects: letters.map(digest),
      blocks: letters.map(digest),
    },
    ...more,
  };
}

const gone = (w: GarbageWorld) =>
  garbage(w)
    .filter((j) => j.keptBy === undefined)
    .map(({ kind, name }) => `${kind} ${name.replace(/(sha256:)?(.)\2{63}/, '$2')}`);

const old = [generation(1, 300, 'a'), generation(2, 200, 'b'), generation(3, 100, 'd')];

describe('what may go', () => {
  test('an old generation with its snapshot and bytes; of the first one the lists stay', () => {
    expect(gone(world(old))).toEqual([
      'generation testing/1',
      'generation testing/2',
      'snapshot b',
      'object b',
      'block a',
      'block b',
      'package a',
      'package b',
    ]);
  });

  test('names come before the bytes that they reach', () => {
    const kinds = garbage(world(old)).map((j) => j.kind);
    expect(kinds.lastIndexOf('generation')).toBeLessThan(kinds.indexOf('snapshot'));
    expect(kinds.lastIndexOf('block')).toBeLessThan(kinds.indexOf('package'));
  });

  test('bytes that nothing ever named', () => {
    const w = world(old);
    const held = { ...w.held, packages: [...w.held.packages, digest('9')] };
    expect(gone({ ...w, held, newest: 3 })).toEqual(['package 9']);
  });
});

test('a channel that has ended goes like an old generation, but for its soak clocks', () => {
  const served = new Set<string>();
  const ended = new Map([['testing', now - 31 * day]]);
  expect(gone(world(old, { served, ended }))).toContain('generation testing/3');
  expect(gone(world(old, { served, ended }))).not.toContain('snapshot a');
  const lately = new Map([['testing', now - 29 * day]]);
  expect(gone(world(old, { served, ended: lately }))).not.toContain('generation testing/3');
});

describe('what stays', () => {
  test('so many newest generations, whatever is served, and what the log lacks', () => {
    expect(gone(world(old, { newest: 3 }))).toEqual([]);
    expect(gone(world(old, { served: new Set(['testing/1', 'testing/3']) }))).not.toContain(
      'package a',
    );
    expect(gone(world(old, { unlogged: new Set(['testing/2']) }))).not.toContain('package b');
  });

  test('the generation at the address of a content that stays, and only then', () => {
    const addresses = new Map([[id('d'), 'testing/1']]);
    expect(gone(world(old, { addresses }))).not.toContain('generation testing/1');
    const unused = new Map([[id('b'), 'testing/2']]);
    expect(gone(world(old, { addresses: unused }))).toContain('generation testing/2');
  });

  test('what was served within the retention, also when it was published long before', () => {
    const records = [generation(1, 300, 'a'), generation(2, 10, 'b')];
    expect(gone(world(records))).toEqual([]);
    expect(gone(world([generation(1, 300, 'a'), generation(2, 31, 'b')]))).toContain('package a');
  });

  test('what a policy file, a recent commit or an open proposal names, with that reason', () => {
    const named = new Map([[digest('b'), 'open proposal #7']]);
    const judged = garbage(world(old, { named }));
    const kept = judged.filter((j) => j.keptBy === 'open proposal #7').map((j) => j.kind);
    expect(kept).toEqual(['generation', 'package']);
    expect(gone(world(old, { named }))).not.toContain('package b');
  });

  test('a package that an update names stays although its generation goes', () => {
    const w = world(old);
    const held = { ...w.held, packages: [...w.held.packages, digest('9')] };
    const named = new Map([[digest('9'), 'updates/x.yaml']]);
    expect(gone({ ...w, held, named })).not.toContain('package 9');
  });

  test('the newest snapshot of an upstream, recent ones, and the newest that describes an update', () => {
    const taken = [
      { upstream: 'vendor', id: id('1'), until: now - 80 * day },
      { upstream: 'vendor', id: id('2'), until: now - 31 * day },
      { upstream: 'vendor', id: id('3'), until: now - 19 * day },
      { upstream: 'vendor', id: id('4') },
    ];
    const options = { taken, newest: 3, snapshots: ['1', '2', '3', '4'] };
    expect(gone(world(old, options)).filter((g) => g.startsWith('snapshot'))).toEqual([
      'snapshot 1',
      'snapshot 2',
    ]);
    const w = world(old, options);
    const inBoth = { packages: [digest('7')], advisories: [], objects: [], blocks: [] };
    const held = {
      ...w.held,
      snapshots: new Map([...w.held.snapshots, [id('1'), inBoth], [id('2'), inBoth]]),
    };
    const named = new Map([[digest('7'), 'updates/x.yaml']]);
    expect(gone({ ...w, held, named }).filter((g) => g.startsWith('snapshot'))).toEqual([
      'snapshot 1',
    ]);
  });

  test('what somebody reads, with its address and its bytes', () => {
    const w = world(old, {
      leased: new Set([id('b')]),
      addresses: new Map([[id('b'), 'testing/2']]),
    });
    const going = gone(w);
    for (const kind of [
      'address',
      'generation testing/2',
      'snapshot',
      'object',
      'block',
      'package',
    ])
      expect(going.filter((g) => g.startsWith(kind) && /b$|2$/.test(g))).toEqual([]);
    expect(going).toContain('package a');
    expect(gone({ ...w, leased: new Set() })).toContain('address b');
  });

  test('a generation that waits for its switch', () => {
    const w = world(old);
    const held = { ...w.held, generations: [...w.held.generations, 'testing/4', 'production/1'] };
    expect(gone({ ...w, held })).not.toContain('generation testing/4');
    expect(gone({ ...w, held })).not.toContain('generation production/1');
  });

  test('everything but what is derived, while a person works on the branch of a proposal', () => {
    expect(gone(world(old, { edited: 7 }))).toEqual(['block a', 'block b']);
  });

  test('the trial that an open proposal shows; older ones and those of closed ones go', () => {
    const w = world(old, { newest: 3, proposals: new Set([2]) });
    const trials = [
      { name: '1-aa', shown: true },
      { name: '2-bb', shown: false },
      { name: '2-cc', shown: true },
    ];
    expect(gone({ ...w, held: { ...w.held, trials } })).toEqual(['trial 1-aa', 'trial 2-bb']);
  });
});
