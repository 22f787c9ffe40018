import { expect, test } from 'vitest';
import type {
  CommitId,
  GenerationRecord,
  SnapshotId,
  SnapshotTaken,
} from '../../src/model/index.ts';
import { currentGeneration, remember } from '../../src/observer/index.ts';

const head = 'a'.repeat(40) as CommitId;
const taken = (n: string): SnapshotTaken => ({
  upstream: 'vendor',
  snapshot: `sha256:${n.repeat(64)}` as SnapshotId,
  takenAt: 1,
  repomd: 'f'.repeat(64) as SnapshotTaken['repomd'],
  floor: { revision: 1, timestamp: 1 },
  refused: [],
  excused: [],
});
const record = (number: number) =>
  ({
    channel: 'testing',
    number,
    floors: { vendor: { revision: number, timestamp: number } },
  }) as unknown as GenerationRecord;

test('the newest facts win and nothing is forgotten', () => {
  const memory = remember([
    { kind: 'accepted', time: 10, data: { head } },
    { kind: 'step-begun', time: 11, data: { id: 'x' } },
    { kind: 'mirrored', time: 12, data: { taken: taken('1'), unchanged: false } },
    { kind: 'mirrored', time: 13, data: { taken: taken('2'), unchanged: false } },
    { kind: 'committed', time: 14, data: { record: record(1) } },
    { kind: 'committed', time: 15, data: { record: record(2) } },
    { kind: 'committed', time: 16, data: { record: record(2) } },
  ]);
  expect(memory.acceptedHead).toBe(head);
  expect(memory.upstreams.get('vendor')?.latest?.snapshot).toBe(taken('2').snapshot);
  expect(memory.upstreams.get('vendor')?.history).toHaveLength(2);
  expect(memory.generations.get('testing')?.map((r) => r.number)).toEqual([1, 2]);
  expect(currentGeneration(memory, 'testing')?.number).toBe(2);
  expect(memory.lastTime).toBe(16);
  expect(memory.floors.get('vendor')?.revision).toBe(2);
});

test('a failure keeps what was mirrored before, and a success clears it', () => {
  const fault = { code: 'UpstreamUnavailable', object: 'vendor', check: 'x', fix: 'y' } as const;
  const failed = remember([
    { kind: 'mirrored', time: 1, data: { taken: taken('1'), unchanged: false } },
    { kind: 'mirror-failed', time: 2, data: { upstream: 'vendor', fault } },
    { kind: 'mirror-failed', time: 3, data: { upstream: 'vendor', fault } },
  ]);
  expect(failed.upstreams.get('vendor')).toMatchObject({
    fault,
    failures: 2,
    failedAt: 3,
    checkedAt: 1,
  });
  const mended = remember([{ kind: 'mirrored', time: 4, data: { taken: taken('1') } }], failed);
  expect(mended.upstreams.get('vendor')?.fault).toBeUndefined();
  expect(mended.upstreams.get('vendor')?.failures).toBeUndefined();
});

test('an acknowledgement counts until the upstream was mirrored', () => {
  const before = remember([
    { kind: 'acknowledged', time: 1, data: { what: 'upstream/vendor', by: 'alice' } },
    { kind: 'acknowledged', time: 1, data: { what: head, by: 'alice' } },
  ]);
  expect(before.acknowledgedUpstreams.has('vendor')).toBe(true);
  expect(before.acknowledgedHead).toBe(head);
  const after = remember([{ kind: 'mirrored', time: 2, data: { taken: taken('1') } }], before);
  expect(after.acknowledgedUpstreams.has('vendor')).toBe(false);
});

test('a promotion that differs from its review is acknowledged by the digest of its content', () => {
  const seal = 'a'.repeat(64);
  const data = { what: `plan/${seal}`, by: 'alice' };
  const memory = remember([{ kind: 'acknowledged', time: 1, data }]);
  expect([...memory.acknowledgedPlans]).toEqual([seal]);
  expect(memory.acknowledgedHead).toBeUndefined();
});
