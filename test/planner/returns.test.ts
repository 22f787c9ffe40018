import { describe, expect, test } from 'vitest';
import type { SnapshotId, Step } from '../../src/model/index.ts';
import { planReturns } from '../../src/planner/index.ts';
import { planned, settle } from '../support/apply.ts';
import { fingerprint, type ModelWorld, place, world } from '../support/world.ts';

/** A channel that has had two contents, and whose pin names the first. */
function pinnedBack(): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  settle(w.offers('v', ['a-1-1.x86_64']).pin('testing', 'v'));
  const digest = w.content('testing');
  if (!digest) throw new Error('nothing served');
  w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
  settle(w);
  return pinnedTo(w, digest);
}

function pinnedTo(w: ModelWorld, digest: SnapshotId): ModelWorld {
  const at = place('channels/testing.yaml', 9);
  return w.change('testing', (c) => ({ ...c, pin: { generation: 1, digest, at } }));
}

const published = (steps: readonly Step[]) =>
  steps.flatMap((s) => (s.kind === 'assemble' || s.kind === 'point' ? [s] : []));
const told = (steps: readonly Step[]) =>
  published(steps).map(({ kind, id, record, why }) => ({ kind, id, record, why }));

describe('going back to what a channel had', () => {
  test('comes to the steps of the whole plan, without a content', () => {
    const w = pinnedBack();
    const returns = planReturns(w.value());
    expect(told(returns)).toEqual(told(planned(w).steps));
    expect(returns.map((s) => s.kind)).toEqual(['assemble', 'point']);
    expect(published(returns).every((s) => !('content' in s))).toBe(true);
  });

  test('needs nothing but what journal and signer say', () => {
    const { desired, actual, now } = pinnedBack().value();
    const { acceptedHead, upstreams, channels, suspensions, signingKeys } = actual;
    const histories = [...channels].map(([name, { content: _, admitted: __, ...history }]) => {
      return [name, history] as const;
    });
    const recorded = { acceptedHead, upstreams, suspensions, signingKeys };
    const world = { desired, actual: { ...recorded, channels: new Map(histories) }, now };
    expect(told(planReturns(world))).toHaveLength(2);
  });

  test('is over once it is served', () => {
    const w = pinnedBack();
    settle(w);
    expect(planReturns(w.value())).toEqual([]);
  });

  test('does not concern a channel that is not pinned, or is suspended', () => {
    const w = pinnedBack();
    w.state.suspensions.push({ object: 'channel/testing', reason: 'audit' });
    expect(planReturns(w.value())).toEqual([]);
    const free = pinnedBack().change('testing', ({ pin: _, ...c }) => c);
    expect(planReturns(free.value())).toEqual([]);
  });

  test('leaves to the whole plan what the content has to be known for', () => {
    const other = `sha256:${'0'.repeat(64)}` as SnapshotId;
    expect(planReturns(pinnedTo(pinnedBack(), other).value())).toEqual([]);
    const signs = pinnedBack().change('testing', (c) => ({
      ...c,
      sign: { ...c.sign, packages: fingerprint },
    }));
    expect(planReturns(signs.value())).toEqual([]);
    const apart = pinnedBack().change('testing', (c) => ({ ...c, private: true }));
    expect(planReturns(apart.value())).toEqual([]);
  });

  test('does nothing without the key, and says nothing: the whole plan does', () => {
    const w = pinnedBack();
    w.state.signingKeys = [];
    expect(planReturns(w.value())).toEqual([]);
    expect(planned(w).holds.map((h) => h.code)).toContain('KeyMissing');
  });
});
