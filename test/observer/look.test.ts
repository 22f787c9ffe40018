import { expect, test } from 'vitest';
import type { CommitId, Desired } from '../../src/model/index.ts';
import { declared, type FactEntry, look, remember } from '../../src/observer/index.ts';
import { readPolicy } from '../../src/policy/index.ts';
import { smallPolicy } from '../policy/small-policy.ts';

const commit = { id: 'a'.repeat(40) as CommitId, time: 1_700_000_000 };
const now = 1_800_000_000;

function policy(change: (text: string) => string = (text) => text): Desired {
  const files = Object.entries(smallPolicy).map(([path, text]) => ({
    path,
    text: path === 'upstreams/vendor.yaml' ? change(text) : text,
  }));
  const { desired } = readPolicy(files, commit);
  if (!desired) throw new Error('the small policy is valid');
  return desired;
}

async function isDue(desired: Desired, entries: readonly FactEntry[], at = now) {
  const ports = {
    forge: { list: async () => [] },
    signer: { keys: async () => [] },
  };
  const actual = await look(ports as unknown as Parameters<typeof look>[0], {
    desired,
    head: commit.id,
    memory: remember(entries),
    snapshots: { read: async () => undefined } as never,
    removals: [],
    facts: new Map(),
    now: at,
    syncAll: false,
  });
  return actual.upstreams.get('vendor')?.due;
}

const failed = (time: number, desired: Desired): FactEntry => ({
  kind: 'mirror-failed',
  time,
  data: {
    upstream: 'vendor',
    fault: { code: 'KeyNotPinned', object: 'repomd.xml', check: 'x', fix: 'y' },
    declared: declared(desired, 'vendor'),
  },
});

test('an upstream that was never mirrored is due', async () => {
  expect(await isDue(policy(), [])).toBe(true);
});

test('what failed is tried again after one minute, then two, then four', async () => {
  const desired = policy();
  const once = [failed(now, desired)];
  expect(await isDue(desired, once, now + 59)).toBe(false);
  expect(await isDue(desired, once, now + 60)).toBe(true);
  const thrice = [failed(now, desired), failed(now, desired), failed(now, desired)];
  expect(await isDue(desired, thrice, now + 239)).toBe(false);
  expect(await isDue(desired, thrice, now + 240)).toBe(true);
});

test('a mended declaration is followed at once, another schedule is not a reason', async () => {
  const failure = [failed(now, policy())];
  expect(await isDue(policy(), failure)).toBe(false);
  const mended = policy((text) => `${text}exclude: ["*-debuginfo"]\n`);
  expect(await isDue(mended, failure)).toBe(true);
  const rescheduled = policy((text) => `${text}schedule: "0 3 * * *"\n`);
  expect(await isDue(rescheduled, failure)).toBe(false);
});
