import { describe, expect, it } from 'vitest';
import {
  checkFloor,
  checkPlausible,
  floorOf,
  nextFloor,
} from '../../../src/executor/mirror/floor.ts';
import type { MirrorJob } from '../../../src/executor/mirror/job.ts';
import type { Floor, Upstream } from '../../../src/model/index.ts';
import { faultOf } from '../../support/fault-of.ts';

const upstream: Upstream = {
  name: 'vendor',
  url: '/nowhere/',
  tree: 'x86_64',
  keys: [],
  require: { metadataSignature: true, packageSignatures: true },
  exceptions: [],
  include: [],
  exclude: [],
  verifyTags: {},
  limits: { maxPackageBytes: 1 },
  at: { file: 'upstreams/vendor.yaml', line: 1, col: 1 },
};
const job = (floor: Floor, acknowledgedRollback = false): MirrorJob => ({
  upstream,
  keys: [],
  floor,
  acknowledgedRollback,
});
const at = (revision: number, timestamp: number): Floor => ({ revision, timestamp });
const judged = (seen: Floor, offered: Floor) => async () => checkFloor(job(seen), offered);

describe('[A03] the floor', () => {
  it('lets the same and the newer pass', async () => {
    await judged(at(5, 50), at(5, 50))();
    await judged(at(5, 50), at(6, 51))();
    checkFloor({ upstream, keys: [] }, at(1, 1));
  });

  it.each([
    ['an older revision', at(5, 50), at(4, 60)],
    ['an older timestamp', at(5, 50), at(6, 49)],
    ['an older timestamp where the upstream writes no revisions', at(0, 50), at(0, 49)],
  ])('stops %s', async (_title, seen, offered) => {
    expect((await faultOf(judged(seen, offered))).code).toBe('UpstreamRollback');
  });

  it('compares timestamps alone when an upstream begins or ceases to write revisions', async () => {
    await judged(at(0, 50), at(3, 51))();
    await judged(at(5, 50), at(0, 51))();
  });

  it('never sinks, except by an acknowledgement', () => {
    expect(nextFloor(job(at(5, 50)), at(0, 60))).toEqual(at(5, 60));
    expect(nextFloor(job(at(5, 50), true), at(4, 40))).toEqual(at(4, 40));
  });
});

describe('what a repomd says of its age', () => {
  const repomd = (revision: string, ...timestamps: number[]) => ({
    revision,
    records: timestamps.map((timestamp, i) => ({
      type: `t${i}`,
      href: 'x',
      checksum: { type: 'sha256' as const, hex: 'x' },
      timestamp,
    })),
  });

  it('is its revision, when that is a number, and its newest timestamp', () => {
    expect(floorOf(repomd('1700000000', 5, 9, 7))).toEqual(at(1_700_000_000, 9));
    expect(floorOf(repomd('', 5))).toEqual(at(0, 5));
    expect(floorOf(repomd('2026-01-02'))).toEqual(at(0, 0));
  });

  it('[A10] may not be more than a day ahead', async () => {
    checkPlausible('vendor', at(1000 + 86_400, 1000 + 86_400), 1000);
    for (const offered of [at(Number('99999999999999999999'), 1), at(1, 1001 + 86_400)]) {
      const fault = await faultOf(async () => checkPlausible('vendor', offered, 1000));
      expect(fault.code).toBe('RevisionImplausible');
    }
  });
});
