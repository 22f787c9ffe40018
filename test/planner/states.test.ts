import { describe, expect, test } from 'vitest';
import { packageStates as machine, type Policy, stateNamed } from '../../src/model/index.ts';
import { packageStates } from '../../src/planner/index.ts';
import { merge, reject, settle } from '../support/apply.ts';
import { day, fingerprint, type ModelWorld, world } from '../support/world.ts';
import { building, buildsEnd } from '../support/world-builds.ts';
import { pkg } from '../support/world-packages.ts';

const states = (w: ModelWorld): readonly string[] =>
  packageStates(w.value()).map((s) => `${s.nevra} ${s.state}`);

const stateOf = (w: ModelWorld, nevra: string) =>
  packageStates(w.value()).find((s) => s.nevra === nevra);

const sign = { packages: fingerprint };

function site(approvals: Policy['approvals']): ModelWorld {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { base: ['v', 's'], sign });
  w.channel('production', {
    ...{ base: ['v'], follows: 'testing', sign },
    gates: { soakSeconds: day },
  });
  w.approvals({ testing: 'auto', production: 'ask' });
  w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']).offers('s', ['a-1-1.src', 'b-1-1.src']);
  building(w, ['a'], { approvals });
  w.pin('testing', 'v').pin('production', 'v');
  settle(w, 12);
  return w;
}

describe('a package that is built here', () => {
  test('goes the whole way, and says at each step what it awaits and what it reports', () => {
    const w = site({ testing: 'ask', production: 'ask' });
    const seen: string[] = [];
    const step = (identity: string) => {
      const [own] = packageStates(w.value()).filter((s) => s.nevra.startsWith('a-1-1.s'));
      seen.push(`${own?.state} ? ${own?.awaits} ! ${own?.reports ?? '-'}`);
      if (identity) merge(w, identity);
      settle(w, 12);
    };
    step('start/build-a-1-1');
    step('build/build-a-1-1');
    step('sign/build-a-1-1');
    step('built/testing/build-a-1-1');
    step('');
    w.later(2 * day);
    settle(w);
    step('promotion/production/build-a-1-1');
    step('');
    expect(seen).toEqual([
      'waiting ? the answer to start, build or the channel ! -',
      'waiting ? a merge of #2 (sluice/build/build-a-1-1) ! -',
      'unsigned ? a merge of #3 (sluice/sign/build-a-1-1) ! build.succeeded',
      'unsigned ? a merge of #4 (sluice/built/testing/build-a-1-1) ! build.succeeded',
      'untested ? time ! -',
      'untested ? a merge of #5 (sluice/promotion/production/build-a-1-1) ! -',
      'good ? undefined ! promoted',
    ]);
  });

  test('a build that fails, lacks something, or is stopped says so', () => {
    const auto = { start: 'auto', build: 'auto', sign: 'auto' } as const;
    const endsIn = (end: Parameters<typeof buildsEnd>[2]) => {
      const w = site({ start: 'auto' });
      buildsEnd(w, 'a', end);
      building(w, ['a'], { approvals: auto });
      settle(w, 12);
      return stateOf(w, 'a-1-1.src')?.state;
    };
    expect(endsIn({ failed: 'no' })).toBe('build-failed');
    expect(endsIn({ failed: 'no', missing: ['gcc'] })).toBe('paused');
    const held = site({ ...auto, build: 'never' });
    expect(stateOf(held, 'a-1-1.src')?.state).toBe('held');
    const rejected = site({ start: 'auto' });
    reject(rejected, 'build/build-a-1-1');
    expect(stateOf(rejected, 'a-1-1.src')?.state).toBe('rejected');
  });
});

describe('a package that is copied', () => {
  const approvals = { testing: 'auto', production: 'ask' } as const;

  test('waits, is untested, tested, good, withdrawn and superseded', () => {
    const w = site({ start: 'never' });
    w.approvals({ testing: 'ask', production: 'ask' }).offers('v', [
      'a-1-1.x86_64',
      'b-2-1.x86_64',
    ]);
    settle(w);
    expect(stateOf(w, 'b-2-1.x86_64')?.state).toBe('waiting');
    w.approvals(approvals);
    settle(w, 12);
    expect(stateOf(w, 'b-2-1.x86_64')?.state).toBe('untested');
    const promotion = w.state.desired.promotions.find((p) => p.channel === 'testing');
    w.state.desired.promotions = [
      { ...promotion, tested: { by: 'alice', at: '2026-01-01' } } as NonNullable<typeof promotion>,
    ];
    expect(stateOf(w, 'b-2-1.x86_64')?.state).toBe('tested');
    w.later(2 * day);
    settle(w);
    merge(w, 'promotion/production/pkg-b-2-1');
    settle(w);
    expect(stateOf(w, 'b-2-1.x86_64')).toMatchObject({ state: 'good', channel: 'production' });
    w.revert('production', 'pkg:b-2-1').revert('testing', 'pkg:b-2-1');
    settle(w);
    expect(stateOf(w, 'b-2-1.x86_64')?.state).toBe('withdrawn');
  });

  test('what a base brought is where its channels are; a refused one is test-failed', () => {
    const w = site({ start: 'never' });
    expect(states(w)).toContain('b-1-1.x86_64 good');
    const nevra = pkg('bad-1-1.x86_64');
    const fault = { code: 'PackageUnsigned', object: 'bad', check: 'signed', fix: 'x' } as const;
    const refused = [{ nevra, sha256: nevra.sha256, fault }];
    w.offers('v', { packages: ['a-1-1.x86_64', 'b-1-1.x86_64'], refused });
    expect(stateOf(w, 'bad-1-1.x86_64')).toMatchObject({
      ...{ state: 'test-failed', awaits: 'x', reports: 'verify.failed' },
    });
  });
});

test('every state that can follow is a state, and old words are understood', () => {
  const names = new Set(Object.keys(machine));
  const next = Object.values(machine).flatMap((s): readonly string[] => s.next);
  expect(next.filter((n) => !names.has(n))).toEqual([]);
  expect(['being build', 'Unsigned/pending', 'signed/untested', 'good'].map(stateNamed)).toEqual([
    ...['building', 'unsigned', 'untested', 'good'],
  ]);
  expect(stateNamed('fine')).toBeUndefined();
});
