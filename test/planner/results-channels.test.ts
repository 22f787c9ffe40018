import { describe, expect, test } from 'vitest';
import type { Policy } from '../../src/model/index.ts';
import { packageStates } from '../../src/planner/index.ts';
import { merge, openProposals, planned, settle as settled } from '../support/apply.ts';
import { fingerprint, type ModelWorld, world } from '../support/world.ts';
import { building, buildsEnd, buildsMade } from '../support/world-builds.ts';

const asked: Policy['approvals'] = { start: 'auto', build: 'auto', sign: 'ask', testing: 'auto' };

/** A vendor, testing that signs, and experimental that has what was built at once. */
function site(approvals: Policy['approvals'] = asked): ModelWorld {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { base: ['v', 's'], sign: { packages: fingerprint } });
  w.channel('experimental', { takes: 'results', base: ['s'], sign: { packages: 'unsigned' } });
  w.channel('production', { follows: 'testing', base: ['v'], sign: { packages: fingerprint } });
  w.approvals({ testing: 'auto', production: 'auto' });
  w.offers('v', { packages: ['z-1-1.x86_64'] });
  w.offers('s', ['a-1-1.src', 'b-1-1.src']);
  return building(w, ['a'], { approvals, build: { root: ['testing', 'experimental'] } });
}

/** From source to channel it is a longer way than most. */
const settle = (w: ModelWorld) => settled(w, 12);
const codes = (w: ModelWorld) => settle(w).holds.map((h) => `${h.code} ${h.subject}`);
const roots = (w: ModelWorld) =>
  [...w.state.builds.values()].map(({ inputs: { root } }) =>
    root.kind === 'host' ? [] : root.channels.map((c) => c.name),
  );

describe('a channel of results that nobody signed', () => {
  test('has what was built at once; machines have it when it was signed', () => {
    const w = site();
    settle(w);
    expect(w.serves('experimental')).toEqual(['a-1-1.site.x86_64']);
    expect(w.serves('testing')).toEqual(['z-1-1.x86_64']);
    expect(w.state.desired.updates.get('build:a-1-1')?.build?.unsigned).toBe(true);
    expect(openProposals(w)).toEqual(['sign/build-a-1-1']);
    merge(w, 'sign/build-a-1-1');
    settle(w);
    expect(w.state.desired.updates.get('build:a-1-1')?.build?.unsigned).toBeUndefined();
    expect(w.serves('testing')).toEqual(['a-1-1.site.x86_64', 'z-1-1.x86_64']);
    expect(buildsMade(w)).toEqual(['a-1-1.src x86_64']);
  });

  test('is part of the root of later builds, and no build waits for its first results', () => {
    const w = site();
    settle(w);
    expect(roots(w)).toEqual([['testing']]);
    const build = { root: ['testing', 'experimental'] };
    settle(building(w, ['b'], { name: 'b', approvals: asked, build }));
    expect(roots(w).at(-1)).toEqual(['testing', 'experimental']);
    expect(w.serves('experimental')).toEqual(['a-1-1.site.x86_64', 'b-1-1.site.x86_64']);
    expect(buildsMade(w)).toEqual(['a-1-1.src x86_64', 'b-1-1.src x86_64']);
  });

  test('lets a build that lacked a result be made when it is there', () => {
    const w = site();
    building(w, ['b'], {
      name: 'b',
      approvals: asked,
      build: { root: ['testing', 'experimental'] },
    });
    building(w, ['a'], { approvals: { ...asked, build: 'ask' } });
    buildsEnd(w, 'b', { failed: 'needs a', missing: ['a'] });
    expect(codes(w)).toContain('BuildRequirements update:build:b-1-1');
    buildsEnd(w, 'b', ['b']);
    merge(w, 'build/build-a-1-1');
    settle(w);
    expect(w.serves('experimental')).toEqual(['a-1-1.site.x86_64', 'b-1-1.site.x86_64']);
  });

  test('is in the root of no build that does not name it', () => {
    const w = site();
    building(w, ['a'], { approvals: asked, build: { root: undefined } as never });
    settle(w);
    expect(roots(w)).toEqual([['testing']]);
  });

  test('a promotion by hand does not bring unsigned results to machines', () => {
    const w = site();
    settle(w);
    w.promote('testing', 'build:a-1-1');
    expect(codes(w)).toContain('BuiltUnsigned promotion:build:a-1-1');
    expect(w.serves('testing')).toEqual(['z-1-1.x86_64']);
  });

  test('takes nothing of a policy that says never, and needs no question where signing is auto', () => {
    const never = site({ ...asked, experimental: 'never' });
    settle(never);
    expect(never.state.channels.has('experimental')).toBe(false);
    expect(openProposals(never)).toEqual(['sign/build-a-1-1']);
    const auto = site({ ...asked, sign: 'auto' });
    settle(auto);
    expect(auto.serves('experimental')).toEqual(['a-1-1.site.x86_64']);
    expect(auto.serves('testing')).toContain('a-1-1.site.x86_64');
    expect(openProposals(auto)).toEqual(['promotion/production/build-a-1-1']);
  });

  test('says nothing about how far a package is on its way to machines', () => {
    const w = site();
    settle(w);
    const state = () =>
      packageStates(w.value()).find((p) => p.nevra === 'a-1-1.site.x86_64')?.state;
    expect(state()).toBe('unsigned');
    merge(w, 'sign/build-a-1-1');
    settle(w);
    expect(state()).toBe('untested');
  });

  test('comes to rest', () => {
    const w = site();
    settle(w);
    expect(planned(w).steps).toEqual([]);
  });
});
