import { describe, expect, test } from 'vitest';
import type { GenerationRecord } from '../../src/model/index.ts';
import { plan } from '../../src/planner/index.ts';
import { settle } from '../support/apply.ts';
import { day, fingerprint as first, type ModelWorld, world } from '../support/world.ts';

const second = 'B'.repeat(40);

function site(): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] })
    .approvals({ testing: 'auto' })
    .offers('v', ['a-1-1.x86_64']);
  settle(w);
  return w;
}

const sign = (w: ModelWorld, more: { metadata?: string; next?: string }) =>
  w.change('testing', (c) => ({ ...c, sign: { packages: 'keep', ...more } }));

const served = (w: ModelWorld): GenerationRecord | undefined =>
  w.state.channels.get('testing')?.generation;

const codes = (w: ModelWorld) => plan(w.value()).holds.map((h) => h.code);

describe('the keys of a channel', () => {
  test('[J12] the next key is published a generation before it signs, and the one before signs along', () => {
    const w = site();
    w.state.signingKeys = [first, second];
    sign(w, { metadata: second });
    expect(codes(w)).toEqual(['KeyNotAnnounced']);
    settle(w);
    expect(served(w)?.keys).toEqual([first]);

    sign(w, { metadata: first, next: second });
    settle(w);
    expect(served(w)).toMatchObject({ keys: [first], offered: [second] });
    expect(plan(w.value())).toMatchObject({ steps: [], holds: [] });

    sign(w, { metadata: second });
    settle(w);
    expect(served(w)?.keys).toEqual([second, first]);
    expect(plan(w.value()).steps).toEqual([]);
  });

  test('a key that is gone or has ended needs no announcement of the one after it', () => {
    const w = site();
    w.state.signingKeys = [second];
    sign(w, { metadata: second });
    settle(w);
    expect(served(w)?.keys).toEqual([second]);
  });

  test('[E09] a key that ends in 30 or 7 days is told about; at its end nothing is published', () => {
    const w = site();
    w.state.keyEnds = new Map([[first, w.state.now + 40 * day]]);
    settle(w);
    expect(codes(w)).toEqual([]);
    const texts = () => plan(w.value()).holds.map((h) => `${h.code}: ${h.text}`);
    w.later(11 * day);
    expect(texts()).toEqual([expect.stringMatching(/^KeyEnds: .* ends in 29 days/)]);
    w.later(22 * day);
    expect(texts()).toEqual([expect.stringMatching(/^KeyEnds: .* ends in 7 days.*now$/)]);
    w.later(7 * day);
    w.offers('v', ['a-2-1.x86_64']);
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
    const expired = plan(w.value()).holds.find((h) => h.code === 'KeyExpired');
    expect(expired?.awaits).toBe(`sluice key extend ${first} --expires 2y`);
    w.state.keyEnds = new Map([[first, w.state.now + 700 * day]]);
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-2-1.x86_64']);
  });

  test('[E09] a key that was extended gets to machines by a generation of its own', () => {
    const w = site();
    const before = served(w)?.number ?? 0;
    w.state.keyEnds = new Map([[first, w.state.now + 700 * day]]);
    settle(w);
    expect(served(w)).toMatchObject({ number: before + 1 });
    expect(plan(w.value()).steps).toEqual([]);
  });
});
